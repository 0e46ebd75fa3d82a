//! The report of an examination: a check a subject, each with a verdict, and the settings to change.

use std::fmt;

use crate::contract::types::{Backend, LabelSchema, RequestMethod};

/// All that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examination {
    /// The address that was examined.
    pub address: String,
    /// One for each [`Subject`], in their order.
    pub checks: Vec<Check>,
}

impl Examination {
    /// The worst verdict of all checks.
    pub fn verdict(&self) -> Verdict {
        let verdicts = self.checks.iter().map(|check| check.verdict);
        verdicts.max().unwrap_or(Verdict::Skipped)
    }

    /// The check of one subject.
    pub fn check(&self, subject: Subject) -> Option<&Check> {
        self.checks.iter().find(|check| check.subject == subject)
    }
}

/// The finding on one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The subject.
    pub subject: Subject,
    /// The verdict.
    pub verdict: Verdict,
    /// The finding, in a sentence.
    pub found: String,
    /// Advice that would mend or better it. None: nothing needs to be done.
    pub advice: Option<String>,
    /// The settings to change.
    pub set: Vec<Setting>,
}

impl Check {
    pub(super) fn ok(subject: Subject, found: impl Into<String>) -> Self {
        Self {
            subject,
            verdict: Verdict::Ok,
            found: found.into(),
            advice: None,
            set: Vec::new(),
        }
    }

    pub(super) fn warn(subject: Subject, found: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Warn,
            ..Self::ok(subject, found)
        }
    }

    pub(super) fn fail(subject: Subject, found: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Fail,
            ..Self::ok(subject, found)
        }
    }

    pub(super) fn skipped(subject: Subject) -> Self {
        Self {
            verdict: Verdict::Skipped,
            ..Self::ok(subject, "not looked at: what it needs is not there")
        }
    }

    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    pub(super) fn set(mut self, setting: Setting) -> Self {
        self.set.push(setting);
        self
    }
}

/// A verdict, the better the less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Not looked at: what it needs is not there, which another check says.
    Skipped,
    /// As it should be.
    Ok,
    /// It works, but answers may be less, or other, than one would think.
    Warn,
    /// It cannot be asked, or answers would be wrong.
    Fail,
}

impl Verdict {
    /// The verdict in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The subjects, in the order of examination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// The privacy of the way to the server.
    Transport,
    /// The presence of a server.
    Reachable,
    /// The protocol: it has to be Prometheus's, and to answer us.
    Protocol,
    /// The answer to a query of a range by the configured method.
    Method,
    /// The product and its version.
    Server,
    /// The agreement of its clock with this machine's.
    Clock,
    /// The most points and the longest range that it answers.
    Limits,
    /// The presence of the metrics of Backend.AI.
    Metrics,
    /// The age of the newest sample.
    Freshness,
    /// The labels that the series carry.
    LabelSchema,
    /// The time between two samples.
    SampleInterval,
    /// The window of a rate that follows from it.
    Window,
}

impl Subject {
    /// Every subject, in order.
    pub const ALL: &[Self] = &[
        Self::Transport,
        Self::Reachable,
        Self::Protocol,
        Self::Method,
        Self::Server,
        Self::Clock,
        Self::Limits,
        Self::Metrics,
        Self::Freshness,
        Self::LabelSchema,
        Self::SampleInterval,
        Self::Window,
    ];

    /// The subject in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transport => "transport",
            Self::Reachable => "reachable",
            Self::Protocol => "protocol",
            Self::Method => "method",
            Self::Server => "server",
            Self::Clock => "clock",
            Self::Limits => "limits",
            Self::Metrics => "metrics",
            Self::Freshness => "freshness",
            Self::LabelSchema => "label-schema",
            Self::SampleInterval => "sample-interval",
            Self::Window => "window",
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A field of [`Config`](crate::Config), and the value that fits what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setting {
    /// `label-schema`.
    LabelSchema(LabelSchema),
    /// `sample-interval`, in seconds.
    SampleInterval(u32),
    /// `max-points`.
    MaxPoints(u32),
    /// `max-range`, in seconds.
    MaxRange(u32),
    /// `method`.
    Method(RequestMethod),
    /// `backend`.
    Backend(Backend),
}

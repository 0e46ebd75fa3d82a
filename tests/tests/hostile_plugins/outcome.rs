//! The outcome of an attack, in the words of the table.

use std::error::Error;
use std::fmt::Debug;
use std::time::Duration;

use metric_host::{CallError, DenialCounts, DenyReason, LoadError, ServiceError};

/// The outcome of an attack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Outcome {
    /// For the table.
    pub(crate) ends: String,
    /// All that was said: by an error and its causes, or by an answer.
    pub(crate) says: String,
    /// The time it took, where that is looked at.
    pub(crate) took: Duration,
}

impl Outcome {
    /// The same, which took so long.
    pub(crate) fn after(self, took: Duration) -> Self {
        Self { took, ..self }
    }

    /// Of a file.
    pub(crate) fn of_load(error: &LoadError) -> Self {
        Self {
            ends: format!("not loaded: {}", variant(error)),
            says: chain(error),
            took: Duration::ZERO,
        }
    }

    /// Of a call. A plugin can say that it was denied; whether it was, the host knows.
    pub(crate) fn of_call(result: Result<String, CallError>, denials: &DenialCounts) -> Self {
        match result {
            Ok(says) => Self {
                ends: with_denials("sent without harm", denials),
                says,
                took: Duration::ZERO,
            },
            Err(error) => Self {
                ends: match &error {
                    CallError::Service(ServiceError::Denied(_)) => match reasons(denials) {
                        reasons if reasons.is_empty() => "kept in".to_owned(),
                        reasons => format!("denied: {reasons}"),
                    },
                    CallError::Service(error) => variant(error),
                    error => variant(error),
                },
                says: chain(&error),
                took: Duration::ZERO,
            },
        }
    }

    /// Of a call within a scope.
    pub(crate) fn within_scope(result: Result<String, CallError>, denials: &DenialCounts) -> Self {
        match result {
            Ok(says) => Self {
                ends: with_denials("narrowed", denials),
                says,
                took: Duration::ZERO,
            },
            denied => Self::of_call(denied, denials),
        }
    }
}

fn with_denials(word: &str, denials: &DenialCounts) -> String {
    match reasons(denials) {
        reasons if reasons.is_empty() => word.to_owned(),
        reasons => format!("{word}, denied: {reasons}"),
    }
}

/// The reasons why requests were denied, as the host counted them.
fn reasons(denials: &DenialCounts) -> String {
    let reasons = DenyReason::ALL
        .iter()
        .filter(|reason| denials.of(**reason) > 0);
    let names: Vec<String> = reasons.map(|reason| format!("{reason:?}")).collect();
    names.join(", ")
}

/// The name of an error's variant.
fn variant(error: &impl Debug) -> String {
    let text = format!("{error:?}");
    let end = text.find(|c: char| !c.is_alphanumeric());
    text.get(..end.unwrap_or(text.len()))
        .unwrap_or_default()
        .to_owned()
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

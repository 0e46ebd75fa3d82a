//! What is asked for many subjects: the queries for their values, and for the age of the samples under them.

use std::collections::BTreeSet;

use crate::domain::literal::quote;
use crate::domain::preset::{ArgumentsInput, LabelValues, Preset, PresetError};
use crate::domain::{Grid, Settings};

/// Subjects in one request, as many as a filter may have values.
const SUBJECTS_A_REQUEST: usize = 100;
/// Subjects in a call: as many sessions as a large cluster runs.
const MOST_SUBJECTS: usize = 10_000;
/// Points within the time that a condition has to hold: a finer look finds no more than scrapes do.
const POINTS: u32 = 60;
/// Milliseconds to which the time of day is rounded down, so that those who ask together share a request.
const SHARED: i64 = 5000;
/// The label that tells the selectors apart in the query for ages.
const SELECTOR: &str = "metric_selector";

/// How several series of a subject become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// Their mean.
    Avg,
    /// Their sum.
    Sum,
}

/// On which side of a number a value has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Greater than it.
    Above(f64),
    /// Less than it.
    Below(f64),
}

impl Bound {
    pub(super) fn holds(self, value: f64) -> bool {
        match self {
            Self::Above(bound) => value > bound,
            Self::Below(bound) => value < bound,
        }
    }
}

/// What is to be decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// Where the value has to be.
    pub bound: Bound,
    /// For how many seconds; none: at the instant.
    pub lasting: Option<u32>,
}

/// A call as it was given.
#[derive(Debug, Clone)]
pub struct EvaluateInput {
    /// What is filled into the preset besides the subjects.
    pub arguments: ArgumentsInput,
    /// The label that names a subject.
    pub subject: String,
    /// The subjects.
    pub subjects: Vec<String>,
    /// How several series of a subject become one number.
    pub combine: Combine,
    /// Unix milliseconds; none: the time of day, rounded down to 5 s.
    pub at: Option<i64>,
    /// What is to be decided.
    pub condition: Option<Condition>,
}

/// Why an evaluation is refused before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerdictError {
    /// What is filled in.
    #[error(transparent)]
    Preset(#[from] PresetError),
    /// A subject that would match the series without the label.
    #[error("one is empty; accepted are texts")]
    EmptySubject,
    /// More than make sense in one call.
    #[error("{0} subjects; accepted are at most {MOST_SUBJECTS}")]
    ManySubjects(usize),
    /// A bound that nothing can be compared with.
    #[error("the bound is no finite number")]
    Bound,
    /// A time that a condition cannot hold for.
    #[error("{given} s; accepted are 1 to {most} s, or none for the instant")]
    Lasting {
        /// What was asked for.
        given: u32,
        /// The longest.
        most: u32,
    },
    /// It cannot be told how old a sample is.
    #[error("neither `at` nor `config.now` is given, so that no sample's age is known")]
    NoTime,
}

impl VerdictError {
    /// The field in the contract.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Preset(error) => error.field(),
            Self::EmptySubject | Self::ManySubjects(_) => "subjects",
            Self::Bound => "condition.bound",
            Self::Lasting { .. } => "condition.lasting",
            Self::NoTime => "at",
        }
    }
}

/// The queries for some of the subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The subjects.
    pub subjects: Vec<String>,
    /// Their values.
    pub values: String,
    /// When the latest samples under them were taken, in seconds; none: that cannot be asked.
    pub ages: Option<String>,
}

/// A checked call.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The label that names a subject.
    pub subject: String,
    /// The subjects in their order, in parts of 100.
    pub parts: Vec<Part>,
    /// How several series of a subject become one number.
    pub combine: Combine,
    /// What is to be decided.
    pub condition: Option<Condition>,
    /// The instant, Unix milliseconds.
    pub at: i64,
    /// The points at which a condition has to hold; none: at the instant.
    pub grid: Option<Grid>,
    /// Milliseconds between two samples.
    pub(super) interval: i64,
}

impl Evaluation {
    /// Checks a call and writes its queries.
    ///
    /// # Errors
    /// See [`VerdictError`]; nothing has been sent then.
    pub fn new(
        settings: &Settings,
        preset: &Preset,
        input: &EvaluateInput,
    ) -> Result<Self, VerdictError> {
        check(settings, input)?;
        let now = settings.now.map(|now| now - now.rem_euclid(SHARED));
        let at = input.at.or(now).ok_or(VerdictError::NoTime)?;
        let mut seen = BTreeSet::new();
        let subjects: Vec<String> = input
            .subjects
            .iter()
            .filter(|id| seen.insert(*id))
            .cloned()
            .collect();
        let part = |subjects: &[String]| -> Result<Part, VerdictError> {
            let mut arguments = input.arguments.clone();
            arguments.filters.push(LabelValues {
                label: input.subject.clone(),
                values: subjects.to_vec(),
            });
            arguments.group_by.push(input.subject.clone());
            let rendered = preset.render(&arguments, settings.timewindow.as_ref())?;
            Ok(Part {
                subjects: subjects.to_vec(),
                values: rendered.promql,
                ages: ages(&input.subject, &rendered.selectors),
            })
        };
        Ok(Self {
            parts: subjects
                .chunks(SUBJECTS_A_REQUEST)
                .map(part)
                .collect::<Result<_, _>>()?,
            subject: input.subject.clone(),
            combine: input.combine,
            condition: input.condition,
            at,
            grid: input
                .condition
                .and_then(|condition| grid(settings, at, condition.lasting?)),
            interval: i64::from(settings.sample_interval.get()) * 1000,
        })
    }
}

fn check(settings: &Settings, input: &EvaluateInput) -> Result<(), VerdictError> {
    if input.subjects.iter().any(String::is_empty) {
        return Err(VerdictError::EmptySubject);
    }
    if input.subjects.len() > MOST_SUBJECTS {
        return Err(VerdictError::ManySubjects(input.subjects.len()));
    }
    let Some(Condition { bound, lasting }) = input.condition else {
        return Ok(());
    };
    let (Bound::Above(number) | Bound::Below(number)) = bound;
    if !number.is_finite() {
        return Err(VerdictError::Bound);
    }
    let most = settings.max_range.get();
    match lasting {
        Some(given) if given == 0 || given > most => Err(VerdictError::Lasting { given, most }),
        _ => Ok(()),
    }
}

/// Points up to the instant, over at least that time.
fn grid(settings: &Settings, at: i64, lasting: u32) -> Option<Grid> {
    let step = settings.sample_interval.get().max(lasting.div_ceil(POINTS));
    let end = at.div_euclid(1000);
    let before = i64::from(lasting.div_ceil(step)) * i64::from(step);
    Grid::new(end - before, end, step)
}

/// For each subject the latest sample of the selector whose latest is the oldest.
fn ages(subject: &str, selectors: &[String]) -> Option<String> {
    let latest = |selector: &String| format!("max by ({subject})(timestamp({selector}))");
    let label = |(number, selector): (usize, &String)| {
        let number = quote(&number.to_string());
        format!(
            "label_replace({},\"{SELECTOR}\",{number},\"\",\"\")",
            latest(selector)
        )
    };
    match selectors {
        [] => None,
        [selector] => Some(latest(selector)),
        several => {
            let all: Vec<_> = several.iter().enumerate().map(label).collect();
            Some(format!("min by ({subject})({})", all.join(" or ")))
        }
    }
}

//! A question about many subjects: the queries for their values, and for the age of the samples under them.

use std::collections::BTreeSet;

use crate::domain::literal::quote;
use crate::domain::preset::{ArgumentsInput, LabelValues, Preset, PresetError, Rendered};
use crate::domain::promql::LOOKBACK;
use crate::domain::{Grid, PromDuration, QueryError, Settings};

/// Subjects in one request, as many as a filter may have values.
const SUBJECTS_A_REQUEST: usize = 100;
/// Subjects in a call: as many sessions as a large cluster runs.
const MOST_SUBJECTS: usize = 10_000;
/// Points within the time that a condition has to hold: a finer look finds no more than scrapes do.
const POINTS: u32 = 60;
/// Milliseconds to which the time of day is rounded down, so that those who ask together share a request.
const SHARED: i64 = 5000;
/// Samples are stale after so many intervals, as those of live stats.
pub(super) const STALE_AFTER: u64 = 4;
/// Seconds between two looks for an old sample: less than Prometheus looks back, so that none is missed.
const LOOK_EVERY: u64 = 240;
/// The label that tells the selectors apart in the query for ages.
const SELECTOR: &str = "metric_selector";

/// The way in which several series of a subject become one number.
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

/// The side of a number that a value has to be on.
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

/// The condition to decide on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// The bound that the value has to keep.
    pub bound: Bound,
    /// The seconds that it has to last; none: at the instant.
    pub lasting: Option<u32>,
}

/// A question about many subjects by a preset, as it was given.
#[derive(Debug, Clone)]
pub struct EvaluateInput {
    /// The arguments of the preset besides the subjects.
    pub arguments: ArgumentsInput,
    /// The label that names a subject.
    pub subject: String,
    /// The subjects, and the condition to decide on.
    pub asked: Asked,
}

/// The subjects of a question, and the condition to decide on.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The subjects.
    pub subjects: Vec<String>,
    /// The way in which several series of a subject become one number.
    pub combine: Combine,
    /// Unix milliseconds; none: the time of day, rounded down to 5 s.
    pub at: Option<i64>,
    /// The condition to decide on.
    pub condition: Option<Condition>,
}

/// The reason why an evaluation is refused before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerdictError {
    /// An error of the preset or its arguments.
    #[error(transparent)]
    Preset(#[from] PresetError),
    /// The query of a metric.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A dimension that is no subject of a metric.
    #[error(
        "a metric's name or a value type is no subject; accepted are kernel-id, session-id, user-id, project-id and agent-id"
    )]
    NoSubject,
    /// Subjects that are also a filter.
    #[error("the filters name the subjects' dimension, which `subjects` is the filter on")]
    FilteredSubject,
    /// Values of unlike kinds.
    #[error(
        "missing: of a subject's current value, its capacity and so on there is no one number; accepted are usage, capacity, current and pct"
    )]
    NoValueType,
    /// A statistic that is computed of what is fetched over a range.
    #[error(
        "a statistic of all values of all members is none of an instant; accepted are time and members"
    )]
    Pooled,
    /// A statistic over no time.
    #[error(
        "missing: an instant has no step to look back over; accepted are two sample intervals or more"
    )]
    NoWindow,
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
        /// The seconds that were given.
        given: u32,
        /// The longest.
        most: u32,
    },
    /// It cannot be told how old a sample is.
    #[error("neither `at` nor `config.now` is given, so that no sample's age is known")]
    NoTime,
}

impl VerdictError {
    /// The field in the contract; of a query, which names its own, the argument that it stands in.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Preset(error) => error.field(),
            Self::Query(_) => "question",
            Self::NoSubject => "subject",
            Self::FilteredSubject => "labels",
            Self::NoValueType => "labels.value-type",
            Self::Pooled => "pointwise.over",
            Self::NoWindow => "pointwise.window",
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
    /// The query for the times of the latest samples under them, in seconds; none: that cannot be asked.
    pub ages: Option<String>,
}

/// A checked call.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The label that names a subject.
    pub subject: String,
    /// The subjects in their order, in parts of 100.
    pub parts: Vec<Part>,
    /// The way in which several series of a subject become one number.
    pub combine: Combine,
    /// The condition to decide on.
    pub condition: Option<Condition>,
    /// The instant, Unix milliseconds.
    pub at: i64,
    /// The points at which a condition has to hold; none: at the instant.
    pub grid: Option<Grid>,
    /// Milliseconds after which a sample is stale.
    pub(super) stale_after: i64,
}

impl Evaluation {
    /// Checks a question by a preset and writes its queries.
    ///
    /// # Errors
    /// See [`VerdictError`]; nothing has been sent then.
    pub fn of_preset(
        settings: &Settings,
        preset: &Preset,
        input: &EvaluateInput,
    ) -> Result<Self, VerdictError> {
        let label = input.subject.clone();
        Self::new(settings, label, &input.asked, |ids, _| {
            let mut arguments = input.arguments.clone();
            arguments.filters.push(LabelValues {
                label: input.subject.clone(),
                values: ids.to_vec(),
            });
            arguments.group_by.push(input.subject.clone());
            Ok(preset.render(&arguments, settings.timewindow.as_ref())?)
        })
    }

    /// Checks what is asked, and has the queries written: for some subjects, and seconds between two points.
    pub(super) fn new(
        settings: &Settings,
        subject: String,
        input: &Asked,
        write: impl Fn(&[String], u32) -> Result<Rendered, VerdictError>,
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
        let lasting = input.condition.and_then(|condition| condition.lasting);
        let grid = lasting.and_then(|lasting| grid(settings, at, lasting));
        let step = grid.map_or(settings.sample_interval.get(), |grid| grid.step());
        let part = |subjects: &[String]| -> Result<Part, VerdictError> {
            let rendered = write(subjects, step)?;
            Ok(Part {
                subjects: subjects.to_vec(),
                values: rendered.promql,
                ages: ages(
                    &subject,
                    &rendered.selectors,
                    settings.sample_interval.get(),
                ),
            })
        };
        Ok(Self {
            parts: subjects
                .chunks(SUBJECTS_A_REQUEST)
                .map(part)
                .collect::<Result<_, _>>()?,
            subject,
            combine: input.combine,
            condition: input.condition,
            at,
            grid,
            stale_after: i64::from(settings.sample_interval.get())
                * STALE_AFTER.cast_signed()
                * 1000,
        })
    }
}

fn check(settings: &Settings, input: &Asked) -> Result<(), VerdictError> {
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
fn ages(subject: &str, selectors: &[String], interval: u32) -> Option<String> {
    let fresh = u64::from(interval) * STALE_AFTER;
    let latest = |selector: &String| match fresh <= LOOKBACK.into() {
        true => format!("max by ({subject})(timestamp({selector}))"),
        // Prometheus does not look so far back for a sample by itself.
        false => format!(
            "max by ({subject})(timestamp({selector}) or max_over_time(timestamp({selector})[{}:{}]))",
            PromDuration::from_millis(fresh * 1000 - 1),
            PromDuration::from_seconds(LOOK_EVERY),
        ),
    };
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

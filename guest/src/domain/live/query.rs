//! The query for raw samples.

use std::num::NonZeroU32;

use crate::domain::promql::{METRIC_FAMILY, matcher};
use crate::domain::{Dimension, LabelSchema, PromDuration, Settings, ValueType};

/// Identifiers in one request: its answer holds some 10 kB each, and a longer regular expression is slow to match.
const IDS_A_REQUEST: usize = 100;
/// Identifiers in a call: as many kernels as a large cluster runs.
const MOST_IDS: usize = 10_000;
/// Names of metrics in a call: as many values as everywhere.
const MOST_METRICS: usize = 100;
/// Seconds to look back, where a call does not say: as far as Prometheus looks for a level.
const WINDOW: u32 = 300;
/// Milliseconds to which the time of day is rounded down, so that those who ask together share a request.
const SHARED: i64 = 5000;

/// The arguments of a call, as they were given.
#[derive(Debug, Clone, Default)]
pub struct LiveInput {
    /// Unix milliseconds; none: the time of day, rounded down to 5 s.
    pub at: Option<i64>,
    /// Seconds to look back.
    pub window: Option<u32>,
    /// The names of metrics; none: all.
    pub metrics: Option<Vec<String>>,
}

/// The reason why live stats are refused before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LiveError {
    /// A dimension whose values are no sums of kernels.
    #[error(
        "a metric's name or a value type has no kernels; accepted are kernel-id, session-id, user-id, project-id and agent-id"
    )]
    NoSubject,
    /// An identifier that matches the series without the label, or a metric without a name.
    #[error("one is empty; accepted are texts")]
    Empty(&'static str),
    /// More than make sense in one call.
    #[error("{given}; accepted are at most {most}")]
    Many {
        /// The field in the contract.
        field: &'static str,
        /// The number that was given.
        given: usize,
        /// The most that are accepted.
        most: usize,
    },
    /// A window too short for a rate, or longer than a range may be.
    #[error(
        "{window} s; accepted are {least} s, two sample intervals, to {most} s, or none for {WINDOW} s"
    )]
    Window {
        /// The window that was asked for, in seconds.
        window: u32,
        /// The least that is accepted.
        least: u32,
        /// The most.
        most: u32,
    },
    /// It cannot be told how old a sample is.
    #[error("neither `options.at` nor `config.now` is given, so that no sample's age is known")]
    NoTime,
}

impl LiveError {
    /// The field in the contract.
    pub fn field(&self) -> &'static str {
        match self {
            Self::NoSubject => "by",
            Self::Empty(field) | Self::Many { field, .. } => field,
            Self::Window { .. } => "options.window",
            Self::NoTime => "options.at",
        }
    }
}

/// A checked call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveQuery {
    /// The label that names a subject.
    pub subject: &'static str,
    /// The subjects, each once, in the order in which they were asked for.
    pub ids: Vec<String>,
    /// The queries, of 100 subjects each.
    pub promql: Vec<String>,
    /// The end of the window, Unix milliseconds.
    pub at: i64,
    /// Its beginning, which is not part of it.
    pub from: i64,
    /// Milliseconds between two samples.
    pub(super) interval: i64,
    /// The labels under which the series stand.
    pub schema: LabelSchema,
}

impl LiveQuery {
    /// Checks a call and writes its queries.
    ///
    /// # Errors
    /// See [`LiveError`]; nothing has been sent then.
    pub fn new(
        settings: &Settings,
        by: Dimension,
        ids: &[String],
        input: &LiveInput,
    ) -> Result<Self, LiveError> {
        if matches!(by, Dimension::MetricName | Dimension::ValueType) {
            return Err(LiveError::NoSubject);
        }
        let metrics = input.metrics.as_deref().unwrap_or_default();
        check_texts("ids", ids, MOST_IDS)?;
        check_texts("options.metrics", metrics, MOST_METRICS)?;
        let window = window(settings, input.window)?;
        let now = settings.now.map(|now| now - now.rem_euclid(SHARED));
        let at = input.at.or(now).ok_or(LiveError::NoTime)?;
        let schema = settings.label_schema;
        let subject = schema.label(by);
        let mut seen = std::collections::BTreeSet::new();
        let ids: Vec<String> = ids.iter().filter(|id| seen.insert(*id)).cloned().collect();
        let nothing = input.metrics.as_ref().is_some_and(Vec::is_empty);
        let chunks = ids.chunks(IDS_A_REQUEST).filter(|_| !nothing);
        let promql = chunks.map(|ids| selector(schema, subject, ids, metrics, window));
        Ok(Self {
            subject,
            promql: promql.collect(),
            at,
            from: at.saturating_sub(i64::from(window.get()) * 1000),
            interval: i64::from(settings.sample_interval.get()) * 1000,
            schema,
            ids,
        })
    }
}

fn check_texts(field: &'static str, texts: &[String], most: usize) -> Result<(), LiveError> {
    if texts.iter().any(String::is_empty) {
        return Err(LiveError::Empty(field));
    }
    match texts.len() {
        given if given > most => Err(LiveError::Many { field, given, most }),
        _ => Ok(()),
    }
}

fn window(settings: &Settings, given: Option<u32>) -> Result<NonZeroU32, LiveError> {
    let least = settings.sample_interval.get().saturating_mul(2);
    let most = settings.max_range.get();
    let window = given.unwrap_or_else(|| WINDOW.max(least));
    NonZeroU32::new(window)
        .filter(|window| (least..=most).contains(&window.get()))
        .ok_or(LiveError::Window {
            window,
            least,
            most,
        })
}

fn selector(
    schema: LabelSchema,
    subject: &str,
    ids: &[String],
    metrics: &[String],
    window: NonZeroU32,
) -> String {
    let texts = |texts: &[String], label: &str| matcher(label, texts.iter().map(String::as_str));
    let mut matchers = Vec::new();
    if !metrics.is_empty() {
        matchers.push(texts(metrics, schema.label(Dimension::MetricName)));
    }
    matchers.push(texts(ids, subject));
    let sides = [ValueType::Current, ValueType::Capacity].map(ValueType::label_value);
    matchers.push(matcher(schema.label(Dimension::ValueType), sides));
    let window = PromDuration::from_seconds(u64::from(window.get()));
    format!("{METRIC_FAMILY}{{{}}}[{window}]", matchers.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(now: Option<i64>) -> Settings {
        Settings {
            now,
            label_schema: LabelSchema::Agent,
            ..Settings::default()
        }
    }

    fn query(ids: &[&str], input: &LiveInput) -> Result<LiveQuery, LiveError> {
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        LiveQuery::new(&settings(Some(1_003_999)), Dimension::KernelId, &ids, input)
    }

    #[test]
    fn those_who_ask_within_five_seconds_ask_the_same() {
        let found = query(&["b", "a", "b"], &LiveInput::default()).unwrap();
        assert_eq!((found.at, found.from), (1_000_000, 700_000));
        assert_eq!(found.ids, ["b", "a"]);
        assert_eq!(
            found.promql,
            [
                r#"backendai_container_utilization{kernel_id=~"a|b",value_type=~"capacity|current"}[5m]"#
            ]
        );
        let exact = LiveInput {
            at: Some(1_003_999),
            window: Some(60),
            metrics: Some(vec!["mem".into()]),
        };
        let found = query(&["a"], &exact).unwrap();
        assert_eq!(found.at, 1_003_999);
        assert_eq!(
            found.promql,
            [
                r#"backendai_container_utilization{container_metric_name="mem",kernel_id="a",value_type=~"capacity|current"}[1m]"#
            ]
        );
    }

    #[test]
    fn more_than_a_hundred_subjects_are_several_requests() {
        let ids: Vec<_> = (0..201).map(|n| n.to_string()).collect();
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        assert_eq!(query(&ids, &LiveInput::default()).unwrap().promql.len(), 3);
        assert!(query(&[], &LiveInput::default()).unwrap().promql.is_empty());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_field() {
        let field = |error: Result<LiveQuery, LiveError>| error.unwrap_err().field();
        let ids = vec!["a".to_owned()];
        let by = |by| LiveQuery::new(&settings(Some(0)), by, &ids, &LiveInput::default());
        assert_eq!(field(by(Dimension::ValueType)), "by");
        assert_eq!(field(query(&[""], &LiveInput::default())), "ids");
        for window in [0, 29, 604_801] {
            let input = LiveInput {
                window: Some(window),
                ..LiveInput::default()
            };
            assert_eq!(field(query(&["a"], &input)), "options.window");
        }
        let input = LiveInput {
            metrics: Some(vec![String::new()]),
            ..LiveInput::default()
        };
        assert_eq!(field(query(&["a"], &input)), "options.metrics");
        let timeless = LiveQuery::new(
            &settings(None),
            Dimension::KernelId,
            &ids,
            &LiveInput::default(),
        );
        assert_eq!(timeless, Err(LiveError::NoTime));
        let many = vec!["x"; MOST_IDS + 1];
        assert_eq!(field(query(&many, &LiveInput::default())), "ids");
    }
}

//! The query for the values of a label among some series.

use std::num::NonZeroU32;

use super::error::{QueryError, head};
use super::label::{Dimension, LabelFilter};
use super::metric::ValueType;
use super::plan::check_filters;
use super::promql::{MetricNames, Selector};
use super::range::TimeRange;
use super::settings::Settings;

/// The label or dimension whose values are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueSource {
    /// A dimension's.
    Dimension(Dimension),
    /// A label's.
    Label(String),
}

/// The filter of values, as it was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueFilter {
    /// Of this metric only; none: of all.
    pub metric_name: Option<String>,
    /// Of these series only.
    pub labels: LabelFilter,
    /// The first instant, as text; none, as the end is then: of all times.
    pub start: Option<String>,
    /// The last instant, as text.
    pub end: Option<String>,
    /// The most that are wanted.
    pub limit: Option<u32>,
}

/// The reason why values cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValuesError {
    /// An error as it would be in a query.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// No name of a label.
    #[error(
        "{0:?} is no label's name; accepted are a letter or _, then letters, digits and _, at most 128"
    )]
    Label(String),
    /// More values than a menu has, or none.
    #[error("{0}; accepted is 1 to 10000")]
    Limit(u32),
    /// One end of a range.
    #[error("{0} is missing; accepted are both ends of the range, or none of them")]
    OneEnd(&'static str),
}

/// The checked query for values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    /// The label.
    pub label: String,
    /// The series.
    pub selector: String,
    /// The first and the last instant, Unix seconds; none: of all times.
    pub within: Option<(i64, i64)>,
    /// The most that are wanted: 1000, more than a menu shows.
    pub limit: NonZeroU32,
}

impl Values {
    /// More is no menu, but a crawl.
    const MOST: u32 = 10_000;
    /// A longer name is no label's.
    const LONGEST_NAME: usize = 128;

    /// Checks what is asked for.
    ///
    /// # Errors
    /// See [`ValuesError`].
    pub fn new(
        settings: &Settings,
        source: &ValueSource,
        filter: &ValueFilter,
    ) -> Result<Self, ValuesError> {
        let schema = settings.label_schema;
        let label = match source {
            ValueSource::Dimension(dimension) => schema.label(*dimension),
            ValueSource::Label(name) if is_label(name) => name,
            ValueSource::Label(name) => return Err(ValuesError::Label(head(name))),
        };
        check_filters(&filter.labels)?;
        let named = match filter.metric_name.as_deref() {
            Some("") => return Err(QueryError::EmptyMetricName.into()),
            Some(name) => MetricNames::One(name),
            None => MetricNames::All,
        };
        // A percentage is computed from these.
        let value_type = filter
            .labels
            .value_type
            .map(|side| match schema.stored(side) {
                ValueType::Pct => ValueType::Current,
                stored => stored,
            });
        let within = match (&filter.start, &filter.end) {
            (None, None) => None,
            (Some(start), Some(end)) => {
                let range = TimeRange::parse(start, end)?;
                let seconds = |millis: i64| millis.div_euclid(1000);
                Some((
                    seconds(range.start().millis()),
                    seconds(range.end().millis() + 999),
                ))
            }
            (Some(_), None) => return Err(ValuesError::OneEnd("end")),
            (None, Some(_)) => return Err(ValuesError::OneEnd("start")),
        };
        let limit = filter.limit.unwrap_or(1000);
        Ok(Self {
            label: label.to_owned(),
            selector: Selector::new(schema, named, value_type, &filter.labels).read(None),
            within,
            limit: NonZeroU32::new(limit)
                .filter(|limit| limit.get() <= Self::MOST)
                .ok_or(ValuesError::Limit(limit))?,
        })
    }
}

fn is_label(name: &str) -> bool {
    let mut bytes = name.bytes();
    let is_first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.len() <= Values::LONGEST_NAME
        && bytes.next().is_some_and(is_first)
        && bytes.all(|byte| is_first(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(source: &ValueSource, filter: &ValueFilter) -> Result<Values, ValuesError> {
        Values::new(&Settings::default(), source, filter)
    }

    #[test]
    fn a_selector_always_says_of_which_series() {
        let user = ValueSource::Dimension(Dimension::UserId);
        let all = values(&user, &ValueFilter::default()).unwrap();
        assert_eq!(all.label, "owner_user_id");
        assert_eq!(all.selector, "backendai_container_utilization");
        assert_eq!((all.within, all.limit.get()), (None, 1000));
        let filter = ValueFilter {
            metric_name: Some("mem\"".into()),
            labels: LabelFilter {
                value_type: Some(ValueType::Pct),
                agent_id: vec!["a".into()],
                ..Default::default()
            },
            start: Some("10.5".into()),
            end: Some("20.5".into()),
            limit: Some(5),
        };
        let some = values(&user, &filter).unwrap();
        assert_eq!(
            some.selector,
            r#"backendai_container_utilization{container_metric_name="mem\"",value_type="current",agent_id="a"}"#
        );
        assert_eq!(some.within, Some((10, 21)));
    }

    #[test]
    fn what_is_no_name_of_a_label_reaches_no_path() {
        let of = |name: &str| values(&ValueSource::Label(name.into()), &ValueFilter::default());
        assert_eq!(of("__name__").unwrap().label, "__name__");
        let long = "a".repeat(129);
        for name in ["", "a/b", "../x", "a b", "1a", "é", "a?", "a%2f", &long] {
            assert!(matches!(of(name), Err(ValuesError::Label(_))), "{name}");
        }
    }

    #[test]
    fn limits_and_ranges_that_make_no_sense_are_refused() {
        let of = |filter| values(&ValueSource::Label("a".into()), &filter);
        for limit in [0, 10_001] {
            let filter = ValueFilter {
                limit: Some(limit),
                ..Default::default()
            };
            assert_eq!(of(filter), Err(ValuesError::Limit(limit)));
        }
        let filter = ValueFilter {
            start: Some("0".into()),
            ..Default::default()
        };
        assert_eq!(of(filter), Err(ValuesError::OneEnd("end")));
        let filter = ValueFilter {
            metric_name: Some(String::new()),
            ..Default::default()
        };
        assert_eq!(of(filter), Err(QueryError::EmptyMetricName.into()));
    }
}

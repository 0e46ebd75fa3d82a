//! PromQL text, put together from parsed parts only: types print themselves, values go through [`quote`].

use std::collections::BTreeSet;
use std::fmt;

use super::duration::PromDuration;
use super::label::{Dimension, LabelFilter, LabelSchema};
use super::literal::{quote, quote_regex_any};
use super::metric::ValueType;
use super::pointwise::Statistic;

/// The one family that Backend.AI's agents export; `container_metric_name` says which metric a series holds.
pub const METRIC_FAMILY: &str = "backendai_container_utilization";

/// Prometheus sees so many seconds back for a sample: its default.
pub(super) const LOOKBACK: u32 = 300;

/// A vector selector: the family and its matchers, in the documented order.
#[derive(Debug, Clone)]
pub(super) struct Selector(String);

/// The names of the metrics that are selected.
#[derive(Clone, Copy)]
pub(super) enum MetricNames<'a> {
    /// One metric.
    One(&'a str),
    /// Each of them.
    Any(&'a [&'a str]),
    /// All that there are.
    All,
}

impl Selector {
    /// The selector of some metrics, of one value type of them (or of all), under the filter's identifiers.
    pub(super) fn new(
        schema: LabelSchema,
        names: MetricNames<'_>,
        value_type: Option<ValueType>,
        filter: &LabelFilter,
    ) -> Self {
        let mut matchers = match names {
            MetricNames::One(name) => vec![matcher(schema.label(Dimension::MetricName), [name])],
            MetricNames::Any(names) => vec![format!(
                "{}=~{}",
                schema.label(Dimension::MetricName),
                quote_regex_any(names.iter().copied())
            )],
            MetricNames::All => Vec::new(),
        };
        let value_type = value_type.map(ValueType::label_value);
        let value_label = schema.label(Dimension::ValueType);
        matchers.extend(value_type.map(|value| matcher(value_label, [value])));
        matchers.extend(filter.identifiers().map(|(dimension, values)| {
            matcher(schema.label(dimension), values.iter().map(String::as_str))
        }));
        Self(match matchers.is_empty() {
            true => METRIC_FAMILY.to_owned(),
            false => format!("{METRIC_FAMILY}{{{}}}", matchers.join(",")),
        })
    }

    /// Reads the selected samples: as they are, or by a function of those within a window.
    pub(super) fn read(&self, over: Option<&RangeFunction>) -> String {
        match over {
            None => self.0.clone(),
            Some(over) => over.of(&self.0),
        }
    }
}

/// An equality; or of several values the regular expression that matches exactly these, sorted and each once, so that
/// the same question is the same text.
pub(super) fn matcher<'a>(label: &str, values: impl IntoIterator<Item = &'a str>) -> String {
    let values: BTreeSet<&str> = values.into_iter().collect();
    match values.len() {
        1 => format!(
            "{label}={}",
            values.into_iter().map(quote).collect::<String>()
        ),
        _ => format!("{label}=~{}", quote_regex_any(values)),
    }
}

/// A function of the samples within a window.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RangeFunction {
    /// The call up to its last argument, such as `rate(` or `quantile_over_time(0.95, `.
    head: String,
    window: PromDuration,
    /// The time since the window ended; none: it ends now.
    ago: Option<PromDuration>,
}

impl RangeFunction {
    fn new(head: impl Into<String>, window: PromDuration) -> Self {
        Self {
            head: head.into(),
            window,
            ago: None,
        }
    }

    /// The increase per second.
    pub(super) fn rate(window: PromDuration) -> Self {
        Self::new("rate(", window)
    }

    /// The number of times they fell.
    pub(super) fn resets(window: PromDuration) -> Self {
        Self::new("resets(", window)
    }

    /// The function for a level of samples at an instant, if they are further apart than Prometheus looks back: the
    /// latest of two intervals. None: no function is needed.
    pub(super) fn level(sample_interval: u32) -> Option<Self> {
        let two = PromDuration::from_seconds(2 * u64::from(sample_interval));
        (sample_interval > LOOKBACK).then(|| Self::statistic(Statistic::Last, two))
    }

    /// A statistic of the samples.
    pub(super) fn statistic(statistic: Statistic, window: PromDuration) -> Self {
        Self::new(statistic.over_time(), window)
    }

    /// The same of a window that ended so long ago.
    pub(super) fn ago(self, ago: PromDuration) -> Self {
        Self {
            ago: Some(ago),
            ..self
        }
    }

    /// Applied to a selector.
    pub(super) fn of(&self, selector: &str) -> String {
        let ago = self.ago.as_ref().map(|ago| format!(" offset {ago}"));
        format!(
            "{}{selector}[{}]{})",
            self.head,
            self.window,
            ago.unwrap_or_default()
        )
    }
}

/// The labels that a sum keeps, sorted, each once.
#[derive(Debug, Clone)]
pub(super) struct Grouping<'a>(Vec<&'a str>);

impl<'a> Grouping<'a> {
    /// The grouping by some dimensions.
    pub(super) fn new(
        schema: LabelSchema,
        dimensions: impl IntoIterator<Item = Dimension>,
    ) -> Self {
        let dimensions = dimensions.into_iter();
        Self::by(dimensions.map(|dimension| schema.label(dimension)))
    }

    /// The grouping by those labels.
    pub(super) fn by(all: impl IntoIterator<Item = &'a str>) -> Self {
        let mut labels: Vec<&'a str> = Vec::new();
        for label in all {
            if let Err(place) = labels.binary_search(&label) {
                labels.insert(place, label);
            }
        }
        Self(labels)
    }

    /// `sum by (labels)(vector)`, or `sum(vector)` where nothing is kept.
    pub(super) fn sum(&self, vector: impl fmt::Display) -> String {
        self.aggregate("sum", None, vector)
    }

    /// Another aggregation in the same form, with its parameter if it has one.
    pub(super) fn aggregate(
        &self,
        name: &str,
        parameter: Option<f64>,
        vector: impl fmt::Display,
    ) -> String {
        let by = match self.0.is_empty() {
            true => String::new(),
            false => format!(" by ({})", self.0.join(",")),
        };
        match parameter {
            None => format!("{name}{by}({vector})"),
            Some(parameter) => format!("{name}{by}({parameter}, {vector})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_stand_in_the_documented_order() {
        let filter = LabelFilter {
            value_type: None,
            agent_id: vec!["a".into()],
            kernel_id: vec!["k".into()],
            session_id: vec!["s".into()],
            user_id: vec!["u".into()],
            project_id: vec!["p".into()],
        };
        assert_eq!(
            Selector::new(
                LabelSchema::Documented,
                MetricNames::One("mem"),
                Some(ValueType::Usage),
                &filter
            )
            .read(None),
            r#"backendai_container_utilization{container_metric_name="mem",value_type="usage",kernel_id="k",session_id="s",agent_id="a",owner_user_id="u",owner_project_id="p"}"#
        );
    }

    #[test]
    fn several_values_are_sorted_quoted_and_each_once() {
        let filter = LabelFilter {
            kernel_id: ["b.1", "a", "b.1"].map(Into::into).to_vec(),
            ..LabelFilter::default()
        };
        assert_eq!(
            Selector::new(
                LabelSchema::Documented,
                MetricNames::One("mem"),
                None,
                &filter
            )
            .read(None),
            r#"backendai_container_utilization{container_metric_name="mem",kernel_id=~"a|b\\.1"}"#
        );
    }

    #[test]
    fn a_grouping_is_sorted_and_holds_each_label_once() {
        let grouping = Grouping::new(
            LabelSchema::Agent,
            [
                Dimension::ValueType,
                Dimension::UserId,
                Dimension::AgentId,
                Dimension::ValueType,
            ],
        );
        assert_eq!(grouping.sum("m"), "sum by (agent_id,user_id,value_type)(m)");
        assert_eq!(Grouping::new(LabelSchema::Agent, []).sum("m"), "sum(m)");
    }
}

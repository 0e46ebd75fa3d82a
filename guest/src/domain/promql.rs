//! PromQL text, put together from parsed parts only: types print themselves, values go through [`quote`].

use std::fmt;

use super::duration::PromDuration;
use super::label::{Dimension, LabelFilter, LabelSchema};
use super::literal::{quote, quote_regex_any};
use super::metric::ValueType;

/// The one family that Backend.AI's agents export; `container_metric_name` says which metric a series holds.
pub const METRIC_FAMILY: &str = "backendai_container_utilization";

/// A vector selector: the family and its matchers, in the documented order.
#[derive(Debug, Clone)]
pub(super) struct Selector(String);

/// Which metrics are selected.
#[derive(Clone, Copy)]
pub(super) enum Named<'a> {
    /// That one.
    One(&'a str),
    /// Each of them.
    Any(&'a [&'a str]),
}

impl Selector {
    /// The selector of some metrics, of one side of them (or of all), under the filter's identifiers.
    pub(super) fn new(
        schema: LabelSchema,
        named: Named<'_>,
        side: Option<ValueType>,
        filter: &LabelFilter,
    ) -> Self {
        let mut matchers = vec![match named {
            Named::One(name) => matcher(schema, Dimension::MetricName, name),
            Named::Any(names) => format!(
                "{}=~{}",
                schema.label(Dimension::MetricName),
                quote_regex_any(names.iter().copied())
            ),
        }];
        matchers.extend(side.map(|side| matcher(schema, Dimension::ValueType, side.label_value())));
        matchers.extend(
            filter
                .identifiers()
                .map(|(dimension, value)| matcher(schema, dimension, value)),
        );
        Self(format!("{METRIC_FAMILY}{{{}}}", matchers.join(",")))
    }

    /// How the selected samples are read: as they are, or by a function of those within a window.
    pub(super) fn read(&self, over: Option<(&'static str, &PromDuration)>) -> String {
        match over {
            None => self.0.clone(),
            Some((function, window)) => format!("{function}({}[{window}])", self.0),
        }
    }
}

fn matcher(schema: LabelSchema, dimension: Dimension, value: &str) -> String {
    format!("{}={}", schema.label(dimension), quote(value))
}

/// The labels that a sum keeps, sorted, each once.
#[derive(Debug, Clone)]
pub(super) struct Grouping(Vec<&'static str>);

impl Grouping {
    /// Those labels.
    pub(super) fn new(
        schema: LabelSchema,
        dimensions: impl IntoIterator<Item = Dimension>,
    ) -> Self {
        let mut labels: Vec<&'static str> = Vec::new();
        for label in dimensions
            .into_iter()
            .map(|dimension| schema.label(dimension))
        {
            if let Err(place) = labels.binary_search(&label) {
                labels.insert(place, label);
            }
        }
        Self(labels)
    }

    /// `sum by (labels)(vector)`, or `sum(vector)` where nothing is kept.
    pub(super) fn sum(&self, vector: impl fmt::Display) -> String {
        match self.0.is_empty() {
            true => format!("sum({vector})"),
            false => format!("sum by ({})({vector})", self.0.join(",")),
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
            agent_id: Some("a".into()),
            kernel_id: Some("k".into()),
            session_id: Some("s".into()),
            user_id: Some("u".into()),
            project_id: Some("p".into()),
        };
        assert_eq!(
            Selector::new(
                LabelSchema::Documented,
                Named::One("mem"),
                Some(ValueType::Usage),
                &filter
            )
            .read(None),
            r#"backendai_container_utilization{container_metric_name="mem",value_type="usage",kernel_id="k",session_id="s",agent_id="a",owner_user_id="u",owner_project_id="p"}"#
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

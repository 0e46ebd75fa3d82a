//! Queries that differ in the metric's name only, asked as one: their names as a regular expression, the name kept
//! among the labels, so that the answer can be taken apart again. It knows nothing of answers.

use super::expression::Reading;
use super::label::{Dimension, LabelFilter};
use super::metric::ValueType;
use super::plan::Plan;
use super::promql::{Grouping, MetricNames, RangeFunction, Selector};
use crate::domain::LabelSchema;

/// A query that may be merged with others of its group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeMember {
    /// The name that it asks for.
    pub metric_name: String,
    /// The queries that it may be merged with.
    pub group: MergeGroup,
}

/// Queries that differ in the metric's name only, by what they share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MergeGroup {
    schema: LabelSchema,
    value_type: Option<ValueType>,
    filter: LabelFilter,
    kept: Vec<Dimension>,
    over: Option<RangeFunction>,
}

/// A longer name is no metric's.
const LONGEST_NAME: usize = 128;

impl MergeMember {
    /// None: asked alone. One request for many names saves what each request costs, and is evaluated on one core: that
    /// is faster only where there is little to evaluate, so the query has to be that of one container or session.
    pub(super) fn of(reading: &Reading<'_>, plan: &Plan) -> Option<Self> {
        let query = reading.query;
        let schema = reading.settings.label_schema;
        let over = plan.plain.clone()?;
        let filter = &query.labels;
        let is_told_apart = |dimension: &Dimension| {
            !matches!(dimension, Dimension::MetricName | Dimension::ValueType)
                && filter
                    .identifiers()
                    .all(|(filtered, _)| filtered != *dimension)
        };
        let is_small = filter.kernel_id.len() == 1 || filter.session_id.len() == 1;
        if !is_small
            || query.group_by.iter().any(is_told_apart)
            || query.metric_name.len() > LONGEST_NAME
        {
            return None;
        }
        Some(Self {
            metric_name: query.metric_name.clone(),
            group: MergeGroup {
                schema,
                value_type: reading.value_type(),
                filter: LabelFilter {
                    value_type: None,
                    ..filter.clone()
                },
                kept: reading.kept().chain([Dimension::ValueType]).collect(),
                over,
            },
        })
    }
}

impl MergeGroup {
    /// The query for all these names, in their order.
    pub fn promql(&self, names: &[&str]) -> String {
        let selector = Selector::new(
            self.schema,
            MetricNames::Any(names),
            self.value_type,
            &self.filter,
        );
        let kept = self.kept.iter().copied().chain([Dimension::MetricName]);
        Grouping::new(self.schema, kept).sum(selector.read(self.over.as_ref()))
    }

    /// The label that says whose a series of the answer is.
    pub fn label(&self) -> &'static str {
        self.schema.label(Dimension::MetricName)
    }

    /// Returns true if the queries themselves ask for that label.
    pub fn keeps_label(&self) -> bool {
        self.kept.contains(&Dimension::MetricName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::literal::quote;
    use crate::domain::{MetricQuery, Settings, plan, quote_regex_any};
    use proptest::prelude::*;

    fn query(metric_name: &str, value_type: ValueType) -> MetricQuery {
        MetricQuery {
            metric_name: metric_name.into(),
            start: "0".into(),
            end: "1800".into(),
            labels: LabelFilter {
                value_type: Some(value_type),
                kernel_id: vec!["k1".into()],
                ..Default::default()
            },
            ..Default::default()
        }
    }

    fn member(query: &MetricQuery) -> Option<MergeMember> {
        let settings = Settings::default();
        let reading = Reading::new(&settings, query);
        MergeMember::of(&reading, &plan(&settings, query).unwrap())
    }

    #[test]
    fn names_become_a_regex_and_stay_among_the_labels() {
        let group = member(&query("mem", ValueType::Current)).unwrap().group;
        assert_eq!(
            group.promql(&["io.read", "mem"]),
            r#"sum by (container_metric_name,kernel_id,value_type)(backendai_container_utilization{container_metric_name=~"io\\.read|mem",value_type="current",kernel_id="k1"})"#
        );
    }

    #[test]
    fn only_what_differs_in_nothing_but_the_name_is_of_a_group() {
        let group = |name, value_type| member(&query(name, value_type)).map(|member| member.group);
        let mem = group("mem", ValueType::Current);
        assert_eq!(mem, group("io_read", ValueType::Current));
        assert_ne!(mem, group("mem", ValueType::Capacity));
        // A rate.
        assert_ne!(mem, group("net_rx", ValueType::Current));
        assert_eq!(
            group("net_rx", ValueType::Current),
            group("cpu_util", ValueType::Current)
        );
    }

    #[test]
    fn what_may_be_large_is_asked_alone() {
        assert_eq!(member(&query("mem", ValueType::Pct)), None);
        let mut of_all = query("mem", ValueType::Current);
        of_all.labels.kernel_id.clear();
        assert_eq!(member(&of_all), None);
        let mut by_kernel = query("mem", ValueType::Current);
        by_kernel.labels.session_id = vec!["s".into()];
        by_kernel.labels.kernel_id.clear();
        assert!(member(&by_kernel).is_some());
        by_kernel.group_by = vec![Dimension::KernelId];
        assert_eq!(member(&by_kernel), None);
    }

    proptest! {
        /// Whatever the query, of one name the group asks what the query alone asks.
        #[test]
        fn the_query_of_a_group_is_the_querys_own_but_for_the_name(
            name in "\\PC{1,8}",
            rate in any::<bool>(),
            value_type in proptest::sample::select(vec![None, Some(ValueType::Current), Some(ValueType::Capacity)]),
            by in proptest::sample::subsequence(
                vec![Dimension::KernelId, Dimension::MetricName, Dimension::ValueType], 0..=3),
        ) {
            let mut query = query(&name, ValueType::Current);
            query.labels.value_type = value_type;
            query.group_by = by;
            query.metric_type = rate.then_some(crate::domain::MetricType::Rate);
            let alone = plan(&Settings::default(), &query).unwrap().promql;
            let MergeMember { metric_name, group } = member(&query).unwrap();
            let together = group
                .promql(&[metric_name.as_str()])
                .replace(
                    &format!("=~{}", quote_regex_any([name.as_str()])),
                    &format!("={}", quote(&name)),
                );
            let together = match group.keeps_label() {
                true => together,
                false => together.replacen("container_metric_name,", "", 1),
            };
            prop_assert_eq!(together, alone);
        }
    }
}

//! From a query to what is to be asked: everything checked, the PromQL written, the grid aligned.

use std::borrow::Cow;

use super::catalogue::{CatalogueEntry, PERCENT};
use super::duration::PromDuration;
use super::error::QueryError;
use super::expression::{Expression, LEFT_OUT, Pooling, Reading};
use super::label::{Dimension, LabelFilter};
use super::metric::{MetricType, ValueType};
use super::pointwise::Pointwise;
use super::promql::RangeFunction;
use super::range::{AlignedGrid, Alignment, Grid, TimeRange};
use super::settings::Settings;
use super::window;

/// A query as its caller wrote it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetricQuery {
    /// The metric.
    pub metric_name: String,
    /// The first instant, as text.
    pub start: String,
    /// The last instant, as text.
    pub end: String,
    /// Seconds between two points; none: chosen.
    pub step: Option<u32>,
    /// The filters.
    pub labels: LabelFilter,
    /// The dimensions to group by; empty: the value type, and what is filtered on.
    pub group_by: Vec<Dimension>,
    /// The reading of the samples; none: detected.
    pub metric_type: Option<MetricType>,
    /// The statistic that a point stands for; none: the group's value at its instant.
    pub pointwise: Option<Pointwise>,
    /// Seconds east of UTC where the points are at multiples of the step; none: 0.
    pub utc_offset: Option<i32>,
}

/// A planned query: the PromQL, the points, and how the answer is to be understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The query.
    pub promql: String,
    /// The reading of the samples.
    pub metric_type: MetricType,
    /// The unit of the answer; none: the catalogue does not know the metric.
    pub unit: Option<Cow<'static, str>>,
    /// The points of the answer.
    pub grid: Grid,
    /// The points that are asked for: those of the answer, or of the values that are pooled to them.
    pub asked: Grid,
    /// The window that a point looks back over; none: it is the value at its instant.
    pub window: Option<PromDuration>,
    /// Doubts about the query.
    pub warnings: Vec<String>,
    /// Remarks on it.
    pub infos: Vec<String>,
    /// True if the answer has a series, labelled [`LEFT_OUT`](Self::LEFT_OUT), that counts the members in no group.
    pub counts_left_out: bool,
    /// The pooling that makes the answer of the members' values; none: they are not asked for.
    pub pooling: Option<Pooling>,
    /// The function of its samples, where the query is a plain sum of one selector.
    pub(super) plain: Option<Option<RangeFunction>>,
}

impl Plan {
    /// The label of the series that counts the members which are in no group.
    pub const LEFT_OUT: &str = LEFT_OUT;

    /// A query of levels as it stands: its values are the answer's.
    pub(super) fn of(
        promql: String,
        unit: Option<Cow<'static, str>>,
        aligned: AlignedGrid,
    ) -> Self {
        Self {
            promql,
            metric_type: MetricType::Gauge,
            unit,
            grid: aligned.grid,
            asked: aligned.grid,
            window: None,
            warnings: aligned.warnings,
            infos: aligned.infos,
            counts_left_out: false,
            pooling: None,
            plain: None,
        }
    }
}

/// Checks a query and writes its PromQL, for one request.
///
/// # Errors
/// See [`QueryError`]; nothing has been sent then.
pub fn plan(settings: &Settings, query: &MetricQuery) -> Result<Plan, QueryError> {
    let reading = Reading::new(settings, query);
    let (range, alignment) = checked(&reading)?;
    let aligned = Grid::align(range, query.step, &alignment, settings)?;
    let plan = plan_on(aligned, &reading)?;
    // If values are pooled, more of them are asked for than are answered.
    plan.asked.within(settings.max_points)?;
    Ok(plan)
}

/// Checks what must hold of a query however long its range is.
pub(super) fn checked(reading: &Reading<'_>) -> Result<(TimeRange, Alignment), QueryError> {
    let Reading {
        settings, query, ..
    } = reading;
    if query.metric_name.is_empty() {
        return Err(QueryError::EmptyMetricName);
    }
    check_filters(&query.labels)?;
    if let Some(pointwise) = &query.pointwise {
        pointwise.checked(settings.sample_interval)?;
    }
    let alignment = Alignment {
        utc_offset: utc_offset(query.utc_offset)?,
        looks_back: reading.looks_back(),
        now: settings.now,
    };
    Ok((TimeRange::parse(&query.start, &query.end)?, alignment))
}

/// A day each way: farther east than any place is, so that it is a mistake.
pub(super) fn utc_offset(given: Option<i32>) -> Result<i32, QueryError> {
    const MOST: u32 = 86_400;
    match given.unwrap_or(0) {
        offset if offset.abs_diff(0) <= MOST => Ok(offset),
        offset => Err(QueryError::UtcOffset(offset)),
    }
}

/// Writes the PromQL of a checked query on a grid.
pub(super) fn plan_on(aligned: AlignedGrid, reading: &Reading<'_>) -> Result<Plan, QueryError> {
    let Reading {
        settings, query, ..
    } = reading;
    let grid = aligned.grid;
    let Expression {
        promql,
        window,
        plain,
        pooling,
    } = reading.write(grid.step());
    let asked = match &pooling {
        None => grid,
        Some(pooling) => grid.values_before(pooling.window, pooling.resolution)?,
    };
    let mut warnings = aligned.warnings;
    let interval = settings.sample_interval.get();
    if let (true, Some(rate)) = (reading.uses_timewindow(), &settings.timewindow) {
        warnings.extend(window::doubts(rate, grid.step(), interval));
    }
    if query.pointwise.is_some_and(|pointwise| {
        pointwise.looks_back() && pointwise.window.is_none() && !reading.is_per_second()
    }) {
        warnings.extend(window::doubt_of_step(grid.step(), interval));
    }
    Ok(Plan {
        promql,
        metric_type: reading.named_type(),
        unit: match reading.value_type() {
            Some(ValueType::Pct) => Some(PERCENT.into()),
            value_type => {
                unit(&query.metric_name, value_type, reading.named_type()).map(Cow::Borrowed)
            }
        },
        grid,
        asked,
        window,
        warnings,
        infos: aligned.infos,
        counts_left_out: reading.counts_left_out(),
        pooling,
        plain,
    })
}

fn unit(
    metric_name: &str,
    value_type: Option<ValueType>,
    metric_type: MetricType,
) -> Option<&'static str> {
    let entry = CatalogueEntry::of(metric_name)?;
    // The capacity of `cpu_util` is what its rate is measured against: 1000 ms of CPU time a second.
    let of_a_rate = metric_name == "cpu_util" && value_type == Some(ValueType::Capacity);
    Some(match metric_type.is_per_second() || of_a_rate {
        true => entry.rate_unit(),
        false => entry.unit(),
    })
}

/// More values make a regular expression that servers are slow to match, and that a scope's budget does not hold.
const MOST_VALUES: usize = 100;

pub(super) fn check_filters(labels: &LabelFilter) -> Result<(), QueryError> {
    for (dimension, values) in labels.identifiers() {
        let field = match dimension {
            Dimension::AgentId => "labels.agent-id",
            Dimension::KernelId => "labels.kernel-id",
            Dimension::SessionId => "labels.session-id",
            Dimension::UserId => "labels.user-id",
            Dimension::ProjectId => "labels.project-id",
            // Not identifiers; named so that a new dimension does not compile without a field.
            Dimension::MetricName => "metric-name",
            Dimension::ValueType => "labels.value-type",
        };
        if values.iter().any(String::is_empty) {
            return Err(QueryError::EmptyFilter { field });
        }
        if values.len() > MOST_VALUES {
            return Err(QueryError::ManyValues {
                field,
                given: values.len(),
                most: MOST_VALUES,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::label::LabelSchema;
    use crate::domain::{Over, Statistic};
    use promql_parser::parser;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn query(metric_name: &str, value_type: Option<ValueType>) -> MetricQuery {
        MetricQuery {
            metric_name: metric_name.into(),
            start: "0".into(),
            end: "1800".into(),
            labels: LabelFilter {
                value_type,
                kernel_id: vec!["k1".into()],
                ..Default::default()
            },
            ..Default::default()
        }
    }

    fn promql(query: &MetricQuery) -> String {
        plan(&Settings::default(), query).unwrap().promql
    }

    #[test]
    fn a_gauge_is_summed_as_it_is() {
        assert_eq!(
            promql(&query("mem", Some(ValueType::Current))),
            r#"sum by (kernel_id,value_type)(backendai_container_utilization{container_metric_name="mem",value_type="current",kernel_id="k1"})"#
        );
    }

    #[test]
    fn a_rate_and_a_diff_are_increases_per_second_over_the_window() {
        let rate = |name| {
            format!(
                r#"sum by (kernel_id,value_type)(rate(backendai_container_utilization{{container_metric_name="{name}",value_type="current",kernel_id="k1"}}[1m]))"#
            )
        };
        assert_eq!(
            promql(&query("cpu_util", Some(ValueType::Current))),
            rate("cpu_util")
        );
        assert_eq!(
            promql(&query("net_rx", Some(ValueType::Current))),
            rate("net_rx")
        );
    }

    #[test]
    fn the_agent_schema_reads_usage_of_cpu_util_as_a_diff() {
        let agent = Settings {
            label_schema: LabelSchema::Agent,
            ..Settings::default()
        };
        let planned = plan(&agent, &query("cpu_util", Some(ValueType::Usage))).unwrap();
        assert_eq!(planned.metric_type, MetricType::Diff);
        assert!(planned.promql.contains(r#"value_type="current""#));
        assert_eq!(
            plan(
                &Settings::default(),
                &query("cpu_util", Some(ValueType::Usage))
            )
            .unwrap()
            .metric_type,
            MetricType::Gauge
        );
    }

    #[test]
    fn units_follow_how_the_samples_are_read() {
        let found = |name, side| plan(&Settings::default(), &query(name, side)).unwrap().unit;
        let unit = |name, side| found(name, side).map(Cow::into_owned);
        assert_eq!(unit("mem", None).as_deref(), Some("bytes"));
        assert_eq!(unit("net_rx", None).as_deref(), Some("bytes/s"));
        assert_eq!(
            unit("cpu_util", Some(ValueType::Current)).as_deref(),
            Some("millicores")
        );
        assert_eq!(
            unit("cpu_util", Some(ValueType::Capacity)).as_deref(),
            Some("millicores")
        );
        assert_eq!(unit("cpu_util", None).as_deref(), Some("milliseconds"));
        assert_eq!(
            unit("mem", Some(ValueType::Pct)).as_deref(),
            Some("percent")
        );
        assert_eq!(unit("never_heard_of", None), None);
    }

    #[test]
    fn a_fixed_window_that_is_too_short_is_said_only_where_it_is_used() {
        let fixed = Settings {
            timewindow: PromDuration::parse("30s").ok(),
            ..Settings::default()
        };
        assert!(
            plan(&fixed, &query("mem", None))
                .unwrap()
                .warnings
                .is_empty()
        );
        assert_eq!(
            plan(&fixed, &query("net_rx", None)).unwrap().warnings.len(),
            1
        );
        assert_eq!(
            plan(&fixed, &query("cpu_util", Some(ValueType::Pct)))
                .unwrap()
                .warnings
                .len(),
            1
        );
        assert!(
            plan(&Settings::default(), &query("net_rx", None))
                .unwrap()
                .warnings
                .is_empty()
        );
    }

    #[test]
    fn an_empty_filter_names_its_field() {
        let mut q = query("mem", None);
        q.labels.user_id = vec![String::new()];
        assert_eq!(
            plan(&Settings::default(), &q),
            Err(QueryError::EmptyFilter {
                field: "labels.user-id"
            })
        );
    }

    prop_compose! {
        fn any_filter()(
            value_type in proptest::sample::select(vec![
                None,
                Some(ValueType::Usage),
                Some(ValueType::Capacity),
                Some(ValueType::Current),
                Some(ValueType::Pct),
            ]),
            values in proptest::collection::vec(
                proptest::collection::vec("\\PC{1,12}|[\"\\\\{}\n\x00\u{fffd}]{1,6}", 0..4), 5),
        ) -> LabelFilter {
            let mut values = values.into_iter();
            let mut next = || values.next().unwrap();
            LabelFilter {
                value_type,
                agent_id: next(),
                kernel_id: next(),
                session_id: next(),
                user_id: next(),
                project_id: next(),
            }
        }
    }

    prop_compose! {
        fn any_pointwise()(
            statistic in prop_oneof![
                Just(Statistic::Avg), Just(Statistic::Max), Just(Statistic::Min),
                (0.0..1.0).prop_map(Statistic::Quantile),
            ],
            over in proptest::sample::select(vec![
                Over::Time, Over::Members(Dimension::KernelId), Over::Both(Dimension::AgentId),
            ]),
        ) -> Pointwise {
            Pointwise { statistic, over, window: None }
        }
    }

    prop_compose! {
        fn any_query()(
            metric_name in ".{1,10}",
            labels in any_filter(),
            metric_type in proptest::sample::select(vec![
                None, Some(MetricType::Gauge), Some(MetricType::Rate), Some(MetricType::Diff),
            ]),
            step in proptest::option::of(30_u32..5000),
            pointwise in proptest::option::of(any_pointwise()),
        ) -> MetricQuery {
            MetricQuery {
                metric_name,
                start: "0".into(),
                end: "5000".into(),
                step,
                labels,
                group_by: Vec::new(),
                metric_type,
                pointwise,
                utc_offset: None,
            }
        }
    }

    /// The text of a regular expression of exactly these values.
    fn alternatives(values: &BTreeSet<&str>) -> String {
        let literal = crate::domain::quote_regex_any(values.iter().copied());
        match parser::parse(&format!("m{{l={literal}}}")).unwrap() {
            parser::Expr::VectorSelector(s) => s.matchers.matchers[0].value.clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Every selector of an expression.
    fn selectors(expr: &parser::Expr) -> Vec<&parser::VectorSelector> {
        match expr {
            parser::Expr::VectorSelector(s) => vec![s],
            parser::Expr::MatrixSelector(m) => vec![&m.vs],
            parser::Expr::Aggregate(a) => selectors(&a.expr),
            parser::Expr::Call(c) => c.args.args.iter().flat_map(|a| selectors(a)).collect(),
            parser::Expr::Paren(p) => selectors(&p.expr),
            parser::Expr::Binary(b) => [selectors(&b.lhs), selectors(&b.rhs)].concat(),
            parser::Expr::Subquery(s) => selectors(&s.expr),
            _ => Vec::new(),
        }
    }

    proptest! {
        #[test]
        fn every_selector_holds_exactly_the_values_that_went_in(q in any_query()) {
            let text = promql(&q);
            let parsed = parser::parse(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
            let found = selectors(&parsed);
            prop_assert!(!found.is_empty());
            let mut expected = vec![("container_metric_name", q.metric_name.clone())];
            for (dimension, values) in q.labels.identifiers() {
                let values: BTreeSet<&str> = values.iter().map(String::as_str).collect();
                let value = match values.len() {
                    1 => values.first().unwrap().to_string(),
                    _ => alternatives(&values),
                };
                expected.push((LabelSchema::Documented.label(dimension), value));
            }
            for selector in found {
                prop_assert_eq!(selector.name.as_deref(), Some(METRIC_FAMILY_NAME));
                prop_assert!(selector.matchers.or_matchers.is_empty());
                let got: Vec<(&str, String)> = selector.matchers.matchers.iter()
                    .filter(|m| m.name != "value_type")
                    .map(|m| (m.name.as_str(), m.value.clone())).collect();
                prop_assert_eq!(got, expected.clone());
            }
        }
    }

    const METRIC_FAMILY_NAME: &str = super::super::promql::METRIC_FAMILY;
}

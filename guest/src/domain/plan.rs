//! From a query to what is to be asked: everything checked, the PromQL written, the grid laid.

use super::catalogue::{CatalogueEntry, PERCENT};
use super::duration::PromDuration;
use super::error::QueryError;
use super::fold::Fold;
use super::label::{Dimension, LabelFilter};
use super::metric::{MetricType, ValueType, detect_metric_type};
use super::promql::{Grouping, Named, Selector};
use super::range::{Grid, TimeRange};
use super::settings::Settings;
use super::window;

/// A query as its caller wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricQuery {
    /// The metric.
    pub metric_name: String,
    /// The first instant, as text.
    pub start: String,
    /// The last instant, as text.
    pub end: String,
    /// Seconds between two points; none: chosen.
    pub step: Option<u32>,
    /// What to count in.
    pub labels: LabelFilter,
    /// What to tell apart; empty: the value type, and what is filtered on.
    pub group_by: Vec<Dimension>,
    /// How to read the samples; none: detected.
    pub metric_type: Option<MetricType>,
}

/// What is to be asked, and how the answer is to be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The query.
    pub promql: String,
    /// How the samples are read.
    pub metric_type: MetricType,
    /// The unit of the answer; none: the catalogue does not know the metric.
    pub unit: Option<&'static str>,
    /// The points that are asked for.
    pub grid: Grid,
    /// How far back a point looks; none: it is the sample at its instant.
    pub window: Option<PromDuration>,
    /// What is doubtful about the query.
    pub warnings: Vec<String>,
}

/// Checks a query and writes its PromQL.
///
/// # Errors
/// See [`QueryError`]; nothing has been sent then.
pub fn plan(settings: &Settings, query: &MetricQuery) -> Result<Plan, QueryError> {
    let range = checked(query)?;
    plan_on(
        Grid::lay(range, query.step, settings)?,
        None,
        settings,
        query,
    )
}

/// What must hold of a query however long its range is.
pub(super) fn checked(query: &MetricQuery) -> Result<TimeRange, QueryError> {
    if query.metric_name.is_empty() {
        return Err(QueryError::EmptyMetricName);
    }
    refuse_empty_filters(&query.labels)?;
    TimeRange::parse(&query.start, &query.end)
}

/// Writes the PromQL of a checked query on a grid.
pub(super) fn plan_on(
    grid: Grid,
    fold: Option<Fold>,
    settings: &Settings,
    query: &MetricQuery,
) -> Result<Plan, QueryError> {
    let schema = settings.label_schema;
    let side = query.labels.value_type.map(|side| schema.stored(side));
    let read_as = match side {
        Some(ValueType::Pct) => current_type(query),
        side => detected(query, side),
    };
    if fold.is_some() && read_as.is_per_second() {
        return Err(QueryError::FoldOfRate);
    }
    let reader = Reader::new(settings, &grid, fold);
    let (promql, metric_type, unit) = match side {
        Some(ValueType::Pct) => (
            percent_of_capacity(settings, query, &reader),
            detected(query, side),
            Some(PERCENT),
        ),
        side => {
            let grouping = Grouping::new(schema, kept(query).chain([Dimension::ValueType]));
            let name = Named::One(&query.metric_name);
            let selector = Selector::new(schema, name, side, &query.labels);
            (
                grouping.sum(reader.read(&selector, read_as)),
                read_as,
                unit(&query.metric_name, side, read_as),
            )
        }
    };
    Ok(Plan {
        promql,
        metric_type,
        unit,
        grid,
        warnings: if read_as.is_per_second() {
            reader.doubts()
        } else {
            Vec::new()
        },
        window: (fold.is_some() || read_as.is_per_second()).then_some(reader.window),
    })
}

/// `100 * current / capacity`, where there is capacity. Agents never export `pct`.
fn percent_of_capacity(settings: &Settings, query: &MetricQuery, reader: &Reader) -> String {
    let schema = settings.label_schema;
    let name = Named::One(&query.metric_name);
    let side = |side| Selector::new(schema, name, Some(side), &query.labels);
    // The two sides differ in `value_type`; kept, it would keep them from matching.
    let grouping = Grouping::new(
        schema,
        kept(query).filter(|&dimension| dimension != Dimension::ValueType),
    );
    let current = grouping.sum(reader.read(&side(ValueType::Current), current_type(query)));
    // Capacity is a level, also where the metric itself is read as a rate.
    let capacity = grouping.sum(reader.read(&side(ValueType::Capacity), MetricType::Gauge));
    format!("100 * {current} / ({capacity} > 0)")
}

/// The type the query names, else the one that follows from the name and the stored side.
fn detected(query: &MetricQuery, side: Option<ValueType>) -> MetricType {
    query
        .metric_type
        .unwrap_or_else(|| detect_metric_type(&query.metric_name, side))
}

/// How the `current` side of a percentage is read.
fn current_type(query: &MetricQuery) -> MetricType {
    detected(query, Some(ValueType::Current))
}

/// The dimensions to tell apart: those asked for, else those that are filtered on.
pub(super) fn kept(query: &MetricQuery) -> impl Iterator<Item = Dimension> {
    let filtered_on = query
        .group_by
        .is_empty()
        .then(|| query.labels.identifiers().map(|(dimension, _)| dimension));
    query
        .group_by
        .iter()
        .copied()
        .chain(filtered_on.into_iter().flatten())
}

fn unit(
    metric_name: &str,
    side: Option<ValueType>,
    metric_type: MetricType,
) -> Option<&'static str> {
    let entry = CatalogueEntry::of(metric_name)?;
    // The capacity of `cpu_util` is what its rate is measured against: 1000 ms of CPU time a second.
    let of_a_rate = metric_name == "cpu_util" && side == Some(ValueType::Capacity);
    Some(match metric_type.is_per_second() || of_a_rate {
        true => entry.rate_unit(),
        false => entry.unit(),
    })
}

fn refuse_empty_filters(labels: &LabelFilter) -> Result<(), QueryError> {
    match labels.identifiers().find(|(_, value)| value.is_empty()) {
        None => Ok(()),
        Some((dimension, _)) => Err(QueryError::EmptyFilter {
            field: match dimension {
                Dimension::AgentId => "labels.agent-id",
                Dimension::KernelId => "labels.kernel-id",
                Dimension::SessionId => "labels.session-id",
                Dimension::UserId => "labels.user-id",
                Dimension::ProjectId => "labels.project-id",
                // Not identifiers; named so that a new dimension does not compile without a field.
                Dimension::MetricName => "metric-name",
                Dimension::ValueType => "labels.value-type",
            },
        }),
    }
}

/// Applies the window of this query to whatever is read per second, and the fold to what is not.
struct Reader<'a> {
    settings: &'a Settings,
    step: u32,
    fold: Option<Fold>,
    window: PromDuration,
}

impl<'a> Reader<'a> {
    fn new(settings: &'a Settings, grid: &Grid, fold: Option<Fold>) -> Self {
        let automatic = || window::automatic(grid.step(), settings.sample_interval.get());
        Self {
            settings,
            step: grid.step(),
            fold,
            window: match fold {
                // The samples since the point before: none is left out, none counted twice.
                Some(_) => PromDuration::from_seconds(u64::from(grid.step())),
                None => settings.timewindow.clone().unwrap_or_else(automatic),
            },
        }
    }

    fn read(&self, selector: &Selector, metric_type: MetricType) -> String {
        let function = match metric_type.is_per_second() {
            true => Some("rate"),
            false => self.fold.map(Fold::function),
        };
        selector.read(function.map(|function| (function, &self.window)))
    }

    fn doubts(&self) -> Vec<String> {
        match self.settings.timewindow {
            None => Vec::new(),
            Some(_) => window::doubts(&self.window, self.step, self.settings.sample_interval.get()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::label::LabelSchema;
    use crate::domain::settings::SettingsInput;
    use promql_parser::parser;
    use proptest::prelude::*;

    fn query(metric_name: &str, value_type: Option<ValueType>) -> MetricQuery {
        MetricQuery {
            metric_name: metric_name.into(),
            start: "0".into(),
            end: "1800".into(),
            labels: LabelFilter {
                value_type,
                kernel_id: Some("k1".into()),
                ..Default::default()
            },
            ..Default::default()
        }
    }

    fn settings(input: SettingsInput) -> Settings {
        Settings::try_from(input).unwrap()
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
    fn a_percentage_divides_current_by_a_capacity_above_zero() {
        assert_eq!(
            promql(&query("cpu_util", Some(ValueType::Pct))),
            r#"100 * sum by (kernel_id)(rate(backendai_container_utilization{container_metric_name="cpu_util",value_type="current",kernel_id="k1"}[1m])) / (sum by (kernel_id)(backendai_container_utilization{container_metric_name="cpu_util",value_type="capacity",kernel_id="k1"}) > 0)"#
        );
    }

    #[test]
    fn a_percentage_drops_the_value_type_from_what_is_told_apart() {
        let mut q = query("mem", Some(ValueType::Pct));
        q.group_by = vec![Dimension::ValueType];
        assert!(promql(&q).starts_with("100 * sum(backendai"));
    }

    #[test]
    fn the_agent_schema_reads_usage_of_cpu_util_as_a_diff() {
        let agent = settings(SettingsInput {
            label_schema: LabelSchema::Agent,
            ..Default::default()
        });
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
        let unit = |name, side| plan(&Settings::default(), &query(name, side)).unwrap().unit;
        assert_eq!(unit("mem", None), Some("bytes"));
        assert_eq!(unit("net_rx", None), Some("bytes/s"));
        assert_eq!(
            unit("cpu_util", Some(ValueType::Current)),
            Some("millicores")
        );
        assert_eq!(
            unit("cpu_util", Some(ValueType::Capacity)),
            Some("millicores")
        );
        assert_eq!(unit("cpu_util", None), Some("milliseconds"));
        assert_eq!(unit("mem", Some(ValueType::Pct)), Some("percent"));
        assert_eq!(unit("never_heard_of", None), None);
    }

    #[test]
    fn a_fixed_window_that_is_too_short_is_said_only_where_it_is_used() {
        let fixed = settings(SettingsInput {
            timewindow: Some("30s".into()),
            ..Default::default()
        });
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
        q.labels.user_id = Some(String::new());
        assert_eq!(
            plan(&Settings::default(), &q),
            Err(QueryError::EmptyFilter {
                field: "labels.user-id"
            })
        );
    }

    fn any_query() -> impl Strategy<Value = MetricQuery> {
        let value = || proptest::option::of("\\PC{1,12}|[\"\\\\{}\n\x00\u{fffd}]{1,6}");
        let sides = [
            None,
            Some(ValueType::Usage),
            Some(ValueType::Capacity),
            Some(ValueType::Current),
            Some(ValueType::Pct),
        ];
        let types = [
            None,
            Some(MetricType::Gauge),
            Some(MetricType::Rate),
            Some(MetricType::Diff),
        ];
        (
            ".{1,10}",
            proptest::sample::select(sides.to_vec()),
            (value(), value(), value(), value(), value()),
            proptest::sample::select(types.to_vec()),
            proptest::option::of(1_u32..5000),
        )
            .prop_map(
                |(
                    metric_name,
                    value_type,
                    (agent_id, kernel_id, session_id, user_id, project_id),
                    metric_type,
                    step,
                )| MetricQuery {
                    metric_name,
                    start: "0".into(),
                    end: "5000".into(),
                    step,
                    labels: LabelFilter {
                        value_type,
                        agent_id,
                        kernel_id,
                        session_id,
                        user_id,
                        project_id,
                    },
                    group_by: Vec::new(),
                    metric_type,
                },
            )
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
            _ => Vec::new(),
        }
    }

    proptest! {
        #[test]
        fn every_selector_holds_exactly_the_values_that_went_in(q in any_query()) {
            let text = promql(&q);
            let parsed = parser::parse(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
            let found = selectors(&parsed);
            let pct = q.labels.value_type == Some(ValueType::Pct);
            prop_assert_eq!(found.len(), if pct { 2 } else { 1 });
            for selector in found {
                prop_assert_eq!(selector.name.as_deref(), Some(METRIC_FAMILY_NAME));
                prop_assert!(selector.matchers.or_matchers.is_empty());
                let mut expected: Vec<(&str, &str)> = vec![("container_metric_name", &q.metric_name)];
                expected.extend(q.labels.identifiers().map(|(d, v)| (LabelSchema::Documented.label(d), v)));
                let got: Vec<(&str, &str)> = selector.matchers.matchers.iter()
                    .filter(|m| m.name != "value_type")
                    .map(|m| (m.name.as_str(), m.value.as_str())).collect();
                prop_assert_eq!(got, expected);
                prop_assert!(selector.matchers.matchers.iter().all(|m| m.op == promql_parser::label::MatchOp::Equal));
            }
        }
    }

    const METRIC_FAMILY_NAME: &str = super::super::promql::METRIC_FAMILY;
}

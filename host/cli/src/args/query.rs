//! The flags that make queries, shared by `query` and `promql`. The plugin decides what a query means.

use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::Args;
use metric_host::{Dimension, LabelFilter, MetricQuery, MetricType, ValueType};

use crate::args::choices;
use crate::args::pointwise::PointwiseArgs;
use crate::duration;
use crate::time::{self, Instant};
use crate::utc_offset::UtcOffset;

/// Queries, as flags: each metric by each value type.
#[derive(Debug, Clone, Args)]
pub(crate) struct QueryArgs {
    /// The metrics, such as cpu_util, mem, net_rx (`metric-host metrics` lists what there is)
    #[arg(value_name = "METRIC", required = true)]
    metrics: Vec<String>,

    #[command(flatten)]
    filters: FilterArgs,

    /// Dimensions to group by, separated by commas [default: value-type and what is filtered on]
    #[arg(long, visible_alias = "by", value_name = "D,D", value_parser = choices::dimension(), value_delimiter = ',', help_heading = None)]
    group_by: Vec<Dimension>,

    /// How to read the samples [default: detected]
    #[arg(long, value_name = "TYPE", value_parser = choices::metric_type(), help_heading = None)]
    metric_type: Option<MetricType>,

    #[command(flatten)]
    pub(crate) pointwise: PointwiseArgs,

    #[command(flatten)]
    range: RangeArgs,
}

/// The filters.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Filters (several values: more than once, or separated by commas)")]
pub(crate) struct FilterArgs {
    /// Value type: usage, capacity, current or pct; several are a query each
    #[arg(long, value_name = "V,V", value_parser = choices::value_type(), value_delimiter = ',')]
    value_type: Vec<ValueType>,
    /// The agent that runs the kernel
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    agent_id: Vec<String>,
    /// The kernel (container)
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    kernel_id: Vec<String>,
    /// The session
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    session_id: Vec<String>,
    /// The user who owns the session
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    user_id: Vec<String>,
    /// The project that the session belongs to
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    project_id: Vec<String>,
}

/// The flags for the ends of a range.
#[derive(Debug, Clone, Args)]
struct EndsArgs {
    /// The first instant
    #[arg(
        long,
        value_name = "T",
        conflicts_with = "last",
        allow_hyphen_values = true
    )]
    start: Option<Instant>,
    /// The last instant [default: now]
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    end: Option<Instant>,
    /// Length of the range, ending at --end, such as 30m
    #[arg(long, value_name = "DUR", value_parser = duration::parse)]
    last: Option<Duration>,
}

impl EndsArgs {
    /// The two instants; the last hour where nothing is said. The error says what would be accepted.
    fn resolve(self, now: DateTime<Utc>) -> Result<(String, String), String> {
        time::resolve(self.start, self.end, self.last, now)
    }
}

/// The flags for the ends of a range, which may be left open.
#[derive(Debug, Args)]
#[command(next_help_heading = "Time range [default: all times]")]
pub(crate) struct ValueRangeArgs {
    #[command(flatten)]
    ends: EndsArgs,
}

impl ValueRangeArgs {
    /// The two ends; none: of all times. The error says what would be accepted.
    pub(crate) fn resolve(self, now: DateTime<Utc>) -> Result<Option<(String, String)>, String> {
        match self.ends {
            EndsArgs {
                start: None,
                end: None,
                last: None,
            } => Ok(None),
            given => given.resolve(now).map(Some),
        }
    }
}

/// The flags for the ends and the step of a range.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Time range [default: the last hour]")]
pub(crate) struct RangeArgs {
    #[command(flatten)]
    ends: EndsArgs,
    /// Time between two points, in seconds [default: chosen from the length of the range]
    #[arg(long, value_name = "N", value_parser = duration::parse_seconds)]
    step: Option<u32>,
    /// Where the points' days begin: an offset from UTC such as +09:00, Z, or local
    #[arg(
        long,
        value_name = "OFFSET",
        default_value = "local",
        allow_hyphen_values = true
    )]
    utc_offset: UtcOffset,
}

/// A range whose relative times are resolved.
pub(crate) struct Range {
    pub(crate) start: String,
    pub(crate) end: String,
    /// Seconds.
    pub(crate) step: Option<u32>,
    /// Seconds east of UTC.
    pub(crate) utc_offset: i32,
}

impl RangeArgs {
    /// Resolves it against `now`. The error says what would be accepted.
    pub(crate) fn resolve(self, now: DateTime<Utc>) -> Result<Range, String> {
        let (start, end) = self.ends.resolve(now)?;
        // Of an end that cannot be read, the plugin says so.
        let end_read = time::read(&end).unwrap_or(now);
        Ok(Range {
            utc_offset: self.utc_offset.seconds(end_read),
            start,
            end,
            step: self.step,
        })
    }
}

impl FilterArgs {
    /// The filters of one query. The error says what would be accepted.
    pub(crate) fn one(self) -> Result<LabelFilter, String> {
        match self.value_type.len() {
            0 | 1 => Ok(self.labels()),
            several => Err(format!("{several} value types; accepted is one")),
        }
    }

    /// The identifiers that are filtered on.
    pub(crate) fn labels(self) -> LabelFilter {
        LabelFilter {
            value_type: self.value_type.first().copied(),
            agent_id: self.agent_id,
            kernel_id: self.kernel_id,
            session_id: self.session_id,
            user_id: self.user_id,
            project_id: self.project_id,
        }
    }
}

impl QueryArgs {
    /// The one query that they make. The error says what would be accepted.
    pub(crate) fn into_query(self, now: DateTime<Utc>) -> Result<MetricQuery, String> {
        let queries = self.into_queries(now)?;
        let several = queries.len();
        match <[MetricQuery; 1]>::try_from(queries) {
            Ok([query]) => Ok(query),
            Err(_) => Err(format!(
                "{several} queries; accepted is one metric, and at most one --value-type"
            )),
        }
    }

    /// The queries, metric by metric, with their relative times resolved against `now`. The error says what would
    /// be accepted.
    pub(crate) fn into_queries(self, now: DateTime<Utc>) -> Result<Vec<MetricQuery>, String> {
        let value_types: Vec<Option<ValueType>> = match &self.filters.value_type[..] {
            [] => vec![None],
            some => some.iter().copied().map(Some).collect(),
        };
        let range = self.range.resolve(now)?;
        let query = MetricQuery {
            metric_name: String::new(),
            pointwise: self.pointwise.pointwise()?,
            utc_offset: Some(range.utc_offset),
            start: range.start,
            end: range.end,
            step: range.step,
            labels: self.filters.labels(),
            group_by: self.group_by,
            metric_type: self.metric_type,
        };
        let mut queries = Vec::new();
        for metric in &self.metrics {
            for value_type in &value_types {
                let mut query = query.clone();
                query.metric_name.clone_from(metric);
                query.labels.value_type = *value_type;
                queries.push(query);
            }
        }
        Ok(queries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::further::Online;
    use crate::args::{Cli, Command};
    use clap::Parser;

    fn queries(line: &str) -> Vec<MetricQuery> {
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        let Command::Query(Online { own: args, .. }) = cli.command else {
            panic!("not a query: {line}")
        };
        args.query
            .into_queries(DateTime::from_timestamp(1_767_225_600, 0).unwrap())
            .unwrap()
    }

    fn query(line: &str) -> MetricQuery {
        let [query] = &queries(line)[..] else {
            panic!("not one query: {line}")
        };
        query.clone()
    }

    #[test]
    fn each_metric_is_asked_for_by_each_value_type() {
        for line in [
            "metric-host query mem net_rx --value-type current --value-type capacity --step 5",
            "metric-host query mem net_rx --value-type current,capacity --step 5",
        ] {
            let asked: Vec<_> = queries(line)
                .into_iter()
                .map(|query| (query.metric_name, query.labels.value_type, query.step))
                .collect();
            let expected =
                |metric: &str, value_type| (metric.to_owned(), Some(value_type), Some(5));
            assert_eq!(
                asked,
                [
                    expected("mem", ValueType::Current),
                    expected("mem", ValueType::Capacity),
                    expected("net_rx", ValueType::Current),
                    expected("net_rx", ValueType::Capacity),
                ]
            );
        }
    }

    #[test]
    fn every_flag_reaches_its_field_of_the_query() {
        let query = query(
            "metric-host query mem --value-type capacity --agent-id a --kernel-id k --session-id s --user-id u \
             --project-id p --group-by kernel-id,user_id --start 5 --end now --step 1m --metric-type gauge --fold max --utc-offset -03:30",
        );
        assert_eq!(query.metric_name, "mem");
        assert_eq!(
            (query.start.as_str(), query.end.as_str()),
            ("5", "2026-01-01T00:00:00.000Z")
        );
        assert_eq!(query.step, Some(60));
        assert_eq!(
            query.labels.value_type,
            Some(metric_host::ValueType::Capacity)
        );
        assert_eq!(query.labels.agent_id, ["a"]);
        assert_eq!(query.labels.kernel_id, ["k"]);
        assert_eq!(query.labels.session_id, ["s"]);
        assert_eq!(query.labels.user_id, ["u"]);
        assert_eq!(query.labels.project_id, ["p"]);
        assert_eq!(
            query.group_by,
            [
                metric_host::Dimension::KernelId,
                metric_host::Dimension::UserId
            ]
        );
        assert_eq!(query.metric_type, Some(metric_host::MetricType::Gauge));
        let max = metric_host::Pointwise::over_time(metric_host::Statistic::Max);
        assert_eq!(query.pointwise, Some(max));
        assert_eq!(query.utc_offset, Some(-12_600));
    }

    #[test]
    fn a_filter_takes_several_values_once_or_more_than_once() {
        for line in [
            "metric-host query mem --kernel-id a --kernel-id b,c",
            "metric-host query mem --kernel-id a,b,c",
        ] {
            assert_eq!(query(line).labels.kernel_id, ["a", "b", "c"]);
        }
    }

    #[test]
    fn the_days_are_local_unless_it_is_said() {
        let local = query("metric-host query mem --end now-180d").utc_offset;
        let end = DateTime::from_timestamp(1_767_225_600 - 180 * 86_400, 0).unwrap();
        assert_eq!(local, Some(UtcOffset::Local.seconds(end)));
        assert_eq!(
            query("metric-host query mem --utc-offset Z").utc_offset,
            Some(0)
        );
    }

    #[test]
    fn what_is_not_given_is_left_to_the_plugin() {
        let query = query("metric-host query mem");
        assert_eq!(query.step, None);
        assert_eq!(query.labels, LabelFilter::default());
        assert!(query.group_by.is_empty());
        assert_eq!(query.metric_type, None);
        assert_eq!(query.pointwise, None);
    }

    #[test]
    fn times_before_1970_are_times_and_not_flags() {
        assert_eq!(
            query("metric-host query mem --start -60 --end 0").start,
            "-60"
        );
    }
}

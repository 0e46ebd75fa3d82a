//! A call with everything that it may carry, drawn; and the same as JSON.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::texts::{something, text};
use crate::times::{Span, Time, range, window};

/// A call.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What the plugin is told.
    pub config: Config,
    /// What is asked.
    pub query: Query,
    /// How, where the range is long.
    pub options: Options,
}

/// The contract's `config`, but for the address. None: left out.
#[derive(Debug, Clone)]
pub struct Config {
    /// `timewindow`
    pub timewindow: Option<Span>,
    /// `label-schema`
    pub label_schema: &'static str,
    /// `sample-interval`
    pub sample_interval: Option<u32>,
    /// `max-range`
    pub max_range: Option<u32>,
    /// `max-points`
    pub max_points: Option<u32>,
    /// `max-result-bytes`
    pub max_result_bytes: Option<u64>,
    /// `timeout`
    pub timeout: Option<u32>,
}

/// The contract's `metric-query`.
#[derive(Debug, Clone)]
pub struct Query {
    /// `metric-name`
    pub metric_name: String,
    /// `start`
    pub start: Time,
    /// `end`
    pub end: Time,
    /// `step`
    pub step: Option<u32>,
    /// `labels.value-type`
    pub value_type: Option<&'static str>,
    /// `labels.agent-id`
    pub agent_id: Option<String>,
    /// `labels.kernel-id`
    pub kernel_id: Option<String>,
    /// `labels.session-id`
    pub session_id: Option<String>,
    /// `labels.user-id`
    pub user_id: Option<String>,
    /// `labels.project-id`
    pub project_id: Option<String>,
    /// `group-by`
    pub group_by: Vec<&'static str>,
    /// `metric-type`
    pub metric_type: Option<&'static str>,
}

/// The contract's `range-options`.
#[derive(Debug, Clone)]
pub struct Options {
    /// `now`
    pub now: Option<i64>,
    /// `max-points`
    pub max_points: Option<u32>,
    /// `fold`
    pub fold: Option<&'static str>,
    /// `interval`
    pub interval: Option<u32>,
    /// `freshness`
    pub freshness: Option<u32>,
    /// `concurrency`
    pub concurrency: Option<u32>,
    /// `partial`
    pub partial: bool,
}

impl Asked {
    /// Config and query as the JSON doors take them, the address added.
    pub fn to_json(&self, address: &str) -> Value {
        let Self { config, query, .. } = self;
        let name = |name: Option<&str>| name.map(underscored);
        json!({
            "config": {
                "address": address,
                "timewindow": config.timewindow.as_ref().map(|span| &span.text),
                "label_schema": config.label_schema,
                "sample_interval": config.sample_interval,
                "max_range": config.max_range,
                "max_points": config.max_points,
                "max_result_bytes": config.max_result_bytes,
                "timeout": config.timeout,
            },
            "query": {
                "metric_name": query.metric_name,
                "start": query.start.text,
                "end": query.end.text,
                "step": query.step,
                "labels": {
                    "value_type": query.value_type,
                    "agent_id": query.agent_id,
                    "kernel_id": query.kernel_id,
                    "session_id": query.session_id,
                    "user_id": query.user_id,
                    "project_id": query.project_id,
                },
                "group_by": query.group_by.iter().map(|name| underscored(name)).collect::<Vec<_>>(),
                "metric_type": name(query.metric_type),
            },
        })
    }
}

fn underscored(name: &str) -> String {
    name.replace('-', "_")
}

/// Calls of any kind. Most have at most a fault or two, so that as many get through as are refused.
pub fn asked() -> impl Strategy<Value = Asked> {
    (config().boxed(), query().boxed(), options().boxed()).prop_map(|(config, query, options)| {
        Asked {
            config,
            query,
            options,
        }
    })
}

/// A number in the place of one that must be at least 1.
fn number(usual: std::ops::Range<u32>) -> BoxedStrategy<Option<u32>> {
    prop_oneof![
        40 => Just(None),
        50 => usual.prop_map(Some),
        8 => prop::sample::select(vec![1, 2, 86_399, i32::MAX as u32, i32::MAX as u32 + 1, u32::MAX]).prop_map(Some),
        1 => any::<u32>().prop_map(Some),
        1 => Just(Some(0)),
    ]
    .boxed()
}

fn config() -> impl Strategy<Value = Config> {
    let bytes = prop_oneof![
        10 => Just(None),
        5 => (1_u64..1 << 30).prop_map(Some),
        1 => prop::sample::select(vec![1, u64::from(u32::MAX), u64::MAX]).prop_map(Some),
        1 => Just(Some(0)),
    ];
    (
        prop::option::weighted(0.4, window()),
        prop::sample::select(vec!["documented", "agent"]),
        number(1..120),
        number(86_400..40_000_000),
        number(1_000..20_000),
        bytes,
        number(1..60_000),
    )
        .prop_map(
            |(
                timewindow,
                label_schema,
                sample_interval,
                max_range,
                max_points,
                max_result_bytes,
                timeout,
            )| Config {
                timewindow,
                label_schema,
                sample_interval,
                max_range,
                max_points,
                max_result_bytes,
                timeout,
            },
        )
}

fn query() -> impl Strategy<Value = Query> {
    let name = prop_oneof![
        4 => prop::sample::select(vec!["cpu_util", "mem", "net_rx", "net_tx", "CPU_UTIL", "cpu_util ", "net_rx\0"])
            .prop_map(str::to_owned),
        4 => something(),
        1 => text(),
    ];
    let filter = || {
        prop_oneof![
            20 => Just(None),
            20 => something().prop_map(Some),
            1 => text().prop_map(Some),
        ]
        .boxed()
    };
    let dimensions = vec![
        "agent-id",
        "kernel-id",
        "session-id",
        "user-id",
        "project-id",
        "metric-name",
        "value-type",
    ];
    (
        name,
        range(),
        number(30..7_200),
        prop::option::of(prop::sample::select(vec![
            "usage", "capacity", "current", "pct",
        ])),
        (filter(), filter(), filter(), filter(), filter()),
        prop::collection::vec(prop::sample::select(dimensions), 0..10),
        prop::option::weighted(0.4, prop::sample::select(vec!["gauge", "rate", "diff"])),
    )
        .prop_map(
            |(
                metric_name,
                (start, end),
                step,
                value_type,
                (agent_id, kernel_id, session_id, user_id, project_id),
                group_by,
                metric_type,
            )| Query {
                metric_name,
                start,
                end,
                step,
                value_type,
                agent_id,
                kernel_id,
                session_id,
                user_id,
                project_id,
                group_by,
                metric_type,
            },
        )
}

fn options() -> impl Strategy<Value = Options> {
    let now = prop_oneof![
        3 => Just(None),
        3 => (1_700_000_000_000_i64..1_800_000_000_000).prop_map(Some),
        1 => prop::sample::select(vec![i64::MIN, -1, 0, 1, i64::MAX]).prop_map(Some),
    ];
    (
        now,
        number(2..5_000),
        prop::option::weighted(0.3, prop::sample::select(vec!["avg", "max", "min", "last"])),
        number(600..200_000),
        prop_oneof![number(0..10_000), Just(Some(0))],
        number(1..20),
        any::<bool>(),
    )
        .prop_map(
            |(now, max_points, fold, interval, freshness, concurrency, partial)| Options {
                now,
                max_points,
                fold,
                interval,
                freshness,
                concurrency,
                partial,
            },
        )
}

//! A call with everything that it may carry, drawn; and the same as JSON.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::texts::{something, text};
use crate::times::{Span, Time, range, window};

/// A call.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The configuration of the plugin.
    pub config: Config,
    /// The query.
    pub query: Query,
    /// The options, if the range is long.
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
    /// `method`
    pub method: &'static str,
    /// `backend`
    pub backend: &'static str,
    /// `partial`
    pub partial: bool,
    /// `now`
    pub now: Option<i64>,
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
    pub agent_id: Vec<String>,
    /// `labels.kernel-id`
    pub kernel_id: Vec<String>,
    /// `labels.session-id`
    pub session_id: Vec<String>,
    /// `labels.user-id`
    pub user_id: Vec<String>,
    /// `labels.project-id`
    pub project_id: Vec<String>,
    /// `group-by`
    pub group_by: Vec<&'static str>,
    /// `metric-type`
    pub metric_type: Option<&'static str>,
    /// `pointwise`
    pub pointwise: Option<Pointwise>,
    /// `utc-offset`
    pub utc_offset: Option<i32>,
}

/// The contract's `pointwise`.
#[derive(Debug, Clone, Copy)]
pub struct Pointwise {
    /// `statistic`
    pub statistic: Statistic,
    /// `over`
    pub over: Over,
    /// `window`
    pub window: Option<u32>,
}

/// The contract's `statistic`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// One that is a name.
    Named(&'static str),
    /// `quantile`
    Quantile(f64),
}

/// The contract's `over`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Over {
    /// `time`
    Time,
    /// `members`, of this dimension.
    Members(&'static str),
    /// `both`, of this dimension.
    Both(&'static str),
}

/// The contract's `range-options`.
#[derive(Debug, Clone)]
pub struct Options {
    /// `cached`
    pub cached: bool,
    /// `max-points`
    pub max_points: Option<u32>,
    /// `interval`
    pub interval: Option<u32>,
    /// `freshness`
    pub freshness: Option<u32>,
    /// `concurrency`
    pub concurrency: Option<u32>,
    /// `partial`
    pub partial: bool,
}

/// Later than any time that is drawn, Unix milliseconds.
const END_OF_TIME: i64 = 300_000_000_000_000;

impl Asked {
    /// The same, at a time of day that is known. Where none is, a host fills in its own.
    #[must_use]
    pub fn at_a_known_time(mut self) -> Self {
        self.config.now.get_or_insert(END_OF_TIME);
        self
    }

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
                "method": config.method,
                "backend": underscored(config.backend),
                "partial": config.partial,
                "now": config.now,
            },
            "query": {
                "metric_name": query.metric_name,
                "start": query.start.text,
                "end": query.end.text,
                "step": query.step,
                "labels": {
                    "value_type": query.value_type,
                    "agent_id": Vec::from_iter(&query.agent_id),
                    "kernel_id": Vec::from_iter(&query.kernel_id),
                    "session_id": Vec::from_iter(&query.session_id),
                    "user_id": Vec::from_iter(&query.user_id),
                    "project_id": Vec::from_iter(&query.project_id),
                },
                "group_by": query.group_by.iter().map(|name| underscored(name)).collect::<Vec<_>>(),
                "metric_type": name(query.metric_type),
                "pointwise": query.pointwise.map(Pointwise::to_json),
                "utc_offset": query.utc_offset,
            },
        })
    }
}

impl Pointwise {
    fn to_json(self) -> Value {
        json!({
            "statistic": match self.statistic {
                Statistic::Named(name) => json!(name),
                Statistic::Quantile(part) => json!({ "quantile": part }),
            },
            "over": match self.over {
                Over::Time => json!("time"),
                Over::Members(dimension) => json!({ "members": underscored(dimension) }),
                Over::Both(dimension) => json!({ "both": underscored(dimension) }),
            },
            "window": self.window,
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
        (
            prop::sample::select(vec!["auto", "post", "get"]),
            prop::sample::select(BACKENDS.to_vec()),
            any::<bool>(),
            now(),
        ),
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
                (method, backend, partial, now),
            )| Config {
                timewindow,
                label_schema,
                sample_interval,
                max_range,
                max_points,
                max_result_bytes,
                timeout,
                method,
                backend,
                partial,
                now,
            },
        )
}

const BACKENDS: [&str; 6] = [
    "auto",
    "prometheus",
    "thanos",
    "mimir",
    "victoria",
    "victoria-cluster",
];

/// Mostly long after what is asked for.
fn now() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        3 => Just(None),
        3 => (1_900_000_000_000_i64..2_000_000_000_000).prop_map(Some),
        1 => (1_700_000_000_000_i64..1_800_000_000_000).prop_map(Some),
        1 => prop::sample::select(vec![i64::MIN, -1, 0, 1, i64::MAX]).prop_map(Some),
    ]
}

const DIMENSIONS: [&str; 7] = [
    "agent-id",
    "kernel-id",
    "session-id",
    "user-id",
    "project-id",
    "metric-name",
    "value-type",
];

fn pointwise() -> impl Strategy<Value = Pointwise> {
    let statistic = prop_oneof![
        8 => prop::sample::select(vec!["avg", "max", "min", "last"]).prop_map(Statistic::Named),
        8 => (0.0..=1.0).prop_map(Statistic::Quantile),
        1 => prop::sample::select(vec![0.0, 1.0, 5e-324, 1.5, -0.1, f64::MAX]).prop_map(Statistic::Quantile),
    ];
    let dimension = || {
        prop_oneof![
            9 => prop::sample::select(DIMENSIONS[..5].to_vec()),
            1 => prop::sample::select(DIMENSIONS.to_vec()),
        ]
    };
    let over = prop_oneof![
        4 => Just((Over::Time, true)),
        2 => (dimension(), prop::bool::weighted(0.1)).prop_map(|(of, windowed)| (Over::Members(of), windowed)),
        2 => dimension().prop_map(|of| (Over::Both(of), true)),
    ];
    (statistic, over, number(60..90_000)).prop_map(|(statistic, (over, windowed), window)| {
        let window = window.filter(|_| windowed);
        Pointwise {
            statistic,
            over,
            window,
        }
    })
}

fn utc_offset() -> impl Strategy<Value = Option<i32>> {
    prop_oneof![
        5 => Just(None),
        4 => (-86_400..=86_400).prop_map(Some),
        1 => prop::sample::select(vec![86_400, 86_401, -86_400, -86_401, i32::MAX, i32::MIN]).prop_map(Some),
    ]
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
            24 => Just(Vec::new()),
            14 => something().prop_map(|value| vec![value]),
            6 => prop::collection::vec(something(), 2..6),
            1 => prop::collection::vec("[a-z]{1,3}", 99..103),
            1 => text().prop_map(|value| vec![value]),
        ]
        .boxed()
    };
    (
        name,
        range(),
        number(30..7_200),
        prop::option::of(prop::sample::select(vec![
            "usage", "capacity", "current", "pct",
        ])),
        (filter(), filter(), filter(), filter(), filter()),
        prop::collection::vec(prop::sample::select(DIMENSIONS.to_vec()), 0..10),
        prop::option::weighted(0.4, prop::sample::select(vec!["gauge", "rate", "diff"])),
        (prop::option::of(pointwise()), utc_offset()),
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
                (pointwise, utc_offset),
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
                pointwise,
                utc_offset,
            },
        )
}

fn options() -> impl Strategy<Value = Options> {
    (
        any::<bool>(),
        number(2..5_000),
        number(600..200_000),
        prop_oneof![number(0..10_000), Just(Some(0))],
        number(1..20),
        any::<bool>(),
    )
        .prop_map(
            |(cached, max_points, interval, freshness, concurrency, partial)| Options {
                cached,
                max_points,
                interval,
                freshness,
                concurrency,
                partial,
            },
        )
}

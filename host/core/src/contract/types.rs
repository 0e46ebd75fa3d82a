//! The records of the contract, with what makes them pleasant to build and print from Rust.
//!
//! The types themselves come from `wit/` and are documented there. Nothing here knows wasmtime.

use std::{fmt, str::FromStr};

pub use super::bindings::exports::backendai::metric::codec::{HttpMethod, HttpRequest, HttpScheme};
pub use super::bindings::exports::backendai::metric::range_service::{
    Chunk, RangeOptions, RangePlan, Span,
};
pub use super::bindings::exports::backendai::metric::types::{
    Backend, CatalogueEntry, Category, Config, Dimension, FailedToGetMetric, InvalidArgument,
    InvalidTimeRange, LabelFilter, LabelSchema, LimitExceeded, MetadataResult, MetricMetadata,
    MetricQuery, MetricResult, MetricType, Over, Pointwise, RequestMethod, Series, Statistic,
    ValueType,
};

use super::insight::{Direction, Strategy};

impl Config {
    /// The configuration for a Prometheus at `address` (`host:port`, or
    /// `http(s)://host[:port][/prefix]`), everything else at its default.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            timewindow: None,
            label_schema: LabelSchema::Documented,
            sample_interval: None,
            max_range: None,
            max_points: None,
            max_result_bytes: None,
            timeout: None,
            method: RequestMethod::Auto,
            backend: Backend::Auto,
            partial: false,
            now: None,
        }
    }
}

impl MetricQuery {
    /// A query for every series of `metric_name` between two instants, which may be RFC 3339,
    /// naive ISO 8601 (read as UTC), a date alone, or Unix seconds.
    pub fn new(
        metric_name: impl Into<String>,
        start: impl Into<String>,
        end: impl Into<String>,
    ) -> Self {
        Self {
            metric_name: metric_name.into(),
            start: start.into(),
            end: end.into(),
            step: None,
            labels: LabelFilter::default(),
            group_by: Vec::new(),
            metric_type: None,
            pointwise: None,
            utc_offset: None,
        }
    }
}

impl Pointwise {
    /// The statistic of the group's values since the point before. A look back of another length is
    /// [`within`](Self::within).
    pub const fn over_time(statistic: Statistic) -> Self {
        Self::new(statistic, Over::Time)
    }

    /// The statistic of the members' values at the point's instant, where a member is what `dimension` tells apart
    /// within the group. Not for [`Statistic::Last`].
    pub const fn over_members(statistic: Statistic, dimension: Dimension) -> Self {
        Self::new(statistic, Over::Members(dimension))
    }

    /// The statistic of all values of all members since the point before. Not for [`Statistic::Last`].
    pub const fn over_both(statistic: Statistic, dimension: Dimension) -> Self {
        Self::new(statistic, Over::Both(dimension))
    }

    const fn new(statistic: Statistic, over: Over) -> Self {
        Self {
            statistic,
            over,
            window: None,
        }
    }

    /// The same, of points that look so many seconds back. More than the step: a moving statistic.
    #[must_use]
    pub const fn within(mut self, seconds: u32) -> Self {
        self.window = Some(seconds);
        self
    }
}

impl Statistic {
    /// The value below which so many percent of the values lie, such as 95 or 99.9: 0.95 or 0.999, to the last bit.
    pub fn percentile(percent: f64) -> Self {
        Self::Quantile(shifted(percent, -2))
    }
}

/// `avg`, `max`, `min`, `last`, or a percentile such as `p95`.
impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Avg => f.pad("avg"),
            Self::Max => f.pad("max"),
            Self::Min => f.pad("min"),
            Self::Last => f.pad("last"),
            Self::Quantile(part) => write!(f, "p{}", shifted(*part, 2)),
        }
    }
}

/// A number with its decimal point moved, as one would write it: 99.9 / 100 is not 0.999.
fn shifted(number: f64, digits: i32) -> f64 {
    format!("{number}e{digits}").parse().unwrap_or(f64::NAN)
}

impl Default for LabelFilter {
    /// Filters on nothing.
    fn default() -> Self {
        Self {
            value_type: None,
            agent_id: Vec::new(),
            kernel_id: Vec::new(),
            session_id: Vec::new(),
            user_id: Vec::new(),
            project_id: Vec::new(),
        }
    }
}

/// A text that names no value of an enumeration of the contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is none of {}", accepted.join(", "))]
pub struct UnknownName {
    /// The text.
    pub text: String,
    /// The names that there are.
    pub accepted: Vec<&'static str>,
}

/// Gives an enumeration of the contract its WIT names, a `Display` that prints them, and a `FromStr` that reads them.
macro_rules! wit_names {
    ($($type:ident { $($variant:ident => $name:literal),+ $(,)? })+) => {$(
        impl $type {
            /// Every value, in the contract's order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in the contract.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                let found = Self::ALL.iter().find(|value| value.as_str() == text);
                found.copied().ok_or_else(|| UnknownName {
                    text: text.to_owned(),
                    accepted: Self::ALL.iter().map(|value| value.as_str()).collect(),
                })
            }
        }
    )+};
}

wit_names! {
    MetricType { Gauge => "gauge", Rate => "rate", Diff => "diff" }
    ValueType { Usage => "usage", Capacity => "capacity", Current => "current", Pct => "pct" }
    LabelSchema { Documented => "documented", Agent => "agent" }
    Dimension {
        AgentId => "agent-id", KernelId => "kernel-id", SessionId => "session-id",
        UserId => "user-id", ProjectId => "project-id", MetricName => "metric-name",
        ValueType => "value-type",
    }
    Category {
        Cpu => "cpu", Memory => "memory", Network => "network", Disk => "disk",
        Accelerator => "accelerator",
    }
    RequestMethod { Auto => "auto", Post => "post", Get => "get" }
    Backend {
        Auto => "auto", Prometheus => "prometheus", Thanos => "thanos", Mimir => "mimir",
        Victoria => "victoria", VictoriaCluster => "victoria-cluster",
    }
    Direction { Both => "both", Above => "above", Below => "below" }
    Strategy { Seasonal => "seasonal", Robust => "robust", Adaptive => "adaptive" }
    HttpMethod { Get => "get", Post => "post" }
    HttpScheme { Http => "http", Https => "https" }
}

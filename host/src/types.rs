//! The records of the contract, with what makes them pleasant to build and print from Rust.
//!
//! The types themselves come from `wit/` and are documented there. Nothing here knows wasmtime.

use std::fmt;

pub use crate::bindings::exports::backendai::metric::codec::{HttpMethod, HttpRequest, HttpScheme};
pub use crate::bindings::exports::backendai::metric::types::{
    CatalogueEntry, Category, Config, Dimension, FailedToGetMetric, InvalidArgument,
    InvalidTimeRange, LabelFilter, LabelSchema, LimitExceeded, MetricMetadata, MetricQuery,
    MetricResult, MetricType, Series, ValueType,
};

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
        }
    }
}

impl Default for LabelFilter {
    /// Filters on nothing.
    fn default() -> Self {
        Self {
            value_type: None,
            agent_id: None,
            kernel_id: None,
            session_id: None,
            user_id: None,
            project_id: None,
        }
    }
}

/// Gives an enumeration of the contract its WIT names, and a `Display` that prints them.
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
    HttpMethod { Get => "get", Post => "post" }
    HttpScheme { Http => "http", Https => "https" }
}

//! Loads a Metric Service plugin, a WebAssembly component, into a sandbox, and asks it.
//!
//! The plugin builds PromQL, sends it to Prometheus through `wasi:http`, and decodes the answer. This
//! library tells it where Prometheus is and lets it touch nothing else. The contract between the two
//! is `wit/`, package `backendai:metric`.
//!
//! ```
//! use metric_host::{Config, Host, HostOptions, MetricQuery, ValueType};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // The plugin, `metric_service.wasm`, is built with `cargo xtask build`.
//!     let Ok(file) = std::env::var("METRIC_PLUGIN") else {
//!         return Ok(());
//!     };
//!     let host = Host::new(HostOptions::default())?; // one a process
//!     let plugin = host.load_file(file)?; // read, audited, compiled: once
//!     let service = plugin.service(Config::new("127.0.0.1:9090"))?; // one a Prometheus
//!
//!     let mut query = MetricQuery::new("mem", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z");
//!     query.labels.kernel_id = vec!["6f1c2a34-0a58-4c5e-9c8e-0d9a4c1f7b21".into()];
//!     query.labels.value_type = Some(ValueType::Usage);
//!
//!     // What would be asked. Nothing is sent.
//!     let promql = service.build_promql(&query).await?;
//!     assert!(promql.starts_with("sum by (kernel_id,value_type)(backendai_container_utilization{"));
//!
//!     // Ask, and print the last value of each series.
//!     match service.query_metric(&query).await {
//!         Ok(result) => {
//!             for series in &result.series {
//!                 println!("{:?} {:?}", series.labels, series.values.last());
//!             }
//!         }
//!         Err(error) => eprintln!("{error}"), // no Prometheus there, for example
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # The folders, in the order in which they know each other
//!
//! | folder     | role |
//! |------------|------|
//! | `timers`   | deadlines of calls, and the epochs that make a computing plugin give way |
//! | `contract` | `wit/` in Rust: records, errors, names |
//! | `config`   | what the operator sets: address, limits, networks, credentials, cache |
//! | `observe`  | a span in the log for each call, and the host's own metrics ([`Host::metrics`]) |
//! | `egress`   | the only way out: policy, budgets, [`Scope`], cache, and the HTTP client with the [`Credentials`] |
//! | `load`     | from a file to what the engine runs: read, inspected, weighed, compiled |
//! | `sandbox`  | an instance for a call, made ahead or by it, in a store of its own with its limits; what it finds there of WASI |
//! | `service`  | the verbs, and whether the plugin's answers keep to the contract |
//! | `host.rs`  | one engine for all plugins of a process |
//! | [`doctor`] | looks at a Prometheus without a plugin, and says what to set |
//!
//! A query goes [`MetricService`] → `sandbox` → the plugin → `sandbox/wasi` → `egress` → Prometheus, and back the same
//! way; `service` checks what comes. A folder imports none that stands below it here.

pub mod doctor;
#[doc(hidden)]
pub mod internal;

mod config;
mod contract;
mod egress;
mod host;
mod load;
mod observe;
mod sandbox;
mod service;
mod timers;

#[cfg(test)]
mod testing;

pub use config::{
    ServiceOptions,
    cache::CacheOptions,
    credentials::Credentials,
    derived::{DeclaredSide, DerivedMetric, FamilySide, MetricSide},
    error::ConfigError,
    families::{Families, FamiliesError},
    limits::Limits,
    network::Network,
    secret::SecretSource,
};
pub use contract::{
    decisions,
    deny_reason::DenyReason,
    documents,
    error::{BoxError, CallError, ServiceError},
    families,
    insight::{
        Anomaly, Detection, Direction, Ranked, Ranking, Score, Strategy, Summary, SummaryAnswer,
        Tolerance, ValueAnswer, ValueFilter, ValueSource, WatchAnswer, Watched,
    },
    range::{MissingChunk, Page, Piece, RangeAnswer},
    types::{
        Backend, CatalogueEntry, Category, Chunk, Config, Dimension, FailedToGetMetric, HttpMethod,
        HttpRequest, HttpScheme, InvalidArgument, InvalidTimeRange, LabelFilter, LabelSchema,
        LimitExceeded, MetadataResult, MetricMetadata, MetricQuery, MetricResult, MetricType, Over,
        Pointwise, RangeOptions, RangePlan, RequestMethod, Series, Span, Statistic, UnknownName,
        ValueType,
    },
};
pub use egress::{cache::CacheStatistics, denial::DenialCounts};
pub use host::{Host, HostError, HostOptions};
pub use load::{
    compile_cache::CompileCache,
    digest::{DigestError, PluginDigest},
    error::LoadError,
    inspect::PluginDescription,
    metadata::PluginMetadata,
    plugin_file::read_plugin,
};
pub use metric_scope::{Scope, ScopeError, ScopeRefusal};
pub use observe::{HostMetrics, RequestId, RequestIdError};
pub use service::{
    MetricService, codec::Codec, json::JsonAnswer, plugin::Plugin, stream::RangeStream,
};

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
//! # The way of a query
//!
//! 1. [`MetricService`] (`service.rs`) takes the call, waits for a place among the
//!    [concurrent calls](Limits::concurrent_calls) (`places.rs`), and starts the clock.
//! 2. `sandbox.rs` makes a fresh instance (`running.rs`) of the [`Plugin`] (`plugin.rs`) in a store of its own
//!    (`store.rs`), with its limits. Nothing is left of it after the call.
//! 3. The plugin runs. `ticker.rs` makes it give way every few milliseconds, so that the call's deadline, one of
//!    `alarms.rs`, can end it. Its own clock is `clock.rs`.
//! 4. Its requests come out at `outgoing_handler.rs` and `outgoing.rs`, are driven by the call itself
//!    (`pending_response.rs`, `under_way.rs`), counted with what they bring
//!    (`allowance.rs`), judged by `egress.rs` (only the configured Prometheus, only the paths that the service needs;
//!    `refusals.rs` counts the others, `denials.rs` logs them), kept waiting while too many are in flight (`request_slots.rs`), narrowed to the
//!    call's [`Scope`] (`metric-scope`, a crate of its own), answered by `cache/` where Prometheus has answered the same
//!    before, and leave through the client of `http_client/`, which judges by `network.rs` where a name leads to, and
//!    adds the [`Credentials`] (`credentials/`, `tls.rs`). Failures get their names in `http_error.rs`, and cross back by
//!    `error_code.rs`.
//! 5. The result is checked against the contract (`answer.rs`) and handed to the caller; failures are in `error.rs`.
//!
//! Each call has a span in the log and counts in the host's own metrics ([`Host::metrics`], `observation/`).
//!
//! Long ranges and batches (`range.rs`) go the same way. Pages are held together by their `cursor.rs`. A stream
//! (`stream.rs`) keeps its instance, its store and its place until it is dropped, and is held to the points of its plan
//! (`grid.rs`, `progress.rs`). Requests that an embedder sends itself are judged in `handed_out.rs`.
//!
//! Before all that, [`Host::load_file`] reads the plugin (`plugin_file.rs`), and [`Host::load`] audits the plugin's imports and exports (`audit.rs`), looks what compiling it would
//! cost (`complexity.rs`, `effort.rs`), and compiles it in bounded time (`compiling.rs`), unless it finds it compiled (`compile_cache.rs`), for the engine of
//! `engine.rs`; `scarcity.rs` tells what the machine lacks from what is wrong with the plugin.
//! `functions.rs` finds the contract's functions in it. `codec.rs` is a component without I/O, which a plugin contains.
//! `types.rs` holds the records of the contract, `address.rs` reads the address. [`doctor`] looks at a Prometheus without
//! a plugin, and says what to set.

pub mod conformance;
pub mod doctor;

mod address;
mod alarms;
mod allowance;
mod answer;
mod audit;
mod bindings;
mod cache;
mod clock;
mod codec;
mod compile_cache;
mod compiling;
mod complexity;
mod credentials;
mod cursor;
mod denials;
mod effort;
mod egress;
mod engine;
mod error;
mod error_code;
mod functions;
mod grid;
mod handed_out;
mod host;
mod http_client;
mod http_error;
mod limits;
mod network;
mod observation;
mod options;
mod outgoing;
mod outgoing_handler;
mod pending_response;
mod places;
mod plugin;
mod plugin_file;
mod progress;
mod range;
mod refusals;
mod request_slots;
mod response_body;
mod running;
mod sandbox;
mod scarcity;
mod service;
mod shared;
mod store;
mod stream;
mod ticker;
mod tls;
mod types;
mod under_way;

#[cfg(test)]
mod freshness_tests;
#[cfg(test)]
mod test_body;
#[cfg(test)]
mod test_components;
#[cfg(test)]
mod test_log;

pub use audit::{PluginDescription, describe};
pub use cache::{CacheOptions, CacheStatistics};
pub use codec::Codec;
pub use compile_cache::CompileCache;
pub use credentials::{Credentials, SecretSource};
pub use error::{CallError, ConfigError, HostError, LoadError, ServiceError, Source};
pub use host::{Host, HostOptions};
pub use limits::Limits;
pub use metric_scope::{Scope, ScopeError, ScopeRefusal};
pub use network::Network;
pub use observation::{HostMetrics, RequestId, RequestIdError};
pub use options::ServiceOptions;
pub use plugin::Plugin;
pub use plugin_file::read_plugin;
pub use range::{Chunk, MissingChunk, Page, Piece, RangeAnswer, RangeOptions, RangePlan, Span};
pub use refusals::{Refusal, Refusals};
pub use service::MetricService;
pub use stream::RangeStream;
pub use types::{
    Backend, CatalogueEntry, Category, Config, Dimension, FailedToGetMetric, HttpMethod,
    HttpRequest, HttpScheme, InvalidArgument, InvalidTimeRange, LabelFilter, LabelSchema,
    LimitExceeded, MetadataResult, MetricMetadata, MetricQuery, MetricResult, MetricType, Over,
    Pointwise, RequestMethod, Series, Statistic, ValueType,
};

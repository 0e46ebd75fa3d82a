//! The verbs of the contract without I/O: from a configuration and a query the request to send, from its
//! answer the result. Pure, so that hosts without `wasi:http`, tests and fuzzers have all of the service.
//! It knows neither WIT nor how a request is sent; [`json`] gives the verbs a door of JSON texts.

mod batch;
mod cache_hint;
mod call;
mod complete;
mod config;
pub mod decisions;
mod failure;
pub mod family;
pub mod insight;
pub mod json;
mod query_metadata;
mod query_metric;
mod query_range;
mod query_values;
mod receiver;
mod retry;
mod stream;

pub use batch::{Batch, BatchReceiver, RequestId};
pub use cache_hint::{CACHE_HINT_HEADER, CacheHint};
pub use call::{Call, CallReceiver, read_whole};
pub use config::{Config, ConfigInput};
pub use failure::Failure;
pub use query_metadata::{Metadata, MetadataResult, QueryMetadata};
pub use query_metric::{MetricResult, QueryMetric};
pub use query_range::{Missing, QueryRange, RangeFailure, RangeResult, Span};
pub use query_values::{QueryValues, ValuesResult};
pub use receiver::Receiver;
pub use retry::{Attempts, RetryAfter, redirected};
pub use stream::{Piece, PieceStream};

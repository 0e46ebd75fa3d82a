//! The verbs of the contract without I/O: from a configuration and a query the request to send, from its
//! answer the result. Pure, so that hosts without `wasi:http`, tests and fuzzers have all of the service.
//! It knows neither WIT nor how a request is sent; [`json`] gives the verbs a door of JSON texts.

mod batch;
mod call;
mod complete;
mod failure;
pub mod insight;
mod joined;
pub mod json;
mod keep;
mod pieces;
mod query_metadata;
mod query_metric;
mod query_range;
mod query_values;
mod retry;

pub use batch::Batch;
pub use call::{Call, Config, Configured, read_whole};
pub use failure::Failure;
pub use keep::{KEEP_HEADER, Keep};
pub use pieces::{Piece, Pieces};
pub use query_metadata::{Metadata, MetadataResult, QueryMetadata};
pub use query_metric::{MetricResult, QueryMetric};
pub use query_range::{Missing, QueryRange, RangeFailure, RangeResult, Span};
pub use query_values::{QueryValues, ValuesResult};
pub use retry::{Attempts, RetryAfter, redirected};

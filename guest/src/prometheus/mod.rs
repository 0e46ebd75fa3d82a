//! The Prometheus HTTP protocol, without the HTTP: a plan becomes a request, and the bytes of an answer
//! become series or an error. It knows no sockets and no WIT.
//!
//! Protocol: <https://prometheus.io/docs/prometheus/latest/querying/api/>.

mod address;
mod budget;
mod cursor;
mod decimal;
mod decode;
mod endpoint;
mod error;
mod fast_path;
mod json_context;
mod labels;
mod names;
mod number;
mod protocol;
mod refusal;
mod remarks;
mod request;
mod response;
mod response_decoder;
mod skip;
mod swar;

pub use address::{Address, AddressError, Scheme};
pub use budget::Budget;
pub use decode::{Data, Decoded, Decoder, Series};
pub use endpoint::{Backend, Endpoint, RequestMethod};
pub use error::{AnswerError, DecodeError};
pub use names::NamesDecoder;
pub use request::{
    HttpRequest, Method, instant_request, metric_names_request, range_request, values_request,
};
pub use response_decoder::{RangeDecoder, ResponseDecoder};

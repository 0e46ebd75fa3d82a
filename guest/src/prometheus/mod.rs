//! The Prometheus HTTP protocol, without the HTTP: a plan becomes a request, and the bytes of an answer
//! become series or an error. It knows no sockets and no WIT.
//!
//! Protocol: <https://prometheus.io/docs/prometheus/latest/querying/api/>.

mod address;
mod answer;
mod budget;
mod cursor;
mod decode;
mod endpoint;
mod error;
mod names;
mod nearest;
mod number;
mod place;
mod protocol;
mod refusal;
mod remarks;
mod request;
mod response;
mod run;
mod skip;
mod swar;

pub use address::{Address, AddressError, Scheme};
pub use answer::{Answer, RangeAnswer};
pub use budget::Budget;
pub use decode::{Data, Decoded, Decoder, Series};
pub use endpoint::{Backend, Endpoint, RequestMethod};
pub use error::{AnswerError, DecodeError};
pub use names::NamesAnswer;
pub use request::{HttpRequest, Method, metric_names_request, range_request, values_request};

//! The verbs with JSON texts in and out, for hosts in dynamically typed languages, to which a list of numbers
//! is costly and a string is not. The texts are described by `wit/schema/metric-service.schema.json`.
//!
//! [`Request`] is what comes in; [`answer`] writes what goes out.

mod document;
mod request;

pub use document::answer;
pub use request::{Detection, Request};

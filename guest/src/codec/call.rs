//! A verb that asks Prometheus once: its request, and how the answer becomes its result.

use super::cache_hint::CacheHint;
use super::config::Config;
use super::failure::Failure;
use crate::prometheus::{Decoded, HttpRequest, ResponseDecoder};

/// A request, and how its answer becomes the result of a verb.
pub trait Call {
    /// The decoder of the response.
    type Decoder: ResponseDecoder;
    /// The result of the verb.
    type Result;

    /// The checked configuration.
    fn config(&self) -> &Config;

    /// The request to send.
    fn request(&self) -> HttpRequest;

    /// How long the answer may be kept.
    fn cache_hint(&self) -> CacheHint;

    /// The decoder of the response with this status.
    fn decoder(&self, status: u16) -> Self::Decoder;

    /// Turns a decoded answer into the result.
    ///
    /// # Errors
    /// A partial answer that is not accepted.
    fn result(
        &self,
        output: <Self::Decoder as ResponseDecoder>::Output,
    ) -> Result<Self::Result, Failure>;
}

/// Nothing, where an answer is whole or may be partial.
///
/// # Errors
/// [`Failure::PartialAnswer`].
pub(super) fn check_partial(decoded: &Decoded, accepted: bool) -> Result<(), Failure> {
    if accepted || !decoded.partial {
        return Ok(());
    }
    let said = match decoded.warnings.is_empty() {
        true => "it marks its answer as partial".to_owned(),
        false => decoded.warnings.join("; "),
    };
    Err(Failure::PartialAnswer(format!(
        "the server did not see all data: {said}; `partial` in the configuration accepts such answers"
    )))
}

/// The result of a call whose response is there as a whole.
///
/// # Errors
/// Prometheus's refusal, or what is wrong with the body.
pub fn read_whole<C: Call>(call: &C, status: u16, body: &str) -> Result<C::Result, Failure> {
    call.result(call.decoder(status).read(body.as_bytes())?)
}

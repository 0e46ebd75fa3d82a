//! A verb that asks Prometheus once: its request, and how the answer becomes its result.

use super::cache_hint::CacheHint;
use super::config::Config;
use super::failure::Failure;
use super::receiver::Receiver;
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

    /// The hint how long the answer may be kept.
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

/// Checks that an answer is whole, or may be partial.
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

/// Receives the answer to a call.
pub struct CallReceiver<'a, C: Call> {
    call: &'a C,
    decoder: Option<C::Decoder>,
    output: Option<<C::Decoder as ResponseDecoder>::Output>,
}

impl<'a, C: Call> CallReceiver<'a, C> {
    /// The receiver before an answer came.
    pub fn new(call: &'a C) -> Self {
        Self {
            call,
            decoder: None,
            output: None,
        }
    }

    /// The result of the call.
    ///
    /// # Errors
    /// An answer that has not been finished; a partial one that is not accepted.
    pub fn result(self) -> Result<C::Result, Failure> {
        self.call
            .result(self.output.ok_or_else(Failure::no_answer)?)
    }
}

impl<C: Call> Receiver for CallReceiver<'_, C> {
    fn begin(&mut self, status: u16) {
        self.decoder = Some(self.call.decoder(status));
    }

    fn feed(&mut self, piece: &[u8]) -> Result<(), Failure> {
        let decoder = self.decoder.as_mut().ok_or_else(Failure::no_answer)?;
        Ok(decoder.feed(piece)?)
    }

    fn finish(&mut self) -> Result<(), Failure> {
        let decoder = self.decoder.take().ok_or_else(Failure::no_answer)?;
        self.output = Some(decoder.finish()?);
        Ok(())
    }
}

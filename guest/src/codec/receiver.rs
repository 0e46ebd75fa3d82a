//! The receiver of a transferred answer: the side of an exchange that knows what the bytes mean.

use super::failure::Failure;

/// Takes the answer to one request as it arrives.
pub trait Receiver {
    /// Begins with the head of an answer. An earlier attempt's answer is void.
    fn begin(&mut self, status: u16);

    /// Takes the next piece of the body.
    ///
    /// # Errors
    /// As soon as it is clear that the body is no answer, or that the result becomes too large.
    fn feed(&mut self, piece: &[u8]) -> Result<(), Failure>;

    /// Ends the body.
    ///
    /// # Errors
    /// Prometheus's refusal, what is wrong with the body, which another attempt may mend, or a partial answer that is
    /// not accepted.
    fn finish(&mut self) -> Result<(), Failure>;

    /// Returns true if it takes no more for now. The body is not read on meanwhile.
    fn is_full(&self) -> bool {
        false
    }

    /// Returns true if it can begin again, after an answer that broke off.
    fn can_begin_again(&self) -> bool {
        true
    }
}

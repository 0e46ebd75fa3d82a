//! The answer to a range query, whatever its status: fed as it arrives, it ends as series or as an error.

use super::budget::Budget;
use super::decode::{Data, Decoded, Series};
use super::error::{AnswerError, DecodeError};
use super::response::Response;

/// An answer that is coming in: fed as its bytes arrive, then finished.
pub trait Answer: Sized {
    /// What it ends as.
    type Output;

    /// Takes the next piece of the body, of any size.
    ///
    /// # Errors
    /// As soon as it is clear that the body is no answer, or costs too much. Feed no more then.
    fn feed(&mut self, piece: &[u8]) -> Result<(), AnswerError>;

    /// The body is over.
    ///
    /// # Errors
    /// See [`AnswerError`].
    fn finish(self) -> Result<Self::Output, AnswerError>;

    /// Takes a body that is there as a whole.
    ///
    /// # Errors
    /// See [`AnswerError`].
    fn read(mut self, body: &[u8]) -> Result<Self::Output, AnswerError> {
        self.feed(body)?;
        self.finish()
    }
}

/// The answer to a range query, whatever its status.
#[derive(Debug)]
pub struct RangeAnswer(Response);

impl RangeAnswer {
    /// The answer with this HTTP status.
    pub fn new(status: u16, budget: Budget) -> Self {
        Self(Response::new(status, budget))
    }

    /// The same, where a series has at most so many samples: its columns need not grow as they come in.
    #[must_use]
    pub fn expecting(mut self, samples: u64) -> Self {
        self.0.expect(usize::try_from(samples).unwrap_or(0));
        self
    }

    /// Takes out what there is of the series; one that is still coming in goes on later under the same labels.
    /// What it cost is given back.
    pub fn take(&mut self) -> Vec<Series> {
        self.0.take()
    }

    /// What it has cost so far, of the budget: 16 bytes a sample, 64 a series, and the labels.
    pub fn spent(&self) -> u64 {
        self.0.spent()
    }
}

impl Answer for RangeAnswer {
    type Output = Decoded;

    fn feed(&mut self, piece: &[u8]) -> Result<(), AnswerError> {
        self.0.feed(piece)
    }

    fn finish(self) -> Result<Decoded, AnswerError> {
        let decoded = self.0.finish()?;
        match decoded.data {
            Data::Result | Data::Null => Ok(decoded),
            Data::Nothing | Data::Object | Data::Names => {
                Err(DecodeError::Missing("`data.result`").into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_another_question_is_refused() {
        let read = |body: &str| RangeAnswer::new(200, Budget::bytes(1000)).read(body.as_bytes());
        for body in [
            r#"{"status":"success"}"#,
            r#"{"status":"success","data":{}}"#,
            r#"{"status":"success","data":["mem"]}"#,
        ] {
            let missing = DecodeError::Missing("`data.result`");
            assert_eq!(read(body), Err(missing.into()), "{body}");
        }
        assert!(read(r#"{"status":"success","data":null}"#).is_ok());
    }
}

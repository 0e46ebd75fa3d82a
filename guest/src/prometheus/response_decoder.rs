//! The decoder of one response to a range query, whatever its status: fed as the body arrives, it ends as series or as
//! an error.

use super::budget::Budget;
use super::decode::{Data, Decoded, Series};
use super::error::{AnswerError, DecodeError};
use super::response::Response;
use crate::domain::Grid;

/// An incremental decoder of one response: fed as the body arrives, then finished.
pub trait ResponseDecoder: Sized {
    /// The decoded answer.
    type Output;

    /// Takes the next piece of the body, of any size.
    ///
    /// # Errors
    /// As soon as it is clear that the body is no answer, or costs too much. Feed no more then.
    fn feed(&mut self, piece: &[u8]) -> Result<(), AnswerError>;

    /// Ends the body.
    ///
    /// # Errors
    /// See [`AnswerError`].
    fn finish(self) -> Result<Self::Output, AnswerError>;

    /// Decodes a body that is there as a whole.
    ///
    /// # Errors
    /// See [`AnswerError`].
    fn read(mut self, body: &[u8]) -> Result<Self::Output, AnswerError> {
        self.feed(body)?;
        self.finish()
    }
}

/// The decoder of a response to a range query.
#[derive(Debug)]
pub struct RangeDecoder(Response);

impl RangeDecoder {
    /// A decoder of the response with this HTTP status.
    pub fn new(status: u16, budget: Budget) -> Self {
        Self(Response::new(status, budget))
    }

    /// The same, where a series has at most so many samples: its columns need not grow as they come in.
    #[must_use]
    pub fn reserving(mut self, samples: u64) -> Self {
        self.0.reserve(usize::try_from(samples).unwrap_or(0));
        self
    }

    /// The same, held to what was asked: points on this grid in the order of time, each series once.
    #[must_use]
    pub fn held_to(mut self, grid: &Grid) -> Self {
        self.0.hold_to(grid);
        self
    }

    /// The same, where of each series only these labels are wanted.
    #[must_use]
    pub fn keeping_labels(mut self, names: &[&'static str]) -> Self {
        self.0.keep_labels(names);
        self
    }

    /// Takes out the series decoded so far; one that is still coming in goes on later under the same labels.
    /// Their cost is given back to the budget.
    ///
    /// # Errors
    /// Samples that break the protocol.
    pub fn take(&mut self) -> Result<Vec<Series>, AnswerError> {
        self.0.take()
    }

    /// The cost of the answer so far, of the budget: 16 bytes a sample, 64 a series, and the labels.
    pub fn spent(&self) -> u64 {
        self.0.spent()
    }
}

impl ResponseDecoder for RangeDecoder {
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
    fn an_answer_that_breaks_the_protocol_is_refused() {
        let grid = Grid::new(60, 180, 60).unwrap();
        let read = |series: &str| {
            let body = format!(r#"{{"status":"success","data":{{"result":[{series}]}}}}"#);
            RangeDecoder::new(200, Budget::bytes(100_000))
                .held_to(&grid)
                .read(body.as_bytes())
        };
        let series = |values: &str| format!(r#"{{"metric":{{"a":"b"}},"values":[{values}]}}"#);
        assert!(read(&series(r#"[60,"1"],[180,"1"]"#)).is_ok());
        for (values, error) in [
            (r#"[120,"1"],[60,"1"]"#, DecodeError::NotAscending(60_000)),
            (r#"[60,"1"],[60,"1"]"#, DecodeError::NotAscending(60_000)),
            (r#"[0,"1"],[60,"1"]"#, DecodeError::NotAsked(0)),
            (r#"[60,"1"],[240,"1"]"#, DecodeError::NotAsked(240_000)),
            (r#"[90,"1"]"#, DecodeError::NotAsked(90_000)),
        ] {
            assert_eq!(read(&series(values)), Err(error.into()), "{values}");
        }
        let one = series(r#"[60,"1"]"#);
        assert_eq!(
            read(&format!("{one},{one}")),
            Err(DecodeError::Twice.into())
        );
    }

    #[test]
    fn an_answer_to_another_question_is_refused() {
        let read = |body: &str| RangeDecoder::new(200, Budget::bytes(1000)).read(body.as_bytes());
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

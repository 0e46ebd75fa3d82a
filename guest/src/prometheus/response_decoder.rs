//! The answer to a range query, whatever its status: fed as it arrives, it ends as series or as an error.

use super::budget::Budget;
use super::decode::{Data, Decoded, Series};
use super::error::{AnswerError, DecodeError};
use super::response::Response;
use crate::domain::Grid;

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

    /// The same, held to what was asked: points on this grid in the order of time, each series once.
    #[must_use]
    pub fn asking(mut self, grid: &Grid) -> Self {
        self.0.asking(grid);
        self
    }

    /// Takes out what there is of the series; one that is still coming in goes on later under the same labels.
    /// What it cost is given back.
    ///
    /// # Errors
    /// Samples that break the protocol.
    pub fn take(&mut self) -> Result<Vec<Series>, AnswerError> {
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
    fn an_answer_that_breaks_the_protocol_is_refused() {
        let grid = Grid::new(60, 180, 60).unwrap();
        let read = |series: &str| {
            let body = format!(r#"{{"status":"success","data":{{"result":[{series}]}}}}"#);
            RangeAnswer::new(200, Budget::bytes(100_000))
                .asking(&grid)
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

//! The decoder of a response with label values: the names of the metrics.

use super::budget::Budget;
use super::decode::{Data, Decoded};
use super::error::{AnswerError, DecodeError};
use super::response::Response;
use super::response_decoder::ResponseDecoder;

/// The decoder of a response with the names of the metrics, whatever its status.
#[derive(Debug)]
pub struct NamesDecoder(Response);

impl NamesDecoder {
    /// A decoder of the response with this HTTP status.
    pub fn new(status: u16, budget: Budget) -> Self {
        Self(Response::new(status, budget))
    }
}

impl ResponseDecoder for NamesDecoder {
    type Output = Decoded;

    fn feed(&mut self, piece: &[u8]) -> Result<(), AnswerError> {
        self.0.feed(piece)
    }

    /// The names, as Prometheus sorted them.
    fn finish(self) -> Result<Decoded, AnswerError> {
        let decoded = self.0.finish()?;
        match decoded.data {
            Data::Object | Data::Result => Err(DecodeError::Missing("list of names").into()),
            Data::Names | Data::Null | Data::Nothing => Ok(decoded),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<Vec<String>, AnswerError> {
        let answer = NamesDecoder::new(status, Budget::bytes(1000));
        Ok(answer.read(body.as_bytes())?.names)
    }

    #[test]
    fn names_are_given_as_they_come() {
        assert_eq!(
            read(
                200,
                r#"{"status":"success","data":["cpu_util","mem"],"warnings":["w"]}"#
            )
            .unwrap(),
            ["cpu_util", "mem"]
        );
        assert!(
            read(200, r#"{"status":"success","data":null}"#)
                .unwrap()
                .is_empty()
        );
        assert!(read(200, r#"{"status":"success"}"#).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_list_of_names_is_refused() {
        assert_eq!(read(200, " "), Err(DecodeError::Empty.into()));
        assert!(matches!(
            read(200, r#"{"status":"suc"#),
            Err(AnswerError::Malformed(DecodeError::Truncated { .. }))
        ));
        assert!(matches!(
            read(200, "<html>"),
            Err(AnswerError::Malformed(DecodeError::Unexpected {
                at: 0,
                ..
            }))
        ));
        assert!(matches!(
            read(200, r#"{"status":"success","data":[5]}"#),
            Err(AnswerError::Malformed(DecodeError::Unexpected { .. }))
        ));
        assert!(matches!(
            read(
                200,
                r#"{"status":"error","errorType":"execution","error":"x"}"#
            ),
            Err(AnswerError::Refused { status: 200, .. })
        ));
        assert!(matches!(
            read(200, r#"{"status":"success","data":{}}"#),
            Err(AnswerError::Malformed(DecodeError::Missing(_)))
        ));
        assert!(matches!(
            read(200, r#"{"status":"success","data":{"result":[]}}"#),
            Err(AnswerError::Malformed(DecodeError::Missing(_)))
        ));
        assert!(matches!(
            read(503, "down"),
            Err(AnswerError::Refused { status: 503, .. })
        ));
    }

    #[test]
    fn a_body_without_end_is_refused() {
        let body = format!(r#"{{"data":[{}"#, r#""name","#.repeat(100));
        assert_eq!(
            read(200, &body),
            Err(DecodeError::OverBudget { maximum: 1000 }.into())
        );
    }
}

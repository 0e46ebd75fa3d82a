//! The answer of a verb as a text. That of a range, the largest there is, is asked for in columns and written here; all
//! others are the plugin's own texts.

use std::io::{self, Write};

use metric_host::{CallError, LimitExceeded, MetricService, RangeAnswer, ServiceError};
use serde::Serialize;

use crate::{documents::RangeDocument, problem::Problem, range_request::RangeRequest};

/// The verb of a range.
const QUERY_RANGE: &str = "query-range";

/// An answer before it is a text.
pub(crate) enum Answer {
    Text(Vec<u8>),
    Range(Box<RangeAnswer>),
}

/// An answer, and until when it is whole.
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    /// The last instant of a range, Unix milliseconds; of several, the latest. None: it is no answer about ranges, or one
    /// that lacks something, or that the server had a warning about.
    pub(crate) whole_until: Option<i64>,
}

/// Calls the verb of that name.
pub(crate) async fn ask(
    service: &MetricService,
    verb: &'static str,
    request: &str,
) -> Result<Answered, Problem> {
    // What cannot be read here is for the plugin to refuse.
    if verb == QUERY_RANGE
        && let Ok(RangeRequest {
            query,
            options,
            config,
        }) = serde_json::from_str(request)
    {
        let service = service.with_request_config(&config.unwrap_or_default());
        let answer = service.query_range(&query, &options).await?;
        return Ok(Answered {
            whole_until: whole_until(&answer),
            answer: Answer::Range(Box::new(answer)),
        });
    }
    let answer = service.call_json(verb, request).await?;
    Ok(Answered {
        answer: Answer::Text(answer.text.into_bytes()),
        whole_until: answer.whole_until,
    })
}

/// None at all may be there the next time: the samples come late, or the scope is mended.
fn whole_until(range: &RangeAnswer) -> Option<i64> {
    let answer = &range.answer;
    let lacks = range.is_partial() || !answer.warnings.is_empty() || answer.series.is_empty();
    (!lacks).then_some(answer.end)
}

/// Bytes of a sample's text: a time of 13 digits, a number of 17, and what stands between.
const SAMPLE: usize = 34;

impl Answer {
    /// The bytes that its text will have, more or less.
    pub(crate) fn estimated_bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Range(range) => {
                let series = range.answer.series.iter();
                series.map(|series| series.values.len() * SAMPLE).sum()
            }
        }
    }

    /// The text, of at most so many bytes.
    ///
    /// # Errors
    /// `limit-exceeded`.
    pub(crate) fn into_text(self, most: usize) -> Result<Vec<u8>, Problem> {
        let text = match self {
            Self::Text(text) => text,
            Self::Range(range) => {
                let mut bounded = Bounded {
                    text: Vec::with_capacity(1 << 10),
                    most,
                };
                let document = Outcome {
                    result: RangeDocument(&range),
                };
                // Only a text that is full fails.
                match serde_json::to_writer(&mut bounded, &document) {
                    Ok(()) => bounded.text,
                    Err(_) => return Err(too_large(most, None)),
                }
            }
        };
        match text.len() <= most {
            true => Ok(text),
            false => Err(too_large(most, Some(text.len()))),
        }
    }
}

fn too_large(most: usize, bytes: Option<usize>) -> Problem {
    CallError::from(ServiceError::LimitExceeded(LimitExceeded {
        limit: "answer-bytes".to_owned(),
        maximum: Some(most as u64),
        requested: bytes.map(|bytes| bytes as u64),
        message: Some(
            "all parts of an answer are counted together; a shorter range, a larger step or fewer queries need less, and \
             /v1/stream has no such limit"
                .to_owned(),
        ),
    }))
    .into()
}

/// A text that grows no further than that.
struct Bounded {
    text: Vec<u8>,
    most: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Serialize)]
struct Outcome<T> {
    result: T,
}

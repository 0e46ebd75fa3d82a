//! An answer that is not 200: Prometheus's JSON, or plain text, or a proxy's HTML, or nothing.

use super::budget::Budget;
use super::decode::Decoder;
use super::error::AnswerError;

/// The most of a body that is looked at: Prometheus's messages are far shorter.
const KEPT: usize = 64 * 1024;
/// The most characters of a body that is not Prometheus's JSON that go into the message.
const SHOWN: usize = 300;

/// The head of a refusal's body, as it comes in.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    head: Vec<u8>,
}

impl Refusal {
    pub(super) fn new(status: u16) -> Self {
        Self {
            status,
            head: Vec::new(),
        }
    }

    pub(super) fn feed(&mut self, piece: &[u8]) {
        let room = KEPT.saturating_sub(self.head.len());
        self.head
            .extend_from_slice(piece.get(..room).unwrap_or(piece));
    }

    pub(super) fn finish(self) -> AnswerError {
        let mut decoder = Decoder::new(Budget::bytes(KEPT as u64));
        let decoded = decoder.feed(&self.head).and_then(|()| decoder.finish());
        match decoded.ok().and_then(|decoded| decoded.refusal) {
            Some((Some(error_type), message)) => refused(self.status, Some(error_type), message),
            _ => refused(self.status, None, self.text()),
        }
    }

    fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.head);
        let text = text.trim();
        match text.char_indices().nth(SHOWN) {
            _ if text.is_empty() => "the answer has no body".to_owned(),
            None => text.to_owned(),
            Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        }
    }
}

/// The status under which servers name their limits.
const UNPROCESSABLE: u16 = 422;
/// The words by which they name them: Mimir; Cortex; VictoriaMetrics, by the flag that would allow more; Thanos and older ones of these;
/// Prometheus.
const LIMITS: [&str; 5] = [
    "err-mimir-max-",
    "the query hit the max number of",
    "-search.max",
    "exceeds the limit",
    "would load too many samples",
];

/// The meaning of Prometheus's refusal. `timeout` is its own deadline, under whatever status it comes.
pub(super) fn refused(status: u16, error_type: Option<String>, message: String) -> AnswerError {
    match error_type.as_deref() {
        Some("timeout") => AnswerError::TimedOut(message),
        Some(_)
            if status == UNPROCESSABLE && LIMITS.iter().any(|words| message.contains(words)) =>
        {
            AnswerError::Limited(message)
        }
        _ => AnswerError::Refused {
            status,
            error_type,
            message,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> AnswerError {
        let mut refusal = Refusal::new(status);
        refusal.feed(body.as_bytes());
        refusal.finish()
    }

    #[test]
    fn json_gives_type_and_message() {
        assert_eq!(
            read(
                400,
                r#"{"status":"error","errorType":"bad_data","error":"no"}"#
            ),
            AnswerError::Refused {
                status: 400,
                error_type: Some("bad_data".into()),
                message: "no".into()
            }
        );
    }

    #[test]
    fn the_error_type_timeout_is_a_timeout() {
        assert_eq!(
            read(
                503,
                r#"{"status":"error","errorType":"timeout","error":"slow"}"#
            ),
            AnswerError::TimedOut("slow".into())
        );
    }

    #[test]
    fn a_limit_of_the_servers_is_one() {
        for message in [
            "the query exceeded the maximum number of chunks (limit: 2 chunks) (err-mimir-max-chunks-per-query)",
            "the query hit the max number of series limit (limit: 2 series)",
            "the number of matching timeseries exceeds 2; either narrow down the search or increase -search.max* command-line flag values at the storage",
            "too many points for the given start=0, end=1 and step=1: 11; the maximum number of points is 10 (see -search.maxPoints* command-line flags)",
        ] {
            let body =
                format!(r#"{{"status":"error","errorType":"execution","error":"{message}"}}"#);
            assert_eq!(read(422, &body), AnswerError::Limited(message.into()));
            assert!(matches!(read(400, &body), AnswerError::Refused { .. }));
        }
    }

    #[test]
    fn anything_else_is_shown_by_its_head() {
        for (body, shown) in [
            ("404 page not found\n", "404 page not found"),
            ("", "the answer has no body"),
            (r#"{"status":"err"#, r#"{"status":"err"#),
        ] {
            assert_eq!(
                read(502, body),
                AnswerError::Refused {
                    status: 502,
                    error_type: None,
                    message: shown.into()
                }
            );
        }
        let AnswerError::Refused { message, .. } = read(502, &"é".repeat(100_000)) else {
            panic!()
        };
        assert_eq!(message.chars().count(), SHOWN + 1);
    }
}

//! An answer of the scripted Prometheus as a case describes it: status, headers, body, and how it goes wrong.
//! Knows where chunks end and where a body breaks off, and nothing of sockets.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;

use crate::body::Body;
use crate::scripted_body::{Ending, ScriptedBody};

/// The answer to one request.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct Response {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Body,
    /// Chunks end one byte into the first occurrence of each of these texts.
    split_inside: Vec<String>,
    /// Chunks of so many bytes.
    chunk_size: Option<usize>,
    /// Milliseconds between two chunks.
    pause_ms: u64,
    /// True if the length is not told ahead, as always with several chunks.
    chunked: bool,
    /// The connection is closed after so many bytes of the body.
    cut_after: Option<usize>,
    /// Nothing more comes after so many bytes of the body, and the connection stays open.
    stall_after: Option<usize>,
    pub(crate) fault: Option<Fault>,
    /// Bytes to send in place of an HTTP answer; then the connection is closed.
    pub(crate) raw: Body,
}

impl Default for Response {
    fn default() -> Self {
        Self {
            status: 200,
            headers: BTreeMap::new(),
            body: Body::default(),
            split_inside: Vec::new(),
            chunk_size: None,
            pause_ms: 0,
            chunked: false,
            cut_after: None,
            stall_after: None,
            fault: None,
            raw: Body::default(),
        }
    }
}

/// No answer at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// Nothing listens on the port.
    Refuse,
    /// The request is read, and the connection closed.
    Close,
    /// The request is read, and then nothing happens.
    Stall,
}

impl Response {
    /// The response to a request that was not foreseen. The case has failed, whatever it is answered.
    pub(crate) fn unforeseen() -> Self {
        Self {
            status: 418,
            ..Self::default()
        }
    }

    /// Says what is wrong with the description, if anything is.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.body.check()?;
        self.raw.check()?;
        if self.fault.is_some() && !(self.body.is_absent() && self.raw.is_absent()) {
            return Err("an answer with a `fault` has no body".to_owned());
        }
        if !self.raw.is_absent() && !self.body.is_absent() {
            return Err("an answer has a `body` or is `raw`".to_owned());
        }
        if http::StatusCode::from_u16(self.status).is_err() {
            return Err(format!("{} is not a status", self.status));
        }
        let body = self.body.to_bytes();
        for (field, at) in [
            ("cut-after", self.cut_after),
            ("stall-after", self.stall_after),
        ] {
            if at.is_some_and(|at| at > body.len()) {
                return Err(format!("`{field}` lies behind the end of the body"));
            }
        }
        if self.chunk_size == Some(0) {
            return Err("`chunk-size` is at least 1".to_owned());
        }
        match self
            .split_inside
            .iter()
            .find(|text| split_inside(&body, text).is_none())
        {
            Some(text) => Err(format!(
                "`split-inside`: {text:?} is not in the body, or has one byte only"
            )),
            None => Ok(()),
        }
    }

    /// The body in the pieces in which it goes out, up to where it breaks off.
    fn chunks(&self) -> VecDeque<Bytes> {
        let body = Bytes::from(self.body.to_bytes());
        let sent = match self.cut_after.or(self.stall_after) {
            Some(end) => body.slice(..end.min(body.len())),
            None => body,
        };
        let mut ends: Vec<usize> = self
            .split_inside
            .iter()
            .filter_map(|text| split_inside(&sent, text))
            .collect();
        if let Some(size) = self.chunk_size {
            ends.extend((size..sent.len()).step_by(size));
        }
        ends.push(sent.len());
        ends.sort_unstable();
        ends.dedup();
        let mut start = 0;
        let mut chunks = VecDeque::new();
        for end in ends {
            if end > start {
                chunks.push_back(sent.slice(start..end));
            }
            start = end;
        }
        chunks
    }

    pub(crate) fn to_http(&self) -> Result<http::Response<ScriptedBody>, http::Error> {
        let chunks = self.chunks();
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        let one_piece = self.split_inside.is_empty() && self.chunk_size.is_none() && !self.chunked;
        if one_piece && !self.headers.contains_key("content-length") {
            // The whole length, also when less is sent: that is what "cut off" means.
            response = response.header("content-length", self.body.to_bytes().len());
        }
        let ending = match (self.cut_after, self.stall_after) {
            (Some(_), _) => Ending::CutOff,
            (None, Some(_)) => Ending::Silence,
            (None, None) => Ending::Whole,
        };
        response.body(ScriptedBody::new(
            chunks,
            Duration::from_millis(self.pause_ms),
            ending,
        ))
    }
}

/// One byte into the first occurrence of `text`.
fn split_inside(body: &[u8], text: &str) -> Option<usize> {
    let text = text.as_bytes();
    if text.len() < 2 {
        return None;
    }
    body.windows(text.len())
        .position(|window| window == text)
        .map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn descriptions_that_contradict_themselves_are_refused() {
        for value in [
            json!({ "fault": "close", "body": "x" }),
            json!({ "raw": "x", "body": "x" }),
            json!({ "body": "abc", "cut-after": 4 }),
            json!({ "body": "abc", "split-inside": ["x1"] }),
            json!({ "body": "abc", "split-inside": ["a"] }),
            json!({ "body": "abc", "chunk-size": 0 }),
            json!({ "status": 99 }),
            json!({ "body": { "hex": "zz" } }),
        ] {
            let response: Response = serde_json::from_value(value.clone()).unwrap();
            assert!(response.check().is_err(), "{value}");
        }
    }
}

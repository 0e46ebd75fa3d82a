//! HTTP as bytes: what no client library would send, and all that comes back.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// A response, its body put together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The last part of its problem's type; empty where there is none.
    pub(crate) fn problem(&self) -> String {
        let kind = serde_json::from_str::<Value>(&self.body).ok();
        let kind = kind.and_then(|problem| problem["type"].as_str().map(str::to_owned));
        kind.and_then(|kind| kind.rsplit(':').next().map(str::to_owned))
            .unwrap_or_default()
    }
}

/// A request: its line, its headers as they are written, its body.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    /// With a body by POST, without one by GET; for `localhost`.
    pub(crate) fn new(target: &str, body: Option<&Value>) -> Self {
        let request = Self {
            method: if body.is_some() { "POST" } else { "GET" }.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: body.map(Value::to_string).unwrap_or_default(),
        };
        let request = request.with("Host", "localhost");
        match body {
            Some(_) => request.with("Content-Type", "application/json"),
            None => request,
        }
    }

    pub(crate) fn by(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn with_all(self, headers: &[(String, String)]) -> Self {
        let with = |request: Self, (name, value): &(String, String)| request.with(name, value);
        headers.iter().fold(self, with)
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(header, _)| !header.eq_ignore_ascii_case(name));
        self
    }

    /// As it goes over the wire. The connection is to be closed after the answer.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let Self {
            method,
            target,
            headers,
            body,
        } = self;
        let mut head = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        head += "\r\n";
        head += body;
        head.into_bytes()
    }

    /// The answer. None where the connection ends without one.
    pub(crate) fn send(&self, address: &str) -> Option<Response> {
        send(address, &self.bytes())
    }
}

/// The answer to whatever bytes these are. None where the connection ends without one.
pub(crate) fn send(address: &str, bytes: &[u8]) -> Option<Response> {
    let mut stream = connect(address);
    // The server may have answered and closed before all of it was written.
    let _ = stream.write_all(bytes);
    read(&mut stream)
}

pub(crate) fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    stream
}

/// Reads until the connection ends.
pub(crate) fn read(stream: &mut TcpStream) -> Option<Response> {
    let mut all = Vec::new();
    // Closed with something of ours unread, the connection is reset; what had come is there.
    let _ = stream.read_to_end(&mut all);
    parse(&all)
}

fn parse(all: &[u8]) -> Option<Response> {
    let end = all.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&all[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let rest = &all[end + 4..];
    let body = if chunked {
        dechunked(rest)
    } else {
        rest.to_vec()
    };
    Some(Response {
        status,
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}

fn dechunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let chunk = &rest[end + 2..];
        if size == 0 || chunk.len() < size + 2 {
            break;
        }
        body.extend_from_slice(&chunk[..size]);
        rest = &chunk[size + 2..];
    }
    body
}

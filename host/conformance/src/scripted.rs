//! A Prometheus that says what the case tells it to say, on a loopback port of its own, and keeps what it was
//! sent. It can also refuse, hang up, fall silent, or cut its answer off. Knows HTTP, and nothing of metrics.

use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::response::{Fault, Response};
use crate::scripted_body::ScriptedBody;
use crate::sent::SentRequest;

/// The most that is read of a request whose answer is raw bytes.
const RAW_HEAD: usize = 64 * 1024;

/// The running server. It ends, with its connections, when this is dropped.
#[derive(Debug)]
pub(crate) struct ScriptedPrometheus {
    address: SocketAddr,
    sent: Arc<Mutex<Vec<SentRequest>>>,
    /// A socket that is bound and never listens: it keeps the port closed and ours.
    _closed: Option<TcpSocket>,
    _tasks: JoinSet<()>,
}

impl ScriptedPrometheus {
    /// Starts it. The `n`th request gets the `n`th answer; further ones get the last.
    pub(crate) async fn start(answers: Vec<Response>) -> io::Result<Self> {
        let sent = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        if answers
            .first()
            .is_some_and(|answer| answer.fault == Some(Fault::Refuse))
        {
            let socket = TcpSocket::new_v4()?;
            socket.bind(loopback)?;
            return Ok(Self {
                address: socket.local_addr()?,
                sent,
                _closed: Some(socket),
                _tasks: tasks,
            });
        }
        let listener = TcpListener::bind(loopback).await?;
        let address = listener.local_addr()?;
        let script = Arc::new(Script {
            answers,
            next: AtomicUsize::new(0),
            sent: Arc::clone(&sent),
        });
        tasks.spawn(accept(listener, script));
        Ok(Self {
            address,
            sent,
            _closed: None,
            _tasks: tasks,
        })
    }

    /// `127.0.0.1:port`.
    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    /// The requests that came, in order.
    pub(crate) fn sent(&self) -> Vec<SentRequest> {
        self.sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

struct Script {
    answers: Vec<Response>,
    next: AtomicUsize,
    sent: Arc<Mutex<Vec<SentRequest>>>,
}

impl Script {
    fn next_answer(&self) -> Response {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        self.answers
            .get(index)
            .or(self.answers.last())
            .cloned()
            .unwrap_or_else(Response::unforeseen)
    }

    fn record(&self, request: SentRequest) {
        self.sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request);
    }
}

async fn accept(listener: TcpListener, script: Arc<Script>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, Arc::clone(&script)));
        while connections.try_join_next().is_some() {}
    }
}

/// One connection carries one request, so that the script knows the answer before the request is read.
async fn serve(stream: TcpStream, script: Arc<Script>) {
    let _ = stream.set_nodelay(true);
    // A connection that is opened and not used takes no answer.
    if !matches!(stream.peek(&mut [0]).await, Ok(1..)) {
        return;
    }
    let answer = script.next_answer();
    if answer.raw.is_absent() {
        let service = service_fn(|request| respond(request, &answer, &script));
        let mut http = hyper::server::conn::http1::Builder::new();
        // An error here is one that the case asked for, or the client's.
        let _ = http
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), service)
            .await;
    } else {
        let _ = respond_raw(stream, &answer.raw.to_bytes(), &script).await;
    }
}

async fn respond(
    request: http::Request<Incoming>,
    answer: &Response,
    script: &Script,
) -> Result<http::Response<ScriptedBody>, Box<dyn std::error::Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    let body = body.collect().await?.to_bytes();
    script.record(SentRequest {
        method: head.method.as_str().to_ascii_lowercase(),
        scheme: None,
        authority: headers
            .iter()
            .find(|(name, _)| name == "host")
            .map(|(_, value)| value.clone()),
        path_with_query: head
            .uri
            .path_and_query()
            .map_or_else(String::new, ToString::to_string),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    match answer.fault {
        Some(Fault::Close | Fault::Refuse) => Err("the script closes the connection".into()),
        Some(Fault::Stall) => pending().await,
        None => Ok(answer.to_http()?),
    }
}

async fn respond_raw(mut stream: TcpStream, bytes: &[u8], script: &Script) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|window| window == b"\r\n\r\n") && head.len() < RAW_HEAD {
        if stream.read_buf(&mut head).await? == 0 {
            break;
        }
    }
    let line = String::from_utf8_lossy(&head)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    let mut words = line.split(' ');
    script.record(SentRequest {
        method: words.next().unwrap_or_default().to_ascii_lowercase(),
        path_with_query: words.next().unwrap_or_default().to_owned(),
        ..SentRequest::default()
    });
    stream.write_all(bytes).await?;
    stream.shutdown().await?;
    // Closing with unread bytes would reset the connection, and the answer might be lost with it.
    let drain = async {
        let mut rest = [0; 4096];
        while stream.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    };
    timeout(Duration::from_secs(1), drain)
        .await
        .unwrap_or(Ok(()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn response(value: serde_json::Value) -> Response {
        let response: Response = serde_json::from_value(value).unwrap();
        response.check().unwrap();
        response
    }

    /// Sends a request and reads all bytes that come, for at most `patience`.
    async fn ask(
        server: &ScriptedPrometheus,
        request: &str,
        patience: Duration,
    ) -> io::Result<String> {
        let mut stream = TcpStream::connect(server.authority()).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        let _ = timeout(patience, stream.read_to_end(&mut bytes)).await;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    const GET: &str = "GET /api?x=1 HTTP/1.1\r\nhost: test\r\n\r\n";
    const PATIENCE: Duration = Duration::from_secs(5);

    async fn answer_to_get(answer: serde_json::Value, patience: Duration) -> String {
        let server = ScriptedPrometheus::start(vec![response(answer)])
            .await
            .unwrap();
        ask(&server, GET, patience).await.unwrap()
    }

    #[tokio::test]
    async fn answers_are_given_in_order_and_the_last_again() {
        let answers =
            ["one", "two"].map(|body| response(json!({ "body": body, "headers": {"x-y": "z"} })));
        let server = ScriptedPrometheus::start(answers.to_vec()).await.unwrap();
        for body in ["one", "two", "two"] {
            let answer = ask(&server, GET, PATIENCE).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            assert!(
                answer.contains("x-y: z\r\n") && answer.contains("content-length: 3\r\n"),
                "{answer}"
            );
            assert!(answer.ends_with(body), "{answer}");
        }
        assert_eq!(server.sent().len(), 3);
    }

    #[tokio::test]
    async fn requests_are_kept_with_headers_and_body_also_when_chunked() {
        let server = ScriptedPrometheus::start(vec![response(json!({ "body": "ok" }))])
            .await
            .unwrap();
        let post = "POST /p HTTP/1.1\r\nhost: test\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                    transfer-encoding: chunked\r\n\r\n3\r\na=%\r\n3\r\n201\r\n0\r\n\r\n";
        ask(&server, post, PATIENCE).await.unwrap();
        let sent = server.sent()[0].to_value();
        assert_eq!(sent["method"], "post");
        assert_eq!(sent["path"], "/p");
        assert_eq!(sent["authority"], "test");
        assert_eq!(sent["form"], json!([["a", " 1"]]));
    }

    #[tokio::test]
    async fn chunks_end_where_the_case_says() {
        let answer = answer_to_get(
            json!({ "body": "ab12cdé", "split-inside": ["12", "é"] }),
            PATIENCE,
        )
        .await;
        assert!(answer.contains("transfer-encoding: chunked"), "{answer}");
        assert!(
            answer.contains("\r\n3\r\nab1\r\n4\r\n2cd\u{fffd}\r\n1\r\n\u{fffd}\r\n0\r\n"),
            "{answer}"
        );
        let answer = answer_to_get(json!({ "body": "abcde", "chunk-size": 2 }), PATIENCE).await;
        assert!(
            answer.contains("2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n0\r\n"),
            "{answer}"
        );
    }

    #[tokio::test]
    async fn a_cut_off_body_is_shorter_than_it_claims() {
        let answer = answer_to_get(json!({ "body": "abcdef", "cut-after": 4 }), PATIENCE).await;
        assert!(
            answer.contains("content-length: 6\r\n") && answer.ends_with("\r\n\r\nabcd"),
            "{answer}"
        );
        let answer = answer_to_get(
            json!({ "body": "abcdef", "cut-after": 4, "chunked": true }),
            PATIENCE,
        )
        .await;
        assert!(
            answer.contains("4\r\nabcd\r\n") && !answer.contains("\r\n0\r\n"),
            "{answer}"
        );
    }

    #[tokio::test]
    async fn a_stalled_answer_stays_open() {
        let patience = Duration::from_millis(300);
        let start = std::time::Instant::now();
        assert_eq!(
            answer_to_get(json!({ "fault": "stall" }), patience).await,
            ""
        );
        assert!(start.elapsed() >= patience);
        let answer = answer_to_get(json!({ "body": "abcdef", "stall-after": 4 }), patience).await;
        assert!(answer.ends_with("abcd"), "{answer}");
        assert!(start.elapsed() >= 2 * patience);
    }

    #[tokio::test]
    async fn a_closing_server_says_nothing_and_a_refusing_one_cannot_be_reached() {
        assert_eq!(
            answer_to_get(json!({ "fault": "close" }), PATIENCE).await,
            ""
        );
        let server = ScriptedPrometheus::start(vec![response(json!({ "fault": "refuse" }))])
            .await
            .unwrap();
        let error = ask(&server, GET, PATIENCE).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(server.sent().is_empty());
    }

    #[tokio::test]
    async fn raw_bytes_go_out_as_they_stand() {
        let server = ScriptedPrometheus::start(vec![response(json!({ "raw": "SSH-2.0\r\n" }))])
            .await
            .unwrap();
        assert_eq!(ask(&server, GET, PATIENCE).await.unwrap(), "SSH-2.0\r\n");
        assert_eq!(server.sent()[0].to_value()["path-with-query"], "/api?x=1");
    }

    #[tokio::test]
    async fn a_request_that_was_not_foreseen_is_kept_and_answered_with_a_teapot() {
        let server = ScriptedPrometheus::start(Vec::new()).await.unwrap();
        assert!(ask(&server, GET, PATIENCE).await.unwrap().contains("418"));
        assert_eq!(server.sent().len(), 1);
    }
}

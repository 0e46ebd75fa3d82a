//! The faults that a server or the network between can do to an answer, stage by stage. Which error it has to become
//! stands beside it; how that is checked does not.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The end that a call has to come to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    Answer,
    ConnectionFailed,
    TimedOut,
    MalformedResponse,
    LimitExceeded,
    /// Prometheus, or whoever answered, said no with this status.
    Refused(u16),
}

/// One thing that goes wrong.
pub(crate) struct Fault {
    pub(crate) stage: &'static str,
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) act: Act,
}

/// The act of the server on a connection.
pub(crate) enum Act {
    /// Nobody listens.
    Refuse,
    /// The connection is reset as soon as it is there.
    ResetAtOnce,
    /// Reads the request, then does this.
    Answer(Vec<Part>),
    /// Answers well once and keeps the connection; does this when the next request comes on it.
    OnSecondRequest(Vec<Part>),
}

/// A step of an answer. At the end of its steps the server closes the connection.
#[derive(Clone)]
pub(crate) enum Part {
    Bytes(Vec<u8>),
    /// The bytes, so many times.
    Repeat(Vec<u8>, usize),
    /// The two texts, so many times, each with its number in between, of which no two are the same.
    Number(&'static str, &'static str, usize),
    /// One byte, then a second's wait, and so on.
    Drip(Vec<u8>),
    Stall,
    Reset,
}

/// An answer with one series of two points.
pub(crate) const GOOD: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"kernel_id":"k"},"values":[[0,"1"],[60,"2"]]}]}}"#;

/// Lists all faults. A canary listens at `canary`; nobody may follow a redirect to it.
pub(crate) fn all(canary: &str) -> Vec<Fault> {
    let half = GOOD.get(..GOOD.len() / 2).unwrap_or_default();
    let one = r#"{"metric":{"kernel_id":"k"},"values":[[0,"1"]]}"#;
    let twice = format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{one},{one}]}}}}"#
    );
    let begun = format!(
        "{}{half}",
        head(200, &format!("content-length: {}\r\n", GOOD.len()))
    );
    let whole = |status, fields: &str, body: &[u8]| {
        let mut bytes = head(
            status,
            &format!("{fields}content-length: {}\r\n", body.len()),
        )
        .into_bytes();
        bytes.extend_from_slice(body);
        vec![Part::Bytes(bytes)]
    };
    let text = |text: &str| Part::Bytes(text.as_bytes().to_vec());
    let chunked = head(200, "transfer-encoding: chunked\r\n");
    let matrix = r#"{"status":"success","data":{"resultType":"matrix","result":["#;
    let fault = |stage, name, outcome, act| Fault {
        stage,
        name,
        outcome,
        act,
    };
    let answer = |stage, name, outcome, parts| fault(stage, name, outcome, Act::Answer(parts));
    use Outcome::{Answer, ConnectionFailed, LimitExceeded, MalformedResponse, Refused, TimedOut};
    vec![
        fault("connection", "refused", ConnectionFailed, Act::Refuse),
        fault(
            "connection",
            "reset at once",
            ConnectionFailed,
            Act::ResetAtOnce,
        ),
        answer(
            "request",
            "closed when it has come",
            ConnectionFailed,
            vec![],
        ),
        answer(
            "request",
            "reset when it has come",
            ConnectionFailed,
            vec![Part::Reset],
        ),
        answer("head", "never comes", TimedOut, vec![Part::Stall]),
        answer(
            "head",
            "drips, a byte a second",
            TimedOut,
            vec![Part::Drip(head(200, "").into_bytes())],
        ),
        answer(
            "head",
            "closed inside",
            ConnectionFailed,
            vec![text("HTTP/1.1 200 OK\r\ncontent-le")],
        ),
        answer(
            "head",
            "reset inside",
            ConnectionFailed,
            vec![text("HTTP/1.1 200 OK\r\ncontent-le"), Part::Reset],
        ),
        answer(
            "head",
            "garbage",
            MalformedResponse,
            vec![Part::Bytes(vec![0, 159, 146, 150, 13, 10, 13, 10])],
        ),
        answer(
            "head",
            "another protocol",
            MalformedResponse,
            vec![text("SSH-2.0-OpenSSH_9.6\r\n\r\n")],
        ),
        answer(
            "head",
            "fields without end",
            MalformedResponse,
            vec![
                text("HTTP/1.1 200 OK\r\n"),
                Part::Repeat(b"x-a: b\r\n".to_vec(), 10_000_000),
            ],
        ),
        answer(
            "head",
            "one field without end",
            MalformedResponse,
            vec![
                text("HTTP/1.1 200 OK\r\nx-a: "),
                Part::Repeat(vec![b'b'; 1 << 16], 10_000),
            ],
        ),
        answer(
            "head",
            "100 Continue without end",
            TimedOut,
            vec![
                Part::Repeat(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), 1_000),
                Part::Stall,
            ],
        ),
        answer(
            "head",
            "100 Continue in a flood",
            MalformedResponse,
            vec![Part::Repeat(
                b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000),
                100_000,
            )],
        ),
        answer(
            "head",
            "two lengths that differ",
            MalformedResponse,
            whole(200, "content-length: 5\r\n", GOOD.as_bytes()),
        ),
        answer(
            "head",
            "a length that is none",
            MalformedResponse,
            vec![text(&head(200, "content-length: -1\r\n")), text(GOOD)],
        ),
        answer(
            "head",
            "a length that no answer has",
            MalformedResponse,
            vec![
                text(&head(200, "content-length: 18446744073709551615\r\n")),
                text(GOOD),
            ],
        ),
        answer(
            "status",
            "302 to another server",
            Refused(302),
            whole(302, &format!("location: http://{canary}/\r\n"), b""),
        ),
        answer(
            "status",
            "307 to another server",
            Refused(307),
            whole(307, &format!("location: http://{canary}/\r\n"), b""),
        ),
        answer(
            "status",
            "500 with Prometheus's JSON",
            Refused(500),
            whole(
                500,
                "",
                br#"{"status":"error","errorType":"internal","error":"disk"}"#,
            ),
        ),
        answer(
            "status",
            "503 with HTML",
            Refused(503),
            whole(503, "content-type: text/html\r\n", b"<html>busy</html>"),
        ),
        answer(
            "status",
            "429 until a date",
            Refused(429),
            whole(429, "retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n", b""),
        ),
        answer(
            "status",
            "429 for longer than the call may take",
            Refused(429),
            whole(429, "retry-after: 3600\r\n", b""),
        ),
        answer(
            "status",
            "200 with HTML",
            MalformedResponse,
            whole(200, "content-type: text/html\r\n", b"<html>welcome</html>"),
        ),
        answer(
            "status",
            "200 and nothing",
            MalformedResponse,
            whole(200, "", b""),
        ),
        answer("body", "stalls", TimedOut, vec![text(&begun), Part::Stall]),
        answer(
            "body",
            "drips, a byte a second",
            TimedOut,
            vec![
                text(&head(200, &format!("content-length: {}\r\n", GOOD.len()))),
                Part::Drip(GOOD.as_bytes().to_vec()),
            ],
        ),
        answer(
            "body",
            "closed half-way",
            MalformedResponse,
            vec![text(&begun)],
        ),
        answer(
            "body",
            "reset half-way",
            MalformedResponse,
            vec![text(&begun), Part::Reset],
        ),
        answer(
            "body",
            "longer than announced",
            MalformedResponse,
            vec![text(&head(200, "content-length: 40\r\n")), text(GOOD)],
        ),
        answer(
            "body",
            "invalid UTF-8",
            MalformedResponse,
            whole(
                200,
                "",
                &[
                    matrix.as_bytes(),
                    br#"{"metric":{"a":""#,
                    &[0xff, 0xfe],
                    br#""},"values":[]}]}}"#,
                ]
                .concat(),
            ),
        ),
        answer(
            "body",
            "a chunk of no size",
            MalformedResponse,
            vec![text(&chunked), text("zz\r\nabc\r\n")],
        ),
        answer(
            "body",
            "a chunk of too large a size",
            MalformedResponse,
            vec![text(&chunked), text("ffffffffffffffffff\r\nabc\r\n")],
        ),
        answer(
            "body",
            "chunks that end early",
            MalformedResponse,
            vec![text(&chunked), text("ff\r\nabc")],
        ),
        answer(
            "body",
            "gzip that was not asked for",
            MalformedResponse,
            whole(
                200,
                "content-encoding: gzip\r\n",
                &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3],
            ),
        ),
        answer(
            "body",
            "ten gigabytes of samples",
            LimitExceeded,
            vec![
                text(&head(200, "")),
                text(matrix),
                text(r#"{"metric":{},"values":["#),
                Part::Repeat(br#"[0,"1"],"#.repeat(8192), 160_000),
            ],
        ),
        answer(
            "body",
            "ten gigabytes of one number",
            MalformedResponse,
            vec![
                text(&head(200, "")),
                text(matrix),
                text(r#"{"metric":{},"values":[[0,""#),
                Part::Repeat(vec![b'1'; 1 << 16], 160_000),
            ],
        ),
        answer(
            "body",
            "ten gigabytes of blanks",
            LimitExceeded,
            vec![
                text(&head(200, "")),
                text(matrix),
                Part::Repeat(vec![b' '; 1 << 16], 160_000),
            ],
        ),
        answer(
            "body",
            "a million series",
            LimitExceeded,
            vec![
                text(&head(200, "")),
                text(matrix),
                Part::Number(
                    r#"{"metric":{"kernel_id":"0123456789abcdef0123456789abcdef-"#,
                    r#""},"values":[[0,"1"]]},"#,
                    1_000_000,
                ),
            ],
        ),
        answer(
            "body",
            "a series twice",
            MalformedResponse,
            whole(200, "", twice.as_bytes()),
        ),
        answer(
            "body",
            "a point that was not asked for",
            MalformedResponse,
            whole(200, "", GOOD.replace("[60", "[61").as_bytes()),
        ),
        answer(
            "body",
            "a point that goes back",
            MalformedResponse,
            whole(200, "", GOOD.replace("[60", "[0").as_bytes()),
        ),
        answer(
            "body",
            "nested without end",
            MalformedResponse,
            vec![
                text(&head(200, "")),
                text(r#"{"status":"success","data":{"stats":"#),
                Part::Repeat(vec![b'['; 1 << 16], 200),
            ],
        ),
        fault(
            "pool",
            "closed when it is used again",
            Answer,
            Act::OnSecondRequest(vec![]),
        ),
        fault(
            "pool",
            "reset when it is used again",
            Answer,
            Act::OnSecondRequest(vec![Part::Reset]),
        ),
        fault(
            "pool",
            "silent when it is used again",
            TimedOut,
            Act::OnSecondRequest(vec![Part::Stall]),
        ),
    ]
}

/// A status line and fields, up to the body.
pub(crate) fn head(status: u16, fields: &str) -> String {
    format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{fields}\r\n")
}

/// Does the steps, and closes. A client that has gone away ends it.
pub(crate) async fn play(mut stream: TcpStream, parts: Vec<Part>) -> std::io::Result<()> {
    for part in parts {
        match part {
            Part::Bytes(bytes) => stream.write_all(&bytes).await?,
            Part::Repeat(bytes, times) => {
                for _ in 0..times {
                    stream.write_all(&bytes).await?;
                }
            }
            Part::Number(before, after, times) => {
                for number in 0..times {
                    let piece = format!("{before}{number}{after}");
                    stream.write_all(piece.as_bytes()).await?;
                }
            }
            Part::Drip(bytes) => {
                for byte in bytes {
                    stream.write_all(&[byte]).await?;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
            Part::Stall => {
                // Until the client gives up.
                let mut rest = [0; 64];
                while stream.read(&mut rest).await? > 0 {}
            }
            Part::Reset => return reset(stream),
        }
    }
    stream.shutdown().await
}

/// Closes with RST instead of FIN.
pub(crate) fn reset(stream: TcpStream) -> std::io::Result<()> {
    stream.set_zero_linger()?;
    drop(stream);
    Ok(())
}

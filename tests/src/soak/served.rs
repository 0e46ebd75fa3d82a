//! The service over HTTP: asked like the library, while others come who know no manners.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use metric_host::{Host, MetricService};
use metric_serve::{HttpLimits, Listen, ServeOptions, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::questions::Question;
use super::ways::Came;
use crate::over_http::{Connection, query};
use crate::reference::{Plain, bits};

/// Clients without manners, at once.
const RUDE: usize = 32;
/// The time that each bears to be let wait.
const PATIENCE: Duration = Duration::from_secs(3);

/// A server in this process.
#[derive(Clone)]
pub(super) struct Served {
    address: SocketAddr,
    place: Listen,
}

impl Served {
    /// One that serves until the process ends.
    pub(super) fn start(host: Host, service: MetricService) -> Result<Self> {
        let options = ServeOptions {
            listen: Listen::Address(([127, 0, 0, 1], 0).into()),
            access: None,
            hosts: Vec::new(),
            limits: HttpLimits::default(),
        };
        let server = Server::bind(host, service, options)?;
        let place = server.place().clone();
        let Listen::Address(address) = place else {
            anyhow::bail!("it listens elsewhere than it was told");
        };
        tokio::spawn(server.run(std::future::pending()));
        Ok(Self { address, place })
    }

    /// Asks, and judges.
    pub(super) async fn ask(&self, question: &Question) -> Came {
        let body = json!({ "query": query(&question.query) }).to_string();
        let answered = async {
            let mut connection = Connection::open(&self.place).await?;
            let (status, body) = connection.post("/v1/query", &body).await?;
            let answer: Value = serde_json::from_slice(&body)?;
            anyhow::Ok((status, answer))
        };
        match answered.await {
            // Whatever goes wrong behind it, the server answers.
            Err(error) => Came::Wrong(format!("no answer over HTTP: {error:#}")),
            Ok((200, answer)) => match plain(&answer) {
                Ok(series) => question.judge_whole(&series),
                Err(error) => Came::Wrong(format!("{error:#}: {answer}")),
            },
            Ok((500, problem)) => Came::Wrong(problem.to_string()),
            Ok((_, problem)) => Came::Error(class(&problem)),
        }
    }

    /// Clients that stop half-way, send without end, and take nothing of what they asked for.
    pub(super) fn annoy(&self, until: Instant) {
        for turn in 0..RUDE {
            let address = self.address;
            tokio::spawn(async move {
                let mut turn = turn;
                while Instant::now() < until {
                    // They are hung up on.
                    let _ = rude(address, turn).await;
                    turn += 1;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            });
        }
    }
}

async fn rude(address: SocketAddr, turn: usize) -> Result<()> {
    const HEAD: &str =
        "POST /v1/query HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";

    let mut stream = TcpStream::connect(address).await?;
    match turn % 4 {
        // Nothing, or half a head.
        0 => stream.write_all(b"POST /v1/query HT").await?,
        // A body that does not come.
        1 => {
            let head = format!("{HEAD}content-length: 100\r\n\r\n{{");
            stream.write_all(head.as_bytes()).await?;
        }
        // A body without end.
        2 => {
            let head = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
            let begun = Instant::now();
            while begun.elapsed() < PATIENCE {
                stream.write_all(chunk.as_bytes()).await?;
            }
        }
        // A stream of which only the beginning is read.
        _ => {
            let asked = json!({ "query": {
                "metric_name": "mem", "start": "2026-01-05", "end": "2026-01-06", "step": 5, "group_by": ["kernel_id"],
            } })
            .to_string();
            let head = format!(
                "{}content-length: {}\r\n\r\n{asked}",
                HEAD.replace("/v1/query", "/v1/stream"),
                asked.len()
            );
            stream.write_all(head.as_bytes()).await?;
            let _ = stream.read(&mut [0; 16]).await?;
        }
    }
    tokio::time::sleep(PATIENCE).await;
    Ok(())
}

/// The series of an answer, for comparison.
fn plain(answer: &Value) -> Result<Plain> {
    let series = answer.pointer("/result/answer/series");
    let series = series.and_then(Value::as_array).context("no series")?;
    series.iter().map(columns).collect()
}

type Columns = (Vec<(String, String)>, Vec<(i64, u64)>);

fn columns(series: &Value) -> Result<Columns> {
    let list = |name: &str| {
        let list = series.get(name).and_then(Value::as_array);
        list.with_context(|| format!("no {name}"))
    };
    let labels = series.get("labels").and_then(Value::as_object);
    let labels = labels.context("no labels")?.iter().map(|(name, value)| {
        let value = value.as_str().context("a label that is no text")?;
        anyhow::Ok((name.clone(), value.to_owned()))
    });
    let points = list("timestamps")?.iter().zip(list("values")?);
    let points = points.map(|(at, value)| {
        let value = match value.as_str() {
            Some(word) => word.parse()?,
            None => value.as_f64().context("a value that is no number")?,
        };
        anyhow::Ok((at.as_i64().context("a time that is none")?, bits(value)))
    });
    Ok((
        labels.collect::<Result<_>>()?,
        points.collect::<Result<_>>()?,
    ))
}

/// The class of a problem: the contract's error, or the server's own.
fn class(problem: &Value) -> &'static str {
    match problem.pointer("/error/type").and_then(Value::as_str) {
        Some("failed_to_get_metric") => "refused",
        Some("connection_failed") => "connection-failed",
        Some("timed_out") => "timed-out",
        Some("malformed_response") => "malformed-response",
        Some("limit_exceeded") => "limit-exceeded",
        Some("partial_answer") => "partial-answer",
        _ if problem.get("status").and_then(Value::as_u64) == Some(503) => "no place",
        _ => "other",
    }
}

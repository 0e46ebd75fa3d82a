//! A server that stands where Prometheus would, and keeps what it is sent, byte by byte; and canaries, to which
//! nobody may come. Judges whether a request is one that a host may let out.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, ensure};
use metric_test_server::Requests;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// An answer with nothing in it.
const EMPTY: &str = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;

pub(crate) struct Recorder {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<Connections>,
}

/// The number of connections that are open, and the most that were.
#[derive(Default)]
struct Connections {
    open: AtomicUsize,
    most: AtomicUsize,
}

impl Recorder {
    /// Redirects those who ask for it to `elsewhere`.
    pub(crate) async fn start(elsewhere: String) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&requests);
        let connections = Arc::new(Connections::default());
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (kept, elsewhere) = (Arc::clone(&kept), elsewhere.clone());
                let counted = Arc::clone(&counted);
                let open = counted.open.fetch_add(1, Ordering::Relaxed) + 1;
                counted.most.fetch_max(open, Ordering::Relaxed);
                tokio::spawn(async move {
                    // A host that hangs up in the middle is the end of many attacks.
                    let _ = serve(stream, &kept, &elsewhere).await;
                    counted.open.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        Ok(Self {
            address,
            requests,
            connections,
        })
    }

    /// The most connections that there were at once since the last time.
    pub(crate) fn take_most_connections(&self) -> usize {
        let open = self.connections.open.load(Ordering::Relaxed);
        self.connections.most.swap(open, Ordering::Relaxed)
    }

    /// Takes the requests that came since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *requests)
    }
}

async fn serve(
    stream: TcpStream,
    kept: &Mutex<Vec<String>>,
    elsewhere: &str,
) -> std::io::Result<()> {
    let mut requests = Requests::of(stream);
    let keep = |request| {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(request);
    };
    loop {
        let Some(request) = requests.next().await? else {
            // Bytes that are no request are kept as well: they are judged.
            let rest = requests.rest();
            if !rest.is_empty() {
                keep(rest);
            }
            return Ok(());
        };
        keep(request.clone());
        let stream = requests.connection();
        let line = request.lines().next().unwrap_or_default();
        if line.contains("query=endless") {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
                .await?;
            loop {
                stream.write_all(&[b' '; 1 << 16]).await?;
            }
        }
        if request.contains("query=silence") {
            // Until the host hangs up.
            while stream.read(&mut [0; 64]).await? > 0 {}
            return Ok(());
        }
        let answer = if line.contains("query=elsewhere") {
            format!(
                "HTTP/1.1 302 Found\r\nlocation: http://{elsewhere}/\r\ncontent-length: 0\r\n\r\n"
            )
        } else {
            format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{EMPTY}",
                EMPTY.len()
            )
        };
        stream.write_all(answer.as_bytes()).await?;
    }
}

fn fields(head: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = head.split("\r\n").skip(1);
    lines.map(|line| line.split_once(": ").unwrap_or((line, "")))
}

/// Tells the fault in a request that was let out, if there is one.
pub(crate) fn fault(request: &str, address: SocketAddr) -> Option<String> {
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return Some(format!("half a request: {request:?}"));
    };
    let line = head.split("\r\n").next().unwrap_or_default();
    let allowed = ["GET ", "POST "]
        .iter()
        .any(|method| line.starts_with(&format!("{method}/api/v1/query")))
        && line.ends_with(" HTTP/1.1")
        && line.split(' ').count() == 3
        && line.is_ascii();
    if !allowed {
        return Some(format!("the request {line:?}"));
    }
    let path = line.split([' ', '?']).nth(1).unwrap_or_default();
    if !matches!(path, "/api/v1/query" | "/api/v1/query_range") {
        return Some(format!("the path {path:?}"));
    }
    let mut seen = Vec::new();
    for (name, value) in fields(head) {
        let known = match name {
            "host" => value == address.to_string(),
            "content-length" => value.parse() == Ok(body.len()),
            "accept" | "accept-encoding" | "content-type" | "user-agent" => true,
            _ => false,
        };
        if !known || seen.contains(&name) {
            return Some(format!("the header {name:?}: {value:?}"));
        }
        seen.push(name);
    }
    (!seen.contains(&"host")).then(|| "no host".to_owned())
}

/// Fails unless the judge finds what it is there to find.
pub(crate) fn check() -> Result<()> {
    let address = SocketAddr::from(([127, 0, 0, 1], 9090));
    let good = "POST /api/v1/query HTTP/1.1\r\nhost: 127.0.0.1:9090\r\ncontent-length: 2\r\n\r\nup";
    ensure!(
        fault(good, address).is_none(),
        "a good request was found bad"
    );
    for (part, bad) in [
        ("POST", "DELETE"),
        ("/api/v1/query", "/-/quit"),
        ("/api/v1/query", "/api/v1/query/../admin"),
        ("/api/v1/query", "http://127.0.0.1:9091/api/v1/query"),
        ("127.0.0.1:9090", "127.0.0.1:9091"),
        ("content-length: 2", "content-length: 0"),
        (
            "content-length: 2",
            "content-length: 2\r\ncontent-length: 2",
        ),
        ("content-length: 2", "transfer-encoding: chunked"),
        (
            "content-length: 2",
            "content-length: 2\r\nauthorization: stolen",
        ),
        (
            "content-length: 2",
            "content-length: 2\r\nx-metric-cache: final-at=0",
        ),
        ("host: 127.0.0.1:9090\r\n", ""),
        ("\r\n\r\n", "\r\n"),
    ] {
        let bad = good.replacen(part, bad, 1);
        ensure!(
            fault(&bad, address).is_some(),
            "a bad request was found good: {bad:?}"
        );
    }
    Ok(())
}

/// Listens, and counts who comes.
pub(crate) struct Canary {
    pub(crate) address: SocketAddr,
    visitors: Arc<AtomicUsize>,
}

impl Canary {
    /// At this address, or, where the machine has no such, at a port of its own.
    pub(crate) async fn start(at: &str) -> Result<Self> {
        let listener = match TcpListener::bind(at).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind("127.0.0.1:0").await?,
        };
        let address = listener.local_addr()?;
        let visitors = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&visitors);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        Ok(Self { address, visitors })
    }

    pub(crate) fn visitors(&self) -> usize {
        self.visitors.load(Ordering::Relaxed)
    }
}

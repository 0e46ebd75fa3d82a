//! Servers of the bench's own between the plugin and Prometheus: one that counts what Prometheus sends, and one that
//! plays an answer of Prometheus's again and again, so that the time it takes to find one is left out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Passes everything on, both ways, and counts the bytes of the answers.
pub(crate) struct CountingProxy {
    /// `host:port`.
    pub(crate) address: String,
    answered: Arc<AtomicU64>,
}

impl CountingProxy {
    /// In front of a server, `host:port`.
    pub(crate) async fn start(upstream: String) -> Result<Self> {
        let answered = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&answered);
        let address =
            serve(move |client| pass_on(client, upstream.clone(), Arc::clone(&counter))).await?;
        Ok(Self { address, answered })
    }

    /// How many bytes of answers came since the last look.
    pub(crate) fn take(&self) -> u64 {
        self.answered.swap(0, Ordering::Relaxed)
    }
}

async fn pass_on(mut client: TcpStream, upstream: String, answered: Arc<AtomicU64>) -> Result<()> {
    let mut server = TcpStream::connect(upstream).await?;
    server.set_nodelay(true)?;
    let (mut requests, mut to_client) = client.split();
    let (mut answers, mut to_server) = server.split();
    let counted = async {
        let mut piece = vec![0; 64 * 1024];
        loop {
            let length = answers.read(&mut piece).await?;
            if length == 0 {
                return anyhow::Ok(());
            }
            answered.fetch_add(length as u64, Ordering::Relaxed);
            let read = piece
                .get(..length)
                .context("no more than there is room for")?;
            to_client.write_all(read).await?;
        }
    };
    tokio::select! {
        done = counted => done,
        done = tokio::io::copy(&mut requests, &mut to_server) => Ok(done.map(drop)?),
    }
}

/// Answers every request with this body. Gives the address, `host:port`; it serves as long as the runtime lives.
pub(crate) async fn replay(body: &str) -> Result<String> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let answer: Arc<str> = format!("{head}{body}").into();
    serve(move |client| play(client, Arc::clone(&answer))).await
}

async fn play(client: TcpStream, answer: Arc<str>) -> Result<()> {
    let mut client = BufReader::new(client);
    while read_request(&mut client).await? {
        client.write_all(answer.as_bytes()).await?;
        client.flush().await?;
    }
    Ok(())
}

/// Reads a request to its end; false: there are no more.
async fn read_request(client: &mut BufReader<TcpStream>) -> Result<bool> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if client.read_line(&mut line).await? == 0 {
            return Ok(false);
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        if line.is_empty() {
            break;
        }
    }
    client.read_exact(&mut vec![0; length]).await?;
    Ok(true)
}

/// Listens on a loopback port, and hands each connection on.
async fn serve<F, R>(mut connected: F) -> Result<String>
where
    F: FnMut(TcpStream) -> R + Send + 'static,
    R: Future<Output = Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            // A client that goes away in between is what ends a connection.
            if client.set_nodelay(true).is_ok() {
                tokio::spawn(connected(client));
            }
        }
    });
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(address: &str) -> String {
        let mut server = TcpStream::connect(address).await.unwrap();
        let request = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab";
        let mut answers = String::new();
        for _ in 0..2 {
            server.write_all(request).await.unwrap();
        }
        server.shutdown().await.unwrap();
        server.read_to_string(&mut answers).await.unwrap();
        answers
    }

    #[tokio::test]
    async fn a_replay_answers_each_request_of_a_connection() {
        let answers = asked(&replay("[]").await.unwrap()).await;
        assert_eq!(answers.matches("200 OK").count(), 2, "{answers}");
        assert!(
            answers.ends_with("content-length: 2\r\n\r\n[]"),
            "{answers}"
        );
    }

    #[tokio::test]
    async fn a_proxy_counts_the_bytes_of_answers() {
        let server = replay("[]").await.unwrap();
        let direct = asked(&server).await;
        let proxy = CountingProxy::start(server).await.unwrap();
        // A client that hangs up ends the exchange: it must not, until it has its answers.
        let mut client = TcpStream::connect(&proxy.address).await.unwrap();
        let request = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab";
        client.write_all(request).await.unwrap();
        let mut answer = vec![0; direct.len() / 2];
        client.read_exact(&mut answer).await.unwrap();
        assert!(direct.as_bytes().starts_with(&answer));
        assert_eq!(proxy.take(), answer.len() as u64);
        assert_eq!(proxy.take(), 0);
    }
}

//! A TCP proxy that changes nothing, counts what passes, and can hold answers back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The end of the first line of a request. A form is percent-encoded and cannot hold it.
const REQUEST: &[u8] = b" HTTP/1.1\r\n";

/// A way to a server, over which what passes is counted.
#[derive(Debug)]
pub struct CountingProxy {
    address: String,
    passed: Arc<Passed>,
    is_open: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Passed {
    requests: AtomicU64,
    answer_bytes: AtomicU64,
}

impl CountingProxy {
    /// Opens one to a server, `host:port`. It lives as long as the runtime.
    ///
    /// # Errors
    /// Fails if there is no port.
    pub async fn to(server: String) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let passed = Arc::<Passed>::default();
        let (is_open, opens) = watch::channel(true);
        let counted = Arc::clone(&passed);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, passed, opens) = (server.clone(), Arc::clone(&counted), opens.clone());
                tokio::spawn(async move {
                    let _ = pass(client, server, &passed, opens).await;
                });
            }
        });
        Ok(Self {
            address,
            passed,
            is_open,
        })
    }

    /// `host:port`.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// Returns the number of requests that have passed.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.passed.requests.load(Ordering::Relaxed)
    }

    /// Returns the number of bytes of answers that have passed, with their heads.
    #[must_use]
    pub fn answer_bytes(&self) -> u64 {
        self.passed.answer_bytes.load(Ordering::Relaxed)
    }

    /// Lets answers through, or holds them back until they are let through again.
    pub fn open(&self, is_open: bool) {
        self.is_open.send_replace(is_open);
    }
}

async fn pass(
    mut client: TcpStream,
    server: String,
    passed: &Passed,
    mut opens: watch::Receiver<bool>,
) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    let mut server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    let (mut requests, mut to_client) = client.split();
    let (mut answers, mut to_server) = server.split();
    let mut seam = Vec::new();
    let (mut request, mut answer) = (vec![0; 16 << 10], vec![0; 64 << 10]);
    loop {
        // Reading loses nothing when the other side is quicker.
        tokio::select! {
            length = requests.read(&mut request) => {
                let piece = request.get(..length?).unwrap_or_default();
                if piece.is_empty() {
                    return Ok(());
                }
                seam.extend_from_slice(piece);
                let heads = seam.windows(REQUEST.len()).filter(|end| *end == REQUEST);
                passed.requests.fetch_add(heads.count() as u64, Ordering::Relaxed);
                seam.drain(..seam.len().saturating_sub(REQUEST.len() - 1));
                to_server.write_all(piece).await?;
            }
            length = answers.read(&mut answer) => {
                let piece = answer.get(..length?).unwrap_or_default();
                if piece.is_empty() {
                    return Ok(());
                }
                // Whoever could open it has gone: then it is open.
                let _ = opens.wait_for(|is_open| *is_open).await;
                passed.answer_bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
                to_client.write_all(piece).await?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_passes_is_counted_and_unchanged() {
        let request = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab";
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]";
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(async move {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; request.len()];
            client.read_exact(&mut asked).await.unwrap();
            client.write_all(answer).await.unwrap();
            asked
        });
        let proxy = CountingProxy::to(address).await.unwrap();
        assert_eq!((proxy.requests(), proxy.answer_bytes()), (0, 0));
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        client.write_all(request).await.unwrap();
        let mut answered = vec![0; answer.len()];
        client.read_exact(&mut answered).await.unwrap();
        assert_eq!(answered, answer);
        assert_eq!(server.await.unwrap(), request);
        assert_eq!(proxy.requests(), 1);
        assert_eq!(proxy.answer_bytes(), answer.len() as u64);
    }
}

//! A server of the bench's own in the place of Prometheus: it plays an answer of Prometheus's again and again, so that the
//! time it takes to find one is left out.

use std::sync::Arc;

use anyhow::Result;
use metric_test_server::Requests;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

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
    let mut requests = Requests::of(client);
    while requests.next().await?.is_some() {
        requests.connection().write_all(answer.as_bytes()).await?;
    }
    Ok(())
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
    use tokio::io::AsyncReadExt as _;

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
}

//! A server of the bench's own in the place of Prometheus: it plays an answer of Prometheus's again and again, so that the
//! time it takes to find one is left out.

use std::sync::Arc;

use anyhow::Result;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
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
}

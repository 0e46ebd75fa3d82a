//! The requests of a connection, one after the other.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Reads requests off a connection: a head, and a body as long as `content-length` says. A body in chunks is none that
/// the host sends.
pub struct Requests<R> {
    connection: R,
    read: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Requests<R> {
    /// The requests of a connection.
    pub const fn of(connection: R) -> Self {
        let read = Vec::new();
        Self { connection, read }
    }

    /// The next request as it came, and what stood behind it is left for the next; none: the client has closed.
    ///
    /// # Errors
    /// Fails if the connection breaks.
    pub async fn next(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(length) = length_of_first(&self.read) {
                let request: Vec<u8> = self.read.drain(..length).collect();
                return Ok(Some(String::from_utf8_lossy(&request).into_owned()));
            }
            if self.connection.read_buf(&mut self.read).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Returns the bytes that came and are no whole request.
    #[must_use]
    pub fn rest(&self) -> String {
        String::from_utf8_lossy(&self.read).into_owned()
    }

    /// The connection, to answer on.
    pub const fn connection(&mut self) -> &mut R {
        &mut self.connection
    }

    /// The connection, when no more requests are read.
    pub fn into_connection(self) -> R {
        self.connection
    }
}

/// The length of the first request, once it is whole.
fn length_of_first(read: &[u8]) -> Option<usize> {
    const END: &[u8] = b"\r\n\r\n";
    let head = read.windows(END.len()).position(|four| four == END)?;
    let text = String::from_utf8_lossy(read.get(..head)?).to_ascii_lowercase();
    let body = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|length| length.trim().parse().ok())
        .unwrap_or(0);
    let length = head + END.len() + body;
    (read.len() >= length).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_are_told_apart_however_they_arrive() {
        let sent = "POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nabGET /b HTTP/1.1\r\n\r\nGET /c";
        for piece in [1, 7, sent.len()] {
            let (client, server) = tokio::io::duplex(piece);
            let writing = tokio::spawn(async move {
                let mut client = client;
                tokio::io::AsyncWriteExt::write_all(&mut client, sent.as_bytes()).await
            });
            let mut requests = Requests::of(server);
            let first = requests.next().await.unwrap().unwrap();
            assert!(first.ends_with("\r\n\r\nab"), "{first}");
            let second = requests.next().await.unwrap().unwrap();
            assert_eq!(second, "GET /b HTTP/1.1\r\n\r\n");
            assert_eq!(requests.next().await.unwrap(), None);
            assert_eq!(requests.rest(), "GET /c");
            writing.await.unwrap().unwrap();
        }
    }
}

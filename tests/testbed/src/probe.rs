//! The smallest HTTP client there is: sends a loopback server a request and reads the status.
//! It exists so that the testbed needs no HTTP library; it must not be used to read answers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The HTTP status that `GET path` gets from `address`; none if nobody answers within `timeout`.
#[must_use]
pub fn http_status(address: SocketAddr, path: &str, timeout: Duration) -> Option<u16> {
    exchange(address, "GET", path, &[], timeout)
}

/// The HTTP status that `POST path` with a body gets; none if nobody answers within `timeout`.
pub(crate) fn post(address: SocketAddr, path: &str, body: &[u8], timeout: Duration) -> Option<u16> {
    exchange(address, "POST", path, body, timeout)
}

fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: &[u8],
    timeout: Duration,
) -> Option<u16> {
    let mut stream = TcpStream::connect_timeout(&address, timeout).ok()?;
    stream.set_read_timeout(Some(timeout)).ok()?;
    stream.set_write_timeout(Some(timeout)).ok()?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .ok()?;
    stream.write_all(body).ok()?;
    // `HTTP/1.1 200` is twelve bytes, and the rest does not matter.
    let mut head = [0_u8; 12];
    stream.read_exact(&mut head).ok()?;
    std::str::from_utf8(&head)
        .ok()?
        .split(' ')
        .nth(1)?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn the_status_is_read_from_the_first_line() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // All of it: closed with something unread, the connection would be reset under the answer.
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut byte = [0_u8];
                stream.read_exact(&mut byte).unwrap();
                request.extend(byte);
            }
            stream
                .write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
                .unwrap();
            String::from_utf8(request).unwrap()
        });
        assert_eq!(
            http_status(address, "/-/ready", Duration::from_secs(5)),
            Some(503)
        );
        assert!(
            server
                .join()
                .unwrap()
                .starts_with("GET /-/ready HTTP/1.1\r\n")
        );
    }

    #[test]
    fn nobody_listening_is_no_status() {
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        assert_eq!(http_status(address, "/", Duration::from_millis(200)), None);
    }
}

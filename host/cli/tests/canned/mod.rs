//! A server on the loopback that gives every request the same answer and keeps what it was asked.
//! It knows just enough HTTP for that.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Lives as long as the test's process; each test takes a port of its own.
pub(crate) struct Canned {
    /// `127.0.0.1:port`.
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<String>>>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    /// Answers with this status and body.
    pub(crate) fn answering(
        status: u16,
        content_type: &'static str,
        body: impl Into<String>,
    ) -> Self {
        let body = body.into();
        let head = head(status, content_type, &body);
        Self::start(move |_, stream| {
            // A client that has seen enough may be gone.
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(body.as_bytes()));
        })
    }

    /// Answers each request with the status and the JSON that it gets, from its first line and its body.
    #[allow(dead_code, reason = "not every test needs it")]
    pub(crate) fn deciding(decide: impl Fn(&str) -> (u16, String) + Send + 'static) -> Self {
        Self::start(move |request, stream| {
            let (status, body) = decide(request);
            let _ = stream.write_all(head(status, "application/json", &body).as_bytes());
            let _ = stream.write_all(body.as_bytes());
        })
    }

    /// Answers with 200 and this JSON.
    pub(crate) fn json(body: impl Into<String>) -> Self {
        Self::answering(200, "application/json", body)
    }

    /// Takes the request and says nothing for longer than any test waits.
    pub(crate) fn silent() -> Self {
        Self::start(|_, _| std::thread::sleep(Duration::from_secs(20)))
    }

    fn start(answer: impl Fn(&str, &mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (kept, kept_heads) = (Arc::clone(&requests), Arc::clone(&heads));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (head, request) = read(&stream);
                kept_heads.lock().unwrap().push(head);
                kept.lock().unwrap().push(request.clone());
                answer(&request, &mut stream);
            }
        });
        Self {
            address,
            requests,
            heads,
        }
    }

    /// Each request so far: its first line, a line break, its body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// The head of each request so far, in lower case.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn head(status: u16, content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )
}

/// The head, and the first line with the body.
fn read(stream: &TcpStream) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request).unwrap();
    let mut head = request.to_ascii_lowercase();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        head.push_str(&line.to_ascii_lowercase());
        match line.trim().split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap();
            }
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request.push_str(&String::from_utf8(body).unwrap());
    (head, request)
}

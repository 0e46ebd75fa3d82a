//! An HTTP server for tests, on a port of its own of the loopback: it answers as the test says and keeps what it is sent.
//! It knows just enough of HTTP to tell where a request ends ([`Requests`]); what it answers is text.

mod requests;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

pub use self::requests::Requests;

/// A server that lives as long as the runtime that it was started in, or, outside of one, as the process.
pub struct TestServer {
    /// `127.0.0.1:PORT`.
    pub address: String,
    port: u16,
    state: Arc<State>,
}

/// An answer, byte by byte, and what becomes of the connection.
#[derive(Clone, Debug)]
pub struct Reply {
    text: String,
    then: Then,
}

#[derive(Clone, Copy, Debug)]
enum Then {
    Keep,
    Close,
    Stall,
}

struct State {
    answer: Box<dyn Fn(&str) -> Reply + Send + Sync>,
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
}

impl Reply {
    /// Says this, and waits for the next request.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            then: Then::Keep,
        }
    }

    /// A whole answer with this status and body, after which the next request is waited for.
    #[must_use]
    pub fn whole(status: u16, content_type: &str, body: &str) -> Self {
        let length = body.len();
        Self::new(format!(
            "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
    }

    /// Returns the bytes of the text.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Closes the connection when all is said.
    #[must_use]
    pub fn then_close(self) -> Self {
        let then = Then::Close;
        Self { then, ..self }
    }

    /// Leaves the connection open when all is said, and does nothing any more.
    #[must_use]
    pub fn then_stall(self) -> Self {
        let then = Then::Stall;
        Self { then, ..self }
    }
}

impl TestServer {
    /// Answers each request, which is given as it came: its head, an empty line, its body.
    ///
    /// # Errors
    /// Fails if there is no port.
    pub fn start(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> io::Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), answer)
    }

    /// The same at an address that others know already.
    ///
    /// # Errors
    /// Fails if the address is taken.
    pub fn start_at(
        address: SocketAddr,
        answer: impl Fn(&str) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let state = Arc::new(State {
            answer: Box::new(answer),
            connections: AtomicUsize::new(0),
            requests: Mutex::default(),
        });
        let serving = serve(listener, Arc::clone(&state));
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(serving)),
            Err(_) => {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                std::thread::spawn(move || runtime.block_on(serving));
            }
        }
        Ok(Self {
            address: address.to_string(),
            port: address.port(),
            state,
        })
    }

    /// Gives every request a 200 with this JSON.
    ///
    /// # Errors
    /// Fails if there is no port.
    pub fn json(body: impl Into<String>) -> io::Result<Self> {
        Self::answering(200, "application/json", body)
    }

    /// Gives every request this status and body.
    ///
    /// # Errors
    /// Fails if there is no port.
    pub fn answering(
        status: u16,
        content_type: &'static str,
        body: impl Into<String>,
    ) -> io::Result<Self> {
        let body = body.into();
        Self::start(move |_| Reply::whole(status, content_type, &body))
    }

    /// Takes requests and says nothing.
    ///
    /// # Errors
    /// Fails if there is no port.
    pub fn silent() -> io::Result<Self> {
        Self::start(|_| Reply::new("").then_stall())
    }

    /// The port of its address.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Every request so far, as it came.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.state.requests().clone()
    }

    /// The number of connections so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }
}

impl State {
    fn requests(&self) -> MutexGuard<'_, Vec<String>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        state.connections.fetch_add(1, Ordering::SeqCst);
        // A client that goes away in between is what many tests are about.
        tokio::spawn(converse(stream, Arc::clone(&state)));
    }
}

async fn converse(mut stream: TcpStream, state: Arc<State>) -> io::Result<()> {
    let (receiving, mut sending) = stream.split();
    let mut requests = Requests::of(receiving);
    while let Some(request) = requests.next().await? {
        let reply = (state.answer)(&request);
        state.requests().push(request);
        sending.write_all(reply.as_bytes()).await?;
        match reply.then {
            Then::Keep => {}
            Then::Close => return sending.shutdown().await,
            Then::Stall => std::future::pending().await,
        }
    }
    Ok(())
}

//! A TCP proxy that breaks some of the connections through it, in ways that can be told from a right answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};

pub(super) struct Proxy {
    address: String,
    state: Arc<State>,
}

struct State {
    upstream: String,
    share: f64,
    misbehaves: AtomicBool,
    broken: AtomicU64,
}

/// The mischief done to a connection after so many bytes of answers.
#[derive(Clone, Copy)]
enum Mischief {
    Reset,
    Close,
    Stall,
    /// An answer of a proxy's own comes instead.
    Unavailable,
    Garbage,
}

impl Proxy {
    pub(super) async fn start(upstream: String, share: f64) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let state = Arc::new(State {
            upstream,
            share,
            misbehaves: AtomicBool::new(false),
            broken: AtomicU64::new(0),
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                // One that fails is what callers have to live with.
                tokio::spawn(async move {
                    let _ = forward(stream, &state).await;
                });
            }
        });
        Ok(Self { address, state })
    }

    pub(super) fn address(&self) -> String {
        self.address.clone()
    }

    pub(super) fn misbehave(&self, misbehaves: bool) {
        self.state.misbehaves.store(misbehaves, Ordering::Relaxed);
    }

    pub(super) fn broken(&self) -> u64 {
        self.state.broken.load(Ordering::Relaxed)
    }
}

async fn forward(mut client: TcpStream, state: &State) -> std::io::Result<()> {
    let mischief = (state.misbehaves.load(Ordering::Relaxed) && fastrand::f64() < state.share)
        .then(|| match fastrand::u8(..5) {
            0 => Mischief::Reset,
            1 => Mischief::Close,
            2 => Mischief::Stall,
            3 => Mischief::Unavailable,
            _ => Mischief::Garbage,
        });
    let upstream = TcpStream::connect(&state.upstream).await;
    let Ok(mut server) = upstream else {
        client.set_zero_linger()?;
        return Ok(());
    };
    let Some(mischief) = mischief else {
        // Not for ever: a connection that lives on would never meet any of it.
        let life = tokio::time::sleep(Duration::from_millis(fastrand::u64(500..5_000)));
        tokio::select! {
            ended = tokio::io::copy_bidirectional(&mut client, &mut server) => ended.map(drop)?,
            () = life, if state.misbehaves.load(Ordering::Relaxed) => {}
        }
        return Ok(());
    };
    state.broken.fetch_add(1, Ordering::Relaxed);
    let (mut requests, mut to_client) = client.split();
    let (answers, mut to_server) = server.split();
    // The head of an answer has some 150 bytes: some break inside it, some after, some at once.
    let budget = fastrand::u64(..2_000);
    let some_answers = async {
        copy(&mut answers.take(budget), &mut to_client).await?;
        to_client.flush().await
    };
    tokio::select! {
        ended = some_answers => ended?,
        ended = copy(&mut requests, &mut to_server) => { ended?; }
    }
    match mischief {
        Mischief::Close => client.shutdown().await,
        Mischief::Reset => client.set_zero_linger(),
        Mischief::Stall => drained(client).await,
        Mischief::Unavailable if budget == 0 => {
            client
                .write_all(b"HTTP/1.1 503 x\r\ncontent-length: 4\r\n\r\nbusy")
                .await
        }
        // After half an answer there is no saying anything that is not garbage.
        Mischief::Unavailable | Mischief::Garbage => {
            client.write_all(&[0xff; 64]).await?;
            client.set_zero_linger()
        }
    }
}

/// Takes what comes and says nothing, until the other side gives up.
async fn drained(mut client: impl AsyncRead + Unpin) -> std::io::Result<()> {
    let mut rest = [0; 1024];
    while client.read(&mut rest).await? > 0 {}
    Ok(())
}

//! A server on a port of its own that answers well, or does what a fault says. It judges nothing.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use metric_test_server::Requests;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::faults::{Act, GOOD, head, play, reset};

/// The act that connections are met with from now on; none: with good answers.
type Behaviour = Arc<Mutex<Option<Arc<Act>>>>;

pub(crate) struct Server {
    address: SocketAddr,
    behaviour: Behaviour,
    listening: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let behaviour = Behaviour::default();
        let listening = Some(tokio::spawn(serve(listener, Arc::clone(&behaviour))));
        Ok(Self {
            address,
            behaviour,
            listening,
        })
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// From now on.
    pub(crate) async fn behave(&mut self, act: Option<Act>) -> Result<()> {
        match (&act, self.listening.take()) {
            (Some(Act::Refuse), Some(listening)) => {
                listening.abort();
                // The port is free when the task has gone.
                let _ = listening.await;
            }
            (Some(Act::Refuse), None) => {}
            (_, Some(listening)) => self.listening = Some(listening),
            (_, None) => {
                let listener = TcpListener::bind(self.address).await?;
                self.listening = Some(tokio::spawn(serve(listener, Arc::clone(&self.behaviour))));
            }
        }
        if let Ok(mut behaviour) = self.behaviour.lock() {
            *behaviour = act.map(Arc::new);
        }
        Ok(())
    }
}

async fn serve(listener: TcpListener, behaviour: Behaviour) {
    while let Ok((stream, _)) = listener.accept().await {
        let behaviour = Arc::clone(&behaviour);
        // A client that goes away is the point of many faults.
        tokio::spawn(async move {
            let _ = meet(stream, &behaviour).await;
        });
    }
}

async fn meet(stream: TcpStream, behaviour: &Behaviour) -> std::io::Result<()> {
    let mut met = 0;
    let mut requests = Requests::of(stream);
    loop {
        let now = || behaviour.lock().ok().and_then(|now| now.clone());
        if let Some(Act::ResetAtOnce) = now().as_deref() {
            return reset(requests.into_connection());
        }
        if requests.next().await?.is_none() {
            return Ok(());
        }
        if let Some(Act::Refuse) = now().as_deref() {
            return reset(requests.into_connection());
        }
        met += 1;
        match now().as_deref() {
            Some(Act::Answer(parts)) => {
                return play(requests.into_connection(), parts.clone()).await;
            }
            Some(Act::OnSecondRequest(parts)) if met > 1 => {
                return play(requests.into_connection(), parts.clone()).await;
            }
            _ => {
                let head = head(200, &format!("content-length: {}\r\n", GOOD.len()));
                let stream = requests.connection();
                stream.write_all(head.as_bytes()).await?;
                stream.write_all(GOOD.as_bytes()).await?;
            }
        }
    }
}

/// A listener that notices if anybody ever connects to it.
pub(crate) struct Canary {
    pub(crate) address: String,
    touched: JoinHandle<()>,
}

impl Canary {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let touched = tokio::spawn(async move {
            let _ = listener.accept().await;
        });
        Ok(Self { address, touched })
    }

    pub(crate) fn is_untouched(&self) -> bool {
        !self.touched.is_finished()
    }
}

//! A client of `metric-host serve`, and queries in the form of its bodies.

use std::io;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use metric_host::{MetricQuery, ValueType};
use metric_serve::Listen;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

/// A stream of either kind.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Connects to a server.
///
/// # Errors
/// Fails if nobody listens there.
pub async fn connect(place: &Listen) -> io::Result<Box<dyn Stream>> {
    Ok(match place {
        Listen::Address(address) => {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Box::new(stream)
        }
        Listen::Socket(socket) => Box::new(UnixStream::connect(&socket.path).await?),
    })
}

/// A connection that is kept.
#[derive(Debug)]
pub struct Connection(SendRequest<Full<Bytes>>);

impl Connection {
    /// Connects to a server. The connection lives on the runtime until this is dropped.
    ///
    /// # Errors
    /// Fails if nobody listens there.
    pub async fn open(place: &Listen) -> Result<Self> {
        let stream = connect(place).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self(sender))
    }

    /// The status and the whole body of the answer.
    ///
    /// # Errors
    /// Fails if the connection breaks.
    pub async fn post(&mut self, path: &str, body: &str) -> Result<(u16, Bytes)> {
        let request = http::Request::post(path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))?;
        self.0.ready().await?;
        let response = self.0.send_request(request).await?;
        let status = response.status().as_u16();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}

/// A query as the schema writes it. Of what a query can say, that which benchmark and soak ask.
#[must_use]
pub fn query(query: &MetricQuery) -> Value {
    let group_by = query.group_by.iter();
    let group_by: Vec<_> = group_by.map(|one| one.as_str().replace('-', "_")).collect();
    json!({
        "metric_name": query.metric_name, "start": query.start, "end": query.end, "step": query.step,
        "labels": {
            "value_type": query.labels.value_type.map(ValueType::as_str),
            "kernel_id": query.labels.kernel_id,
        },
        "group_by": group_by,
    })
}

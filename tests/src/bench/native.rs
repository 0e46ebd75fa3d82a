//! The competitor: what a good Rust programmer would write instead. A pooled HTTP/1 client with the settings
//! of the host's, sending the very request that the plugin sends; the answer decoded into the same columns.

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use metric_host::{HttpMethod, HttpRequest};

use crate::decode::{Series, decode};

/// A client and its connections. Clones share them.
#[derive(Clone)]
pub(crate) struct NativeClient(Client<HttpConnector, Full<Bytes>>);

/// A request that can be sent many times.
#[derive(Clone)]
pub(crate) struct NativeRequest {
    parts: http::Request<()>,
    body: Bytes,
}

impl NativeRequest {
    /// The request that the plugin would send, taken from its codec.
    pub(crate) fn of(request: HttpRequest) -> Result<Self> {
        let mut builder = http::Request::builder()
            .method(match request.method {
                HttpMethod::Get => http::Method::GET,
                HttpMethod::Post => http::Method::POST,
            })
            .uri(format!(
                "http://{}{}",
                request.authority, request.path_with_query
            ));
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        Ok(Self {
            parts: builder.body(())?,
            body: Bytes::from(request.body),
        })
    }
}

impl NativeClient {
    pub(crate) fn new() -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            // As the host's: pieces of up to 1 MiB.
            .http1_max_buf_size(1 << 20)
            .build(tcp);
        Self(client)
    }

    async fn send(&self, request: NativeRequest) -> Result<Incoming> {
        let request = request.parts.map(|()| Full::new(request.body));
        let response = self.0.request(request).await.context("no answer")?;
        ensure!(
            response.status().is_success(),
            "Prometheus said {}",
            response.status()
        );
        Ok(response.into_body())
    }

    /// Asks, and decodes the answer.
    pub(crate) async fn query(&self, request: NativeRequest) -> Result<Vec<Series>> {
        let body = self.send(request).await?.collect().await?;
        decode(&body.to_bytes())
    }

    /// Asks, and gives the answer as it is.
    pub(crate) async fn text(&self, request: NativeRequest) -> Result<String> {
        let body = self.send(request).await?.collect().await?;
        Ok(String::from_utf8(body.to_bytes().to_vec())?)
    }

    /// Asks, and throws the answer away as it comes. Gives its length in bytes.
    pub(crate) async fn discard(&self, request: NativeRequest) -> Result<usize> {
        let mut body = self.send(request).await?;
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            length += frame?.data_ref().map_or(0, Bytes::len);
        }
        Ok(length)
    }
}

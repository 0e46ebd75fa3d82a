//! The pooled HTTP/1 client that carries the requests.
//!
//! Sends what it is given, follows no redirects, and knows nothing of policy.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, uri::Scheme};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{
            HttpConnector, capture_connection,
            dns::{GaiAddrs, GaiResolver, Name},
        },
    },
    rt::{TokioExecutor, TokioTimer},
};
use tower_service::Service;
use wasmtime_wasi_http::{Error, Result};

use crate::{
    alarms::{Alarms, Elapsed},
    error::ConfigError,
    http_error,
    limits::Limits,
};

/// How long a connection may lie idle. Shorter than what servers and balancers grant (Prometheus 5 min, most
/// balancers 60 s), so that it is the client that closes it.
const IDLE: Duration = Duration::from_secs(50);

/// The largest piece of a body that is read at once. Reading begins at 8 KiB and grows to this as long as the
/// pieces come in full; larger ones no longer pay.
const READ_BYTES: usize = 1 << 20;

/// The longest head of a response is bounded by `READ_BYTES`, its fields by this (hyper's default).
const HEADERS: usize = 100;

type Tcp = HttpConnector<Resolver>;

/// The client, and what ends its waits.
pub(crate) struct HttpClient {
    client: Pooled,
    alarms: Alarms,
}

enum Pooled {
    Plain(Client<Tcp, Full<Bytes>>),
    Tls(Client<HttpsConnector<Tcp>, Full<Bytes>>),
}

/// How long to wait, for each stage of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// For a connection, TLS included. One from the pool is there at once.
    pub(crate) connect: Duration,
    /// For the head of the response, after that.
    pub(crate) first_byte: Duration,
}

impl HttpClient {
    /// A client with a pool of its own. Reads the system's root certificates only for `https`: that
    /// takes some milliseconds.
    pub(crate) fn new(
        scheme: &Scheme,
        limits: &Limits,
        alarms: Alarms,
    ) -> Result<Self, ConfigError> {
        let mut tcp = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(limits.connect_timeout));
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(limits.concurrent_calls as usize)
            .http1_max_buf_size(READ_BYTES)
            .http1_max_headers(HEADERS);
        if *scheme != Scheme::HTTPS {
            let client = Pooled::Plain(builder.build(tcp));
            return Ok(Self { client, alarms });
        }
        tcp.enforce_http(false);
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(|source| ConfigError::Roots { source })?
            .https_only()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Pooled::Tls(builder.build(tls));
        Ok(Self { client, alarms })
    }

    /// Sends a request and waits for the head of its response.
    pub(crate) async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
        timeouts: Timeouts,
    ) -> Result<Response<Incoming>> {
        let mut connection = capture_connection(&mut request);
        let mut response = match &self.client {
            Pooled::Plain(client) => client.request(request),
            Pooled::Tls(client) => client.request(request),
        };
        let until_connected = async {
            tokio::select! {
                biased;
                early = &mut response => Some(early),
                _ = connection.wait_for_connection_metadata() => None,
            }
        };
        let response = match self.alarms.timeout(timeouts.connect, until_connected).await {
            Err(Elapsed) => return Err(Error::ConnectionTimeout),
            Ok(Some(early)) => early,
            Ok(None) => self
                .alarms
                .timeout(timeouts.first_byte, response)
                .await
                .map_err(|Elapsed| Error::HttpResponseTimeout)?,
        };
        response.map_err(|error| match http_error::of(&error) {
            // Without a head there is no response that could be incomplete.
            Error::HttpResponseIncomplete => Error::ConnectionTerminated,
            error => error,
        })
    }
}

/// The system's resolver, with an error that can be told from a failed connection.
#[derive(Debug, Clone)]
pub(crate) struct Resolver(GaiResolver);

/// A name that cannot be resolved.
#[derive(Debug, thiserror::Error)]
#[error("the name cannot be resolved")]
pub(crate) struct DnsFailure(#[source] pub(crate) io::Error);

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = DnsFailure;
    type Future = Pin<Box<dyn Future<Output = Result<GaiAddrs, DnsFailure>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), DnsFailure>> {
        self.0.poll_ready(cx).map_err(DnsFailure)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let addresses = self.0.call(name);
        Box::pin(async move { addresses.await.map_err(DnsFailure) })
    }
}

//! One address, with its connections.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use http::{
    HeaderValue, Request, Response, Uri, header,
    uri::{PathAndQuery, Scheme},
};
use http_body_util::Full;
use wasmtime_wasi_http::Error;

use super::{
    Timeouts,
    connect::{ConnectError, Connector},
    connection::{Connection, Receiving},
    http_error,
    inject::InjectedCredentials,
    pool::Pool,
    resolver::Resolve,
    tls::{ServerTrust, Tls},
};
use crate::{
    config::{address::Address, limits::Limits, network::Network},
    timers::{Elapsed, Timers},
};

pub(super) struct Upstream {
    address: Address,
    connector: Connector,
    additions: Arc<InjectedCredentials>,
    pool: Arc<Pool>,
    timers: Timers,
    answers: AtomicU64,
}

/// The reason why there is no response.
pub(super) enum Failure {
    /// Nothing was sent.
    Connect(ConnectError),
    /// It broke on the pipeline.
    Exchange(Error),
}

impl Failure {
    pub(super) fn name(self) -> Error {
        match self {
            Self::Connect(error) => error.name(),
            Self::Exchange(name) => name,
        }
    }

    /// The same, in the words of what lies behind it, if that is known.
    fn suspected(self, certificates: Option<&ServerTrust>) -> Self {
        match (&self, certificates.and_then(ServerTrust::likely_cause)) {
            (Self::Exchange(Error::ConnectionTerminated), Some(words)) => {
                Self::Exchange(Error::InternalError(Some(words.to_owned())))
            }
            _ => self,
        }
    }
}

impl Upstream {
    pub(super) fn new(
        address: Address,
        networks: &[Network],
        tls: Option<Tls>,
        additions: Arc<InjectedCredentials>,
        limits: &Limits,
        timers: &Timers,
        resolver: &Arc<dyn Resolve>,
    ) -> Self {
        Self {
            additions,
            connector: Connector::new(
                &address,
                networks,
                tls,
                Arc::clone(resolver),
                timers.clone(),
            ),
            pool: Pool::new(limits.service_requests as usize),
            timers: timers.clone(),
            answers: AtomicU64::new(0),
            address,
        }
    }

    pub(super) fn prefix(&self) -> &str {
        self.address.prefix()
    }

    pub(super) fn authority(&self) -> &str {
        self.address.authority().as_str()
    }

    /// A request was answered with what came from here.
    pub(super) fn count_answer(&self) {
        self.answers.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of requests that were answered.
    pub(super) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    /// Sends a request that was made for an address with `prefix`.
    pub(super) async fn send(
        &self,
        request: &Request<Bytes>,
        prefix: &str,
        timeouts: Timeouts,
    ) -> Result<Response<Receiving>, Failure> {
        let request = self
            .readdressed(request, prefix)
            .map_err(Failure::Exchange)?;
        let (certificates, identity) = self.connector.certificates();
        if let Some(connection) = self.pool.take(identity) {
            match self.exchange(connection, request.clone(), timeouts).await {
                // The server closed it, before it knew of the request or (which cannot be told) after. All that may be
                // asked here only reads, and so it is asked once more.
                Err(Failure::Exchange(Error::ConnectionTerminated)) => {}
                outcome => return outcome,
            }
        }
        let connecting = self.connector.connect(certificates.as_ref());
        let stream = self
            .timers
            .timeout(timeouts.connect, connecting)
            .await
            .unwrap_or_else(|Elapsed| Err(ConnectError::TimedOut))
            .map_err(Failure::Connect)?;
        let connection = Connection::over(stream, identity)
            .await
            .map_err(|error| Failure::Exchange(http_error::of(&error)))?;
        let outcome = self.exchange(connection, request, timeouts).await;
        outcome.map_err(|failure| failure.suspected(certificates.as_ref()))
    }

    async fn exchange(
        &self,
        connection: Connection,
        request: Request<Full<Bytes>>,
        timeouts: Timeouts,
    ) -> Result<Response<Receiving>, Failure> {
        let response = connection.send(request, Arc::downgrade(&self.pool));
        self.timers
            .timeout(timeouts.first_byte, response)
            .await
            .map_err(|Elapsed| Error::HttpResponseTimeout)
            .and_then(|response| {
                response.map_err(|error| match error {
                    // Without a head there is no response that could be incomplete.
                    Error::HttpResponseIncomplete => Error::ConnectionTerminated,
                    name => name,
                })
            })
            .map_err(Failure::Exchange)
    }

    /// The request as it goes over a connection to here: a path in the place of a URI, the host as a header, and what
    /// the operator adds.
    fn readdressed(
        &self,
        request: &Request<Bytes>,
        prefix: &str,
    ) -> Result<Request<Full<Bytes>>, Error> {
        let path = request
            .uri()
            .path_and_query()
            .ok_or(Error::HttpRequestUriInvalid)?;
        let path = match path.as_str().strip_prefix(prefix) {
            Some(endpoint) if self.additions.changes_target() => self
                .additions
                .target(&self.address, endpoint)
                .map_err(|_| Error::HttpRequestUriInvalid)?,
            Some(endpoint) if prefix != self.prefix() => {
                PathAndQuery::try_from(format!("{}{endpoint}", self.prefix()))
                    .map_err(|_| Error::HttpRequestUriInvalid)?
            }
            Some(_) => path.clone(),
            // EgressPolicy has let it pass, so it has the prefix.
            None => return Err(Error::HttpRequestUriInvalid),
        };
        let mut readdressed = Request::new(Full::new(request.body().clone()));
        *readdressed.method_mut() = request.method().clone();
        *readdressed.uri_mut() = Uri::from(path);
        *readdressed.headers_mut() = request.headers().clone();
        let host = self.host_header().ok_or(Error::HttpRequestUriInvalid)?;
        readdressed.headers_mut().insert(header::HOST, host);
        self.additions.set_headers(readdressed.headers_mut());
        Ok(readdressed)
    }

    /// Without the port where that is the scheme's own (RFC 9110, 7.2: what balancers compare with).
    fn host_header(&self) -> Option<HeaderValue> {
        let authority = self.address.authority();
        let is_default = match self.address.port() {
            80 => *self.address.scheme() == Scheme::HTTP,
            443 => *self.address.scheme() == Scheme::HTTPS,
            _ => false,
        };
        let host = match is_default {
            true => authority.host(),
            false => authority.as_str(),
        };
        HeaderValue::from_str(host).ok()
    }
}

//! The HTTP/1 client that carries the requests: to the first address of a list, and to the next ones when no
//! connection to it can be made. Where what answers says that it cannot serve, the connection ends before an answer, or
//! the answer will not do, one more address is asked: what may be asked here only reads.
//!
//! Sends what it is given and the operator's credentials with it, follows no redirects, decompresses nothing, and knows
//! nothing of plugins. Each address has its connections (`connect.rs`, `connection.rs`), its idle ones in a `pool.rs`, and the networks that it
//! may lead to (`network_policy.rs`).

mod connect;
mod connection;
mod head_allowance;
pub(crate) mod http_error;
pub(crate) mod inject;
pub(crate) mod network_policy;
mod pool;
pub(crate) mod reload;
mod resolver;
pub(crate) mod tenant;
pub(crate) mod tls;
mod upstream;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, uri::Scheme};
use wasmtime_wasi_http::{Error, Result};

pub(crate) use self::connection::Receiving;
use self::{
    inject::InjectedCredentials,
    network_policy::is_loopback,
    reload::CredentialsGeneration,
    resolver::{Resolve, SystemResolver},
    tls::Tls,
    upstream::{Failure, Upstream},
};
use crate::{
    config::{ServiceOptions, address::Address, error::ConfigError, limits::Limits},
    timers::Timers,
};

/// The time that requests go to the address that worked last, before the first is tried again: a server that restarts
/// is back within it, and one that stays away costs a connect timeout that often.
const RETURN_AFTER: Duration = Duration::from_secs(30);

/// The client of one service.
pub(crate) struct HttpClient {
    /// In the order of preference, at least one.
    upstreams: Vec<Upstream>,
    /// The address that is asked first, if not the first.
    detour: Mutex<Option<Detour>>,
    additions: Arc<InjectedCredentials>,
    tls: Option<Tls>,
    /// The time that an address has to be waited for before another is asked. A plugin that waits for less learns no
    /// more than that it did not wait.
    connect_timeout: Duration,
}

/// The address that a response came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AnsweredBy {
    /// Its place in the list.
    position: usize,
    /// The number of addresses that have seen the request, this one included.
    asked: usize,
}

/// The most addresses that see a request. All that may be asked here only reads; more would multiply the load on
/// servers that cannot bear it already.
const ASKED: usize = 2;

/// The statuses of proxies for a server that is down, starting or overloaded; Prometheus says 503 when it starts, and when
/// a query took too long, which another may do in time.
const UNAVAILABLE: [StatusCode; 3] = [
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

#[derive(Debug, Clone, Copy)]
struct Detour {
    upstream: usize,
    until: Instant,
}

/// The timeouts of each stage of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// For a connection to each address that is tried, TLS included. One from the pool is there at once.
    pub(crate) connect: Duration,
    /// For the head of the response, after that.
    pub(crate) first_byte: Duration,
}

impl HttpClient {
    /// A client with pools of its own. `first` is where requests are addressed to; the others are in the options.
    pub(crate) fn new(
        first: Address,
        options: &ServiceOptions,
        limits: &Limits,
        timers: &Timers,
    ) -> Result<Self, ConfigError> {
        Self::with_resolver(
            first,
            options,
            limits,
            timers,
            &(Arc::new(SystemResolver::default()) as _),
        )
    }

    fn with_resolver(
        first: Address,
        options: &ServiceOptions,
        limits: &Limits,
        timers: &Timers,
        resolver: &Arc<dyn Resolve>,
    ) -> Result<Self, ConfigError> {
        let backend = first.backend();
        let mut addresses = vec![first];
        for address in &options.failover {
            addresses.push(Address::parse(address)?.with_backend(backend));
        }
        let is_tls = |address: &Address| *address.scheme() == Scheme::HTTPS;
        let tls = match addresses.iter().any(is_tls) {
            true => Some(Tls::open(&options.credentials)?),
            false => None,
        };
        if tls.is_none() && options.credentials.has_tls() {
            tracing::warn!("certificates were given, and no address is https: they are not used");
        }
        let additions = Arc::new(InjectedCredentials::of(
            &options.credentials,
            &options.parameters,
        )?);
        additions.check_against(backend)?;
        let in_the_clear = |address: &&Address| !is_tls(address) && !is_loopback(address.host());
        for address in addresses.iter().filter(in_the_clear) {
            if additions.has_secrets() {
                let address = address.authority().as_str();
                if tls.is_some() && !options.credentials_in_the_clear {
                    return Err(ConfigError::CredentialsInTheClear {
                        address: address.to_owned(),
                    });
                }
                tracing::warn!(
                    address,
                    "credentials go over plain http, for everyone on the way to read"
                );
            }
        }
        let upstreams = addresses.into_iter().map(|address| {
            let tls = tls.clone().filter(|_| is_tls(&address));
            let additions = Arc::clone(&additions);
            Upstream::new(
                address,
                &options.networks,
                tls,
                additions,
                limits,
                timers,
                resolver,
            )
        });
        Ok(Self {
            upstreams: upstreams.collect(),
            detour: Mutex::new(None),
            additions,
            tls,
            connect_timeout: limits.connect_timeout,
        })
    }

    /// Returns true if a request sets a parameter of the operator's, such as the tenant it is for, or is not narrowed
    /// by it.
    pub(crate) fn would_escape_tenant(&self, request: &Request<Bytes>) -> bool {
        self.additions.are_set_by(request) || self.additions.leave_unnarrowed(request.uri())
    }

    /// Returns true if a request's target becomes another one, which is not for the plugin to see.
    pub(crate) fn changes_target(&self) -> bool {
        self.additions.changes_target()
    }

    /// The generation of the credentials that requests are sent with now.
    pub(crate) fn identity(&self) -> CredentialsGeneration {
        let certificates = self.tls.as_ref().map(|tls| tls.current().1);
        self.additions
            .identity()
            .max(certificates.unwrap_or_default())
    }

    /// Sends a request, and waits for the head of its response, which says by [`AnsweredBy`] where it came from. Its URI
    /// is that of the first address, with which another's origin and prefix are exchanged. At most two addresses see
    /// it, and one answers.
    ///
    /// The caller judges the response, and then [accepts](Self::accept) it or asks [elsewhere](Self::send_elsewhere).
    pub(crate) async fn send(
        &self,
        request: &Request<Bytes>,
        timeouts: Timeouts,
    ) -> Result<Response<Receiving>> {
        let (others, from_here) = self.upstreams.split_at(self.preferred());
        self.ask(from_here.iter().chain(others), 0, request, timeouts)
            .await
    }

    /// Sends a request on to the addresses after the one whose answer will not do. None: it may be sent to no other.
    pub(crate) fn send_elsewhere<'a>(
        &'a self,
        answered: AnsweredBy,
        request: &'a Request<Bytes>,
        timeouts: Timeouts,
    ) -> Option<impl Future<Output = Result<Response<Receiving>>> + 'a> {
        let AnsweredBy { position, asked } = answered;
        if !self.has_failover() || asked >= ASKED {
            return None;
        }
        let (before, from_here) = self.upstreams.split_at(position);
        let others = from_here.iter().skip(1).chain(before);
        Some(self.ask(others, asked, request, timeouts))
    }

    /// Asks one after the other, until one answers that can serve. So many have seen the request before.
    async fn ask<'a>(
        &'a self,
        upstreams: impl Iterator<Item = &'a Upstream>,
        mut asked: usize,
        request: &Request<Bytes>,
        timeouts: Timeouts,
    ) -> Result<Response<Receiving>> {
        let prefix = self.upstreams.first().map_or("", Upstream::prefix);
        let mut failure = None;
        let mut unavailable = None;
        for upstream in upstreams {
            match upstream.send(request, prefix, timeouts).await {
                Ok(mut response) => {
                    asked += 1;
                    if let Some(position) = self.position(upstream) {
                        let answered = AnsweredBy { position, asked };
                        response.extensions_mut().insert(answered);
                    }
                    if !UNAVAILABLE.contains(&response.status()) {
                        return Ok(response);
                    }
                    tracing::warn!(
                        address = upstream.authority(),
                        status = response.status().as_u16(),
                        "unavailable"
                    );
                    unavailable.get_or_insert(response);
                    if asked >= ASKED {
                        break;
                    }
                }
                Err(Failure::Connect(error))
                    if error.fails_over(timeouts.connect >= self.connect_timeout) =>
                {
                    tracing::warn!(
                        address = upstream.authority(),
                        error = &error as &dyn std::error::Error,
                        "no connection"
                    );
                    // The plugin knows of one address only: what became of the one that was asked first.
                    failure.get_or_insert(error.name());
                }
                Err(Failure::Exchange(error @ Error::ConnectionTerminated)) if asked == 0 => {
                    tracing::warn!(
                        address = upstream.authority(),
                        "the connection ended before an answer"
                    );
                    asked += 1;
                    failure.get_or_insert(error);
                }
                Err(_) if asked > 0 => break,
                Err(other) => return Err(other.name()),
            }
        }
        match unavailable {
            Some(response) => Ok(response),
            None => Err(failure.unwrap_or(Error::DestinationNotFound)),
        }
    }

    /// Takes a response for the answer: where it came from is counted, and asked first from now on if it can serve. Gives
    /// that address where it is another than the first.
    pub(crate) fn accept<B>(&self, response: &Response<B>) -> Option<&str> {
        let answered = response.extensions().get::<AnsweredBy>()?;
        let upstream = self.upstreams.get(answered.position)?;
        upstream.count_answer();
        if !UNAVAILABLE.contains(&response.status()) {
            self.settle_on(answered.position);
        }
        if answered.position == 0 {
            return None;
        }
        tracing::debug!(
            address = upstream.authority(),
            status = response.status().as_u16(),
            "another address answered"
        );
        Some(upstream.authority())
    }

    /// Each address, in the order of preference, and how many requests it has answered.
    pub(crate) fn answers(&self) -> Vec<(String, u64)> {
        let each = self.upstreams.iter();
        each.map(|upstream| (upstream.authority().to_owned(), upstream.answers()))
            .collect()
    }

    /// The position of the upstream to ask first. When a detour's time is over, the one who notices tries the
    /// straight way, and the others go on as before until it is known to work.
    fn preferred(&self) -> usize {
        if !self.has_failover() {
            return 0;
        }
        let now = Instant::now();
        match &mut *self.detour() {
            Some(detour) if now < detour.until => detour.upstream,
            Some(detour) => {
                detour.until = now + RETURN_AFTER;
                0
            }
            None => 0,
        }
    }

    /// Remembers which one works.
    fn settle_on(&self, position: usize) {
        if !self.has_failover() {
            return;
        }
        let wanted = Some(position).filter(|position| *position > 0);
        let mut detour = self.detour();
        if detour.map(|detour| detour.upstream) == wanted {
            return; // and its time runs on
        }
        if let Some(upstream) = self.upstreams.get(position) {
            tracing::info!(address = upstream.authority(), "requests go here now");
        }
        *detour = wanted.map(|upstream| Detour {
            upstream,
            until: Instant::now() + RETURN_AFTER,
        });
    }

    fn position(&self, upstream: &Upstream) -> Option<usize> {
        let mut each = self.upstreams.iter();
        each.position(|each| std::ptr::eq(each, upstream))
    }

    /// Returns true if there is more than one address.
    pub(crate) fn has_failover(&self) -> bool {
        self.upstreams.len() > 1
    }

    fn detour(&self) -> MutexGuard<'_, Option<Detour>> {
        // Nothing panics while it is held.
        self.detour.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

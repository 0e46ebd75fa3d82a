//! The only way out of the sandbox: `sandbox/wasi/hooks.rs` hands each request in here.
//!
//! The policy judges it, its body is taken in whole, the call's scope narrows it, and unless the cache has its answer,
//! the client adds the operator's credentials and sends it. Of an answer that is partial, and another address's to the
//! same request, the plugin gets the one that is whole.

pub(crate) mod body;
pub(crate) mod budget;
pub(crate) mod cache;
pub(crate) mod client;
pub(crate) mod denial;
pub(crate) mod denial_log;
mod held;
pub(crate) mod policy;
mod redirect;
pub(crate) mod request_slots;

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{Request, Response, header};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use metric_scope::Scope;
use wasmtime_wasi_http::{Error, RequestOptions, Result, WasiBody};

use self::{
    body::BoundedBody,
    budget::CallBudget,
    cache::{Cache, CacheHint, CacheStatistics, Coverage, Lookup, TimeoutKey},
    client::{HttpClient, Receiving, Timeouts, reload::CredentialsGeneration},
    denial::DenialCounts,
    denial_log::{Asked, DenialLog},
    held::judged,
    policy::EgressPolicy,
    request_slots::RequestSlots,
};
use crate::{
    config::{ServiceOptions, address::Address, error::ConfigError, limits::Limits},
    contract::{
        deny_reason::DenyReason,
        error::{CallError, ServiceError},
    },
    observe::{Exchange, Metrics},
    timers::Timers,
};

/// The way out for one service, and for the services that were made of it by narrowing their scope.
pub(crate) struct Egress {
    pipeline: Option<Arc<Pipeline>>,
    scope: Option<Scope>,
    denials: Arc<DenialCounts>,
}

struct Pipeline {
    request_slots: RequestSlots,
    metrics: Arc<Metrics>,
    timers: Timers,
    policy: EgressPolicy,
    client: HttpClient,
    /// None: it is off.
    cache: Option<Cache>,
    request_bytes: usize,
    response_bytes: u64,
    /// The longest waits that a plugin can have.
    timeouts: Timeouts,
    between_bytes: Duration,
    /// The number of times that the system had no descriptor or thread for a connection.
    scarcities: AtomicU64,
}

impl Egress {
    /// To one Prometheus.
    pub(crate) fn to(
        address: Address,
        options: &ServiceOptions,
        limits: &Limits,
        timers: &Timers,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            scope: None,
            denials: Arc::new(DenialCounts::with_metrics(metrics)),
            pipeline: Some(Arc::new(Pipeline {
                request_slots: RequestSlots::new(limits, timers),
                metrics: Arc::clone(metrics),
                client: HttpClient::new(address.clone(), options, limits, timers)?,
                cache: Cache::new(&options.cache, metrics),
                timers: timers.clone(),
                policy: EgressPolicy::to(address, limits),
                request_bytes: limits.request_bytes,
                response_bytes: limits.response_bytes,
                timeouts: Timeouts {
                    connect: limits.connect_timeout,
                    first_byte: limits.first_byte_timeout,
                },
                between_bytes: limits.between_bytes_timeout,
                scarcities: AtomicU64::new(0),
            })),
        })
    }

    /// Nowhere: every request is denied.
    pub(crate) fn denied() -> Self {
        Self {
            pipeline: None,
            scope: None,
            denials: Arc::default(),
        }
    }

    /// The same way, within a scope and the one that it has already.
    pub(crate) fn scoped(&self, scope: Scope) -> Self {
        let scope = match &self.scope {
            Some(wider) => wider.and(&scope),
            None => scope,
        };
        Self {
            pipeline: self.pipeline.clone(),
            scope: Some(scope),
            denials: Arc::clone(&self.denials),
        }
    }

    /// The generation of the credentials that requests are sent with now: another one after each change, and the same
    /// for no two services that have any.
    fn identity(&self) -> CredentialsGeneration {
        self.pipeline
            .as_ref()
            .map(|pipeline| pipeline.client.identity())
            .unwrap_or_default()
    }

    pub(crate) fn denials(&self) -> &DenialCounts {
        &self.denials
    }

    /// The denied requests of a call that begins.
    pub(crate) fn denial_log(&self) -> Arc<DenialLog> {
        Arc::new(DenialLog::of(&self.denials))
    }

    /// Judges a request, and sends it when it is its turn among those of its call and of the service.
    pub(crate) async fn send(
        &self,
        request: Request<WasiBody>,
        options: RequestOptions,
        budget: &Arc<CallBudget>,
        denial_log: &Arc<DenialLog>,
    ) -> Result<Response<WasiBody>> {
        let (mut head, body) = request.into_parts();
        let asked = self.asked(&head);
        let judged = match &self.pipeline {
            None => Err(DenyReason::NoNetwork),
            Some(pipeline) => pipeline
                .policy
                .judge(&head)
                .map(|target| (pipeline, target)),
        };
        let (pipeline, target) = judged.map_err(|reason| denial_log.deny(asked, reason))?;
        let slot = pipeline.request_slots.slot(budget).await?;
        head.uri = target.into_uri();
        let keep = CacheHint::of(&head.headers);
        policy::drop_headers(&mut head.headers);
        // The length of what is sent, not of what the plugin announced.
        head.headers.remove(header::CONTENT_LENGTH);
        let body = whole(body, pipeline.request_bytes)
            .await
            .map_err(|error| match error {
                Error::HttpRequestBodySize(_) => denial_log.deny(asked, DenyReason::Body),
                broken => broken,
            })?;
        let request = Request::from_parts(head, body);
        if pipeline.client.would_escape_tenant(&request) {
            return Err(denial_log.deny(asked, DenyReason::Tenant));
        }
        let request = match &self.scope {
            None => request,
            Some(scope) => scope
                .enforce(request)
                .map_err(|why| denial_log.deny_by_scope(asked, &why))?,
        };
        let timeouts = pipeline.request_timeouts(&options);
        let hold = |body| pipeline.request_slots.held(body, slot);
        let (Some(cache), Some(keep)) = (&pipeline.cache, keep) else {
            let response = pipeline.send(request, timeouts, denial_log, asked).await?;
            return Ok(response.map(hold));
        };
        let send = || {
            let (pipeline, denial_log) = (Arc::clone(pipeline), Arc::clone(denial_log));
            let request = request.clone();
            async move { pipeline.send(request, timeouts, &denial_log, asked).await }
        };
        let question = Lookup {
            request: &request,
            identity: self.identity(),
            scope: self.scope.as_ref().map(ToString::to_string),
            keep,
            timeouts: timeouts.key(),
        };
        Ok(cache.answer(question, send).await?.map(hold))
    }

    /// The request for an embedder to send in the place of a judged one: within the scope, and for the operator's tenant.
    pub(crate) fn bound(&self, request: Request<Bytes>) -> Result<Request<Bytes>, CallError> {
        let mut pipeline = self.pipeline.iter();
        if pipeline.any(|pipeline| pipeline.client.would_escape_tenant(&request)) {
            return Err(DenyReason::Tenant.into());
        }
        match &self.scope {
            Some(scope) => Ok(scope.enforce(request)?),
            None => Ok(request),
        }
    }

    /// A query as it would be sent.
    pub(crate) fn bound_query(&self, promql: String) -> Result<String, CallError> {
        match &self.scope {
            Some(scope) => Ok(scope.enforce_query(&promql)?),
            None => Ok(promql),
        }
    }

    /// The number of times that the system had no descriptor or thread for a connection.
    pub(crate) fn scarcities(&self) -> u64 {
        self.pipeline
            .as_ref()
            .map_or(0, |pipeline| pipeline.scarcities.load(Ordering::Relaxed))
    }

    /// Explains the error of a call that began after so many `scarcities`. The plugin knows of its connections only
    /// that there are none; that the system had none to give is the host's to say.
    pub(crate) fn explained(&self, error: CallError, scarcities: u64) -> CallError {
        match error.service() {
            Some(ServiceError::ConnectionFailed(why)) if self.scarcities() > scarcities => {
                CallError::OutOfResources {
                    source: why.clone().into(),
                }
            }
            _ => error,
        }
    }

    /// Returns true if there is a cache.
    pub(crate) fn keeps_answers(&self) -> bool {
        self.pipeline
            .as_ref()
            .is_some_and(|pipeline| pipeline.cache.is_some())
    }

    /// Statistics of the cache; all zero where there is none.
    pub(crate) fn cache_statistics(&self) -> CacheStatistics {
        let cache = self
            .pipeline
            .as_ref()
            .and_then(|pipeline| pipeline.cache.as_ref());
        cache.map(Cache::statistics).unwrap_or_default()
    }

    /// Each address, in the order of preference, and how many requests it has answered; none without a way out.
    pub(crate) fn answers(&self) -> Vec<(String, u64)> {
        self.pipeline
            .as_ref()
            .map(|pipeline| pipeline.client.answers())
            .unwrap_or_default()
    }

    /// A request as the log names it.
    pub(crate) fn asked(&self, head: &http::request::Parts) -> Asked {
        let pipeline = self.pipeline.as_ref();
        let endpoint = pipeline.and_then(|pipeline| pipeline.policy.endpoint(head.uri.path()));
        Asked::new(&head.method, endpoint)
    }
}

impl Pipeline {
    /// The plugin's wishes, as far as they are shorter than what it can have.
    fn request_timeouts(&self, options: &RequestOptions) -> RequestTimeouts {
        RequestTimeouts {
            to_head: self.timeouts.shortened_by(options),
            between_bytes: shorter(self.between_bytes, options.between_bytes_timeout),
        }
    }

    async fn send(
        &self,
        request: Request<Bytes>,
        timeouts: RequestTimeouts,
        denial_log: &DenialLog,
        asked: Asked,
    ) -> Result<Response<WasiBody>> {
        let sending = self.client.send(&request, timeouts.to_head);
        let sent = self.exchange(sending, timeouts);
        let response = sent.await.inspect_err(|error| match error {
            // The plugin learns of this one by its name: it knows the address.
            Error::DestinationIpProhibited => {
                denial_log.deny(asked, DenyReason::Network);
            }
            Error::ConnectionLimitReached => {
                self.scarcities.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        })?;
        if !self.client.has_failover() {
            return Ok(self.accepted(response));
        }
        let (response, coverage) = judged(response).await;
        if coverage == Coverage::Partial
            && let Some(answered) = response.extensions().get().copied()
            && let Some(sending) = self
                .client
                .send_elsewhere(answered, &request, timeouts.to_head)
        {
            tracing::warn!("a partial answer: another address is asked for a whole one");
            if let Ok(other) = self.exchange(sending, timeouts).await
                && let (other, Coverage::Whole) = judged(other).await
            {
                return Ok(self.accepted(other));
            }
        }
        Ok(self.accepted(response))
    }

    /// Sends one request, whose answer is counted and bounded as it comes.
    async fn exchange(
        &self,
        sending: impl Future<Output = Result<Response<Receiving>>>,
        timeouts: RequestTimeouts,
    ) -> Result<Response<WasiBody>> {
        let mut exchange = Exchange::begin(&self.metrics);
        let response = sending.await?;
        exchange.answered(response.status());
        let (mut head, body) = response.into_parts();
        if self.client.changes_target() && redirect::conceal_target(&mut head) {
            head.headers.remove(header::CONTENT_LENGTH);
            return Ok(Response::from_parts(head, empty()));
        }
        let (maximum, pause) = (self.response_bytes, timeouts.between_bytes);
        let body = BoundedBody::new(body, exchange, maximum, self.timers.clone(), pause)?;
        Ok(Response::from_parts(head, body.boxed_unsync()))
    }

    fn accepted(&self, response: Response<WasiBody>) -> Response<WasiBody> {
        if let Some(address) = self.client.accept(&response) {
            self.metrics.failed_over(address);
        }
        response
    }
}

/// The timeouts of a request.
#[derive(Clone, Copy)]
struct RequestTimeouts {
    /// Up to the response's head.
    to_head: Timeouts,
    between_bytes: Duration,
}

impl RequestTimeouts {
    fn key(self) -> TimeoutKey {
        [
            self.to_head.connect,
            self.to_head.first_byte,
            self.between_bytes,
        ]
    }
}

impl Timeouts {
    /// The plugin's wishes, as far as they are shorter.
    fn shortened_by(self, options: &RequestOptions) -> Self {
        Self {
            connect: shorter(self.connect, options.connect_timeout),
            first_byte: shorter(self.first_byte, options.first_byte_timeout),
        }
    }
}

fn shorter(limit: Duration, wish: Option<Duration>) -> Duration {
    wish.map_or(limit, |wish| wish.min(limit))
}

fn empty() -> WasiBody {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// A request's whole body. Taken in before anything is sent, so that the request is judged as a whole and
/// leaves in one piece, with its true length.
async fn whole(body: WasiBody, maximum: usize) -> Result<Bytes> {
    let mut body = Pin::new(Box::new(body));
    let mut first = Bytes::new();
    let mut more = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue; // trailers, which Prometheus has no use for
        };
        if data.len() > maximum.saturating_sub(first.len().max(more.len())) {
            return Err(Error::HttpRequestBodySize(Some(maximum as u64)));
        }
        if first.is_empty() {
            first = data;
        } else {
            if more.is_empty() {
                more.extend_from_slice(&first);
            }
            more.extend_from_slice(&data);
        }
        if body.is_end_stream() {
            break;
        }
    }
    Ok(if more.is_empty() {
        first
    } else {
        more.freeze()
    })
}

#[cfg(test)]
mod tests;

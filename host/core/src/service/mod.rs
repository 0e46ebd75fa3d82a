//! The verbs, asked of one plugin under one configuration, each from a fresh instance.
//!
//! Knows nothing of PromQL or HTTP, nor of how an instance is made and how it ends.

pub(crate) mod codec;
pub(crate) mod cursor;
pub(crate) mod decisions;
pub(crate) mod families;
pub(crate) mod functions;
pub(crate) mod grid;
pub(crate) mod handed_out;
pub(crate) mod insight;
pub(crate) mod json;
pub(crate) mod plugin;
pub(crate) mod progress;
pub(crate) mod range;
pub(crate) mod stream;
pub(crate) mod validate;

use std::{
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::Request;
use metric_scope::Scope;
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, Lift, Lower};

use self::{
    codec::Answer,
    plugin::Plugin,
    range::RangeResult,
    validate::{broken, checked},
};
use crate::{
    config::limits::Limits,
    contract::{
        bindings::exports::backendai::metric::range_service::RangeError,
        deny_reason::DenyReason,
        error::{CallError, ServiceError},
        types::{
            Config, HttpRequest, MetadataResult, MetricQuery, MetricResult, MetricType, ValueType,
        },
    },
    egress::{Egress, cache::CacheStatistics, denial::DenialCounts},
    observe::RequestId,
};

/// A plugin, told where Prometheus is. Clones are cheap and share the connections.
///
/// Calls run side by side, each in an instance of its own that is dropped afterwards: no call sees
/// anything of another, and one that crashes harms none. Dropping a call's future ends the call.
/// Calls need a tokio runtime with time and I/O enabled, the same one for all calls of a service:
/// its connections live there.
#[derive(Clone)]
pub struct MetricService {
    pub(crate) plugin: Plugin,
    pub(crate) config: Arc<Config>,
    pub(crate) egress: Arc<Egress>,
    pub(crate) timeout: Duration,
    pub(crate) request_id: Option<RequestId>,
    /// The time of day, Unix milliseconds, where the configuration has none.
    pub(crate) clock: fn() -> Option<i64>,
}

impl MetricService {
    pub(crate) fn new(plugin: Plugin, config: Config, egress: Egress) -> Self {
        let timeout = plugin
            .codec()
            .sandbox()
            .shared
            .limits
            .timeout_of_call(&config);
        Self {
            plugin,
            config: Arc::new(config),
            egress: Arc::new(egress),
            timeout,
            request_id: None,
            clock: time_of_day,
        }
    }

    /// The same service, which sees only the series within `scope`, and within those that it was given before.
    ///
    /// The host holds each request of the plugin's to it, whatever the plugin does: PromQL is parsed, and each of
    /// its selectors gets the scope's matchers. A request that cannot be narrowed with certainty is denied. So is the
    /// plugin's word of what it asks: requests and PromQL that are handed out are those that would be sent. Made
    /// in no time: connections are shared, so a scope may be given for each call.
    #[must_use]
    pub fn scoped(&self, scope: Scope) -> Self {
        Self {
            egress: Arc::new(self.egress.scoped(scope)),
            ..self.clone()
        }
    }

    /// The plugin that is asked.
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// The same service, whose calls are found in the log under this id. Without it each call draws one.
    #[must_use]
    pub fn with_request_id(&self, id: RequestId) -> Self {
        Self {
            request_id: Some(id),
            ..self.clone()
        }
    }

    /// The same service, whose calls are told this time of day, in Unix milliseconds, in the place of the system's: for
    /// what is asked as of another time. The cache goes by the system's clock all the same.
    #[must_use]
    pub fn with_now(&self, now: i64) -> Self {
        let config = Config {
            now: Some(now),
            ..Config::clone(&self.config)
        };
        Self {
            config: Arc::new(config),
            ..self.clone()
        }
    }

    /// The same service, whose rates have this window in the place of the configuration's: see [`Config::timewindow`].
    #[must_use]
    pub fn with_timewindow(&self, window: impl Into<String>) -> Self {
        let config = Config {
            timewindow: Some(window.into()),
            ..Config::clone(&self.config)
        };
        Self {
            config: Arc::new(config),
            ..self.clone()
        }
    }

    /// The configuration that the plugin is given. Where it has no [`Config::now`], each call that may send requests is
    /// given the system's time of day.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The number of the plugin's requests that were denied, by reason.
    pub fn denials(&self) -> &DenialCounts {
        self.egress.denials()
    }

    /// Statistics of the cache of this service and of those made of it by [`scoped`](Self::scoped). All zero
    /// where it is off.
    pub fn cache_statistics(&self) -> CacheStatistics {
        self.egress.cache_statistics()
    }

    /// The addresses of Prometheus, `host:port`, in the order in which they are asked, each with the number of requests
    /// of this service, and of those made of it by [`scoped`](Self::scoped), that it has answered. Requests that a
    /// cache answered are in none. Empty for a service that sends nothing.
    pub fn answers_by_address(&self) -> Vec<(String, u64)> {
        self.egress.answers()
    }

    /// The metrics that Prometheus holds, with what the plugin's catalogue knows of each.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn query_metadata(&self) -> Result<MetadataResult, CallError> {
        self.observed("query-metadata", async {
            let params = (&self.config_now(),);
            self.ask(&self.plugin.functions.service.query_metadata, params)
                .await
        })
        .await
    }

    /// Asks Prometheus and returns the series.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn query_metric(&self, query: &MetricQuery) -> Result<MetricResult, CallError> {
        self.observed("query-metric", async {
            let params = (&self.config_now(), query);
            let answer = self
                .ask(&self.plugin.functions.service.query_metric, params)
                .await?;
            let answer = checked(answer, self.limits())?;
            self.as_sent(answer)
        })
        .await
    }

    /// The PromQL that [`query_metric`](Self::query_metric) would send. Nothing is sent.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn build_promql(&self, query: &MetricQuery) -> Result<String, CallError> {
        self.observed("build-promql", async {
            let params = (&self.config_now(), query);
            let answer = self
                .ask(&self.plugin.functions.service.build_promql, params)
                .await?;
            self.egress.bound_query(answer)
        })
        .await
    }

    /// Detects how a metric is read: as a gauge, a rate or a diff.
    ///
    /// # Errors
    /// [`CallError`], never its `Service`: the plugin has an answer for every name.
    pub async fn detect_metric_type(
        &self,
        metric_name: &str,
        value_type: Option<ValueType>,
    ) -> Result<MetricType, CallError> {
        self.observed("detect-metric-type", async {
            let params = (metric_name, value_type);
            let (metric_type,) = self
                .call(&self.plugin.functions.service.detect_metric_type, params)
                .await?;
            Ok(metric_type)
        })
        .await
    }

    /// The request of [`query_metadata`](Self::query_metadata), for an embedder that sends it itself: as it would
    /// leave, but without the [credentials](crate::Credentials).
    ///
    /// # Errors
    /// [`CallError`]; its [`Denied`](CallError::Denied) or [`OutOfScope`](CallError::OutOfScope) for a request that
    /// the host would not let out.
    pub async fn metadata_request(&self) -> Result<HttpRequest, CallError> {
        let codec = self.plugin.codec();
        self.handed_out(codec.judged_metadata_request(&self.config).await)
    }

    /// The answer of [`query_metadata`](Self::query_metadata), from a response's status and whole body.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn metadata_response(
        &self,
        status: u16,
        body: &str,
    ) -> Result<MetadataResult, CallError> {
        let codec = self.plugin.codec();
        codec.metadata_response(&self.config, status, body).await
    }

    /// The request of [`query_metric`](Self::query_metric), likewise.
    /// Request and response belong to one configuration, so the host tells neither the time: set [`Config::now`] for
    /// points that would lie in the future to be left out.
    ///
    /// # Errors
    /// As [`metadata_request`](Self::metadata_request).
    pub async fn metric_request(&self, query: &MetricQuery) -> Result<HttpRequest, CallError> {
        let codec = self.plugin.codec();
        self.handed_out(codec.judged_metric_request(&self.config, query).await)
    }

    /// The answer of [`query_metric`](Self::query_metric), from a response's status and whole body.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn metric_response(
        &self,
        query: &MetricQuery,
        status: u16,
        body: &str,
    ) -> Result<MetricResult, CallError> {
        let codec = self.plugin.codec();
        let answer = codec.metric_response(&self.config, query, status, body);
        self.as_sent(answer.await?)
    }

    /// An answer that says which query was sent, and not which one the plugin wrote.
    pub(crate) fn as_sent(&self, answer: MetricResult) -> Result<MetricResult, CallError> {
        Ok(MetricResult {
            promql: self.egress.bound_query(answer.promql)?,
            ..answer
        })
    }

    /// A judged request as it would leave. Counts the denials.
    fn handed_out(
        &self,
        judged: Result<Request<Bytes>, CallError>,
    ) -> Result<HttpRequest, CallError> {
        let written = |request| Ok(handed_out::written(request)?);
        judged
            .and_then(|request| self.egress.bound(request))
            .and_then(written)
            .inspect_err(|error| match error {
                CallError::Denied(reason) => self.denials().count(*reason),
                CallError::OutOfScope(_) => self.denials().count(DenyReason::Scope),
                _ => {}
            })
    }

    /// The configuration of a call that begins now.
    pub(crate) fn config_now(&self) -> Config {
        Config {
            now: self.config.now.or_else(self.clock),
            ..Config::clone(&self.config)
        }
    }

    /// Sees a call through: log and metrics.
    pub(crate) async fn observed<R>(
        &self,
        verb: &'static str,
        work: impl Future<Output = Result<R, CallError>>,
    ) -> Result<R, CallError> {
        let metrics = &self.plugin.codec().sandbox().shared.metrics;
        let scarcities = self.egress.scarcities();
        let work = async {
            let outcome = work.await;
            outcome.map_err(|error| self.egress.explained(error, scarcities))
        };
        metrics.observe(verb, self.request_id.as_ref(), work).await
    }

    /// The host's limits.
    pub(crate) fn limits(&self) -> &Limits {
        &self.plugin.codec().sandbox().shared.limits
    }

    /// Calls a function that answers or says what went wrong.
    pub(crate) async fn ask<P, R>(
        &self,
        function: &ComponentExportIndex,
        params: P,
    ) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: Lift + Send + Sync + 'static,
    {
        let (answer,): Answer<R> = self.call(function, params).await?;
        Ok(answer.map_err(ServiceError::from)?)
    }

    /// The same of a function whose failure may be one of a chunk.
    pub(crate) async fn ask_range<P, R>(
        &self,
        function: &ComponentExportIndex,
        params: P,
    ) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: Lift + Send + Sync + 'static,
    {
        let (answer,): RangeResult<R> = self.call(function, params).await?;
        Ok(answer?)
    }

    /// Calls a function that answers many questions at once, and holds each answer to its word. One that fails leaves the
    /// others alone.
    pub(crate) async fn ask_batch<P, Q, R, A>(
        &self,
        function: &ComponentExportIndex,
        params: P,
        questions: &[Q],
        check: impl Fn(&Q, R) -> Result<A, CallError>,
    ) -> Result<Vec<Result<A, CallError>>, CallError>
    where
        P: ComponentNamedList + Lower,
        R: Lift + Send + Sync + 'static,
    {
        let scarcities = self.egress.scarcities();
        let (answers,): (Vec<Result<R, RangeError>>,) = self.call(function, params).await?;
        if answers.len() != questions.len() {
            return Err(broken(format!(
                "{} answers to {} queries",
                answers.len(),
                questions.len()
            )));
        }
        let checked = |(question, answer): (&Q, Result<R, RangeError>)| {
            answer
                .map_err(CallError::from)
                .and_then(|answer| check(question, answer))
                .map_err(|error| self.egress.explained(error, scarcities))
        };
        Ok(questions.iter().zip(answers).map(checked).collect())
    }

    /// Calls a function of the plugin, with its way to Prometheus.
    pub(crate) async fn call<P, R>(
        &self,
        function: &ComponentExportIndex,
        params: P,
    ) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        let sandbox = self.plugin.codec().sandbox();
        sandbox
            .call(function, params, &self.egress, self.timeout)
            .await
    }
}

/// The system's, Unix milliseconds. One before 1970 tells no time: no data are final then.
fn time_of_day() -> Option<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

impl fmt::Debug for MetricService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricService")
            .field("config", &self.config)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

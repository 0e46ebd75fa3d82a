//! The verbs, asked of one plugin under one configuration, each from a fresh instance.
//!
//! Judges how calls end. Knows nothing of PromQL or HTTP.

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::timeout;
use wasmtime::{
    Store,
    component::{ComponentExportIndex, ComponentNamedList, Lift, Lower},
};

use crate::{
    bindings::exports::backendai::metric::types::Error as WitError,
    error::{CallError, ServiceError},
    functions::Functions,
    outgoing::Outgoing,
    plugin::Plugin,
    store::{self, CallState},
    types::{
        Config, HttpRequest, MetricMetadata, MetricQuery, MetricResult, MetricType, ValueType,
    },
};

/// A plugin, told where Prometheus is. Clones are cheap and share the connections.
///
/// Calls run side by side, each in an instance of its own that is dropped afterwards: no call sees
/// anything of another, and one that crashes harms none. Dropping a call's future ends the call.
/// Calls need a tokio runtime with time and I/O enabled, the same one for all calls of a service:
/// its connections live there.
#[derive(Clone)]
pub struct MetricService {
    plugin: Plugin,
    config: Arc<Config>,
    outgoing: Arc<Outgoing>,
    timeout: Duration,
}

/// What the contract's functions return, all but one.
type Answer<R> = (Result<R, WitError>,);

impl MetricService {
    pub(crate) fn new(plugin: Plugin, config: Config, outgoing: Outgoing) -> Self {
        let timeout = plugin.loaded.shared.limits.timeout_of_call(&config);
        Self {
            plugin,
            config: Arc::new(config),
            outgoing: Arc::new(outgoing),
            timeout,
        }
    }

    /// The configuration that the plugin is given.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The metrics that Prometheus holds, with what the plugin's catalogue knows of each.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn query_metadata(&self) -> Result<Vec<MetricMetadata>, CallError> {
        let params = (&*self.config,);
        let (answer,): Answer<_> = self.call(&self.functions().query_metadata, params).await?;
        Ok(answer.map_err(ServiceError::from)?)
    }

    /// Asks Prometheus and returns the series.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn query_metric(&self, query: &MetricQuery) -> Result<MetricResult, CallError> {
        let params = (&*self.config, query);
        let (answer,): Answer<_> = self.call(&self.functions().query_metric, params).await?;
        checked(answer.map_err(ServiceError::from)?)
    }

    /// The PromQL that [`query_metric`](Self::query_metric) would send. Nothing is sent.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn build_promql(&self, query: &MetricQuery) -> Result<String, CallError> {
        let params = (&*self.config, query);
        let (answer,): Answer<_> = self.call(&self.functions().build_promql, params).await?;
        Ok(answer.map_err(ServiceError::from)?)
    }

    /// How a metric is read: as a gauge, a rate or a diff.
    ///
    /// # Errors
    /// [`CallError`], never its `Service`: the plugin has an answer for every name.
    pub async fn detect_metric_type(
        &self,
        metric_name: &str,
        value_type: Option<ValueType>,
    ) -> Result<MetricType, CallError> {
        let params = (metric_name, value_type);
        let (metric_type,) = self
            .call(&self.functions().detect_metric_type, params)
            .await?;
        Ok(metric_type)
    }

    /// The request of [`query_metadata`](Self::query_metadata), for an embedder that sends it itself.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn metadata_request(&self) -> Result<HttpRequest, CallError> {
        let params = (&*self.config,);
        let (answer,): Answer<_> = self
            .call(&self.functions().metadata_request, params)
            .await?;
        Ok(answer.map_err(ServiceError::from)?)
    }

    /// The answer of [`query_metadata`](Self::query_metadata), from a response's status and whole body.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn metadata_response(
        &self,
        status: u16,
        body: &str,
    ) -> Result<Vec<MetricMetadata>, CallError> {
        let params = (&*self.config, status, body);
        let (answer,): Answer<_> = self
            .call(&self.functions().metadata_response, params)
            .await?;
        Ok(answer.map_err(ServiceError::from)?)
    }

    /// The request of [`query_metric`](Self::query_metric), for an embedder that sends it itself.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn metric_request(&self, query: &MetricQuery) -> Result<HttpRequest, CallError> {
        let params = (&*self.config, query);
        let (answer,): Answer<_> = self.call(&self.functions().metric_request, params).await?;
        Ok(answer.map_err(ServiceError::from)?)
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
        let params = (&*self.config, query, status, body);
        let (answer,): Answer<_> = self.call(&self.functions().metric_response, params).await?;
        checked(answer.map_err(ServiceError::from)?)
    }

    fn functions(&self) -> &Functions {
        &self.plugin.loaded.functions
    }

    /// Calls a function under the clock: the wait for a place, the instance, which may compute as it
    /// starts, and the function itself.
    async fn call<P, R>(&self, function: &ComponentExportIndex, params: P) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        timeout(self.timeout, self.call_unbounded(function, params))
            .await
            .unwrap_or_else(|_| {
                tracing::warn!(after = ?self.timeout, "the plugin was ended");
                Err(CallError::TimedOut {
                    after: self.timeout,
                })
            })
    }

    async fn call_unbounded<P, R>(
        &self,
        function: &ComponentExportIndex,
        params: P,
    ) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        let instantiate = |source| CallError::Instantiate { source };
        let loaded = &*self.plugin.loaded;
        let shared = &*loaded.shared;
        // Given back when the store is gone.
        let _place = shared
            .places
            .acquire()
            .await
            .map_err(|closed| instantiate(closed.into()))?;
        let outgoing = Arc::clone(&self.outgoing);
        let mut store = store::store(&shared.engine, &shared.limits, outgoing);
        let instance = loaded
            .pre
            .instantiate_async(&mut store)
            .await
            .map_err(|error| instantiate(error.into()))?;
        let function = instance
            .get_typed_func::<P, R>(&mut store, function)
            .map_err(|error| instantiate(error.into()))?;
        function
            .call_async(&mut store, params)
            .await
            .map_err(|error| self.crash(&store, error))
    }

    fn crash(&self, store: &Store<CallState>, error: wasmtime::Error) -> CallError {
        tracing::warn!(error = format!("{error:?}"), "the plugin crashed");
        let limits = &self.plugin.loaded.shared.limits;
        let answer_too_large = is_hostcall_fuel_exhausted(&error);
        let source = error.into();
        if answer_too_large {
            let maximum = limits.hostcall_bytes as u64;
            CallError::AnswerTooLarge { maximum, source }
        } else if store.data().was_refused_memory() {
            let maximum = limits.memory_bytes as u64;
            CallError::MemoryLimit { maximum, source }
        } else {
            CallError::Trapped { source }
        }
    }
}

impl fmt::Debug for MetricService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetricService")
            .field("config", &self.config)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// wasmtime does not export the type of this error, only its words.
fn is_hostcall_fuel_exhausted(error: &wasmtime::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .to_string()
            .contains("fuel allocated for hostcalls has been exhausted")
    })
}

/// Holds the plugin to its word: in each series, `timestamps[i]` belongs to `values[i]`.
fn checked(result: MetricResult) -> Result<MetricResult, CallError> {
    for (at, series) in result.series.iter().enumerate() {
        let (timestamps, values) = (series.timestamps.len(), series.values.len());
        if timestamps != values {
            return Err(CallError::BrokenContract {
                reason: format!("series {at} has {timestamps} timestamps and {values} values"),
            });
        }
    }
    Ok(result)
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;

//! The verbs without I/O, asked of any component that exports `codec`: a plugin, or one that can do no more.
//!
//! Knows nothing of where Prometheus is reached, nor of who sends the requests.

use std::{fmt, future::Future, sync::Arc};

use bytes::Bytes;
use http::Request;
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, Lift, Lower};

use super::{
    functions::{CodecFunctions, Exported},
    handed_out,
    validate::checked,
};
use crate::{
    config::address::Address,
    contract::{
        bindings::exports::backendai::metric::types::Error as WitError,
        error::{CallError, ServiceError},
        types::{
            Config, HttpRequest, InvalidArgument, MetadataResult, MetricQuery, MetricResult,
            MetricType, ValueType,
        },
    },
    egress::Egress,
    load::inspect::PluginDescription,
    sandbox::component::{MissingFunction, Sandbox},
};

/// A compiled component of the world `metric-codec`, for an embedder that sends the requests itself. Clones are
/// cheap and share everything.
///
/// Calls have no network. Each runs in an instance of its own that is dropped afterwards, under the host's
/// limits and [`Limits::call_timeout`](crate::Limits::call_timeout). Calls need a tokio runtime with time enabled.
/// An address that brings a password or a query along is an [`InvalidArgument`], of which the component is not told.
#[derive(Clone)]
pub struct Codec {
    loaded: Arc<Loaded>,
}

struct Loaded {
    sandbox: Sandbox,
    functions: CodecFunctions,
    description: PluginDescription,
    nowhere: Arc<Egress>,
}

/// The return type of the contract's functions, all but one.
pub(crate) type Answer<R> = (Result<R, WitError>,);

impl Codec {
    pub(crate) fn new(
        sandbox: Sandbox,
        description: PluginDescription,
    ) -> Result<Self, MissingFunction> {
        Ok(Self {
            loaded: Arc::new(Loaded {
                functions: CodecFunctions::find(&sandbox)?,
                sandbox,
                description,
                nowhere: Arc::new(Egress::denied()),
            }),
        })
    }

    /// The component's imports, exports, size and world.
    pub fn description(&self) -> &PluginDescription {
        &self.loaded.description
    }

    /// The PromQL that the request of [`metric_request`](Self::metric_request) asks.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn build_promql(
        &self,
        config: &Config,
        query: &MetricQuery,
    ) -> Result<String, CallError> {
        self.observed("build-promql", async {
            let function = &self.loaded.functions.build_promql;
            self.ask(function, (config, query), config).await
        })
        .await
    }

    /// Detects how a metric is read: as a gauge, a rate or a diff.
    ///
    /// # Errors
    /// [`CallError`], never its `Service`: the component has an answer for every name.
    pub async fn detect_metric_type(
        &self,
        metric_name: &str,
        value_type: Option<ValueType>,
    ) -> Result<MetricType, CallError> {
        self.observed("detect-metric-type", async {
            let function = &self.loaded.functions.detect_metric_type;
            let params = (metric_name, value_type);
            // No configuration, so the contract's own timeout.
            let (metric_type,) = self.call(function, params, &Config::new("")).await?;
            Ok(metric_type)
        })
        .await
    }

    /// The request that asks which metrics there are, as far as the host would let it out itself: to the address of
    /// `config`, to a path that the service needs, with the headers that a plugin may set.
    ///
    /// # Errors
    /// [`CallError`]; its [`Denied`](CallError::Denied) for a request that is none of these.
    pub async fn metadata_request(&self, config: &Config) -> Result<HttpRequest, CallError> {
        let request = self.judged_metadata_request(config).await?;
        Ok(handed_out::written(request)?)
    }

    pub(crate) async fn judged_metadata_request(
        &self,
        config: &Config,
    ) -> Result<Request<Bytes>, CallError> {
        self.observed("metadata-request", async {
            let function = &self.loaded.functions.metadata_request;
            let answer = self.ask(function, (config,), config).await?;
            self.judged(answer, config)
        })
        .await
    }

    /// The metrics, from the status and the whole body of the response.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn metadata_response(
        &self,
        config: &Config,
        status: u16,
        body: &str,
    ) -> Result<MetadataResult, CallError> {
        self.observed("metadata-response", async {
            let function = &self.loaded.functions.metadata_response;
            let params = (config, status, body);
            self.ask(function, params, config).await
        })
        .await
    }

    /// The request that asks for the series, as far as the host would let it out itself.
    ///
    /// # Errors
    /// As [`metadata_request`](Self::metadata_request).
    pub async fn metric_request(
        &self,
        config: &Config,
        query: &MetricQuery,
    ) -> Result<HttpRequest, CallError> {
        let request = self.judged_metric_request(config, query).await?;
        Ok(handed_out::written(request)?)
    }

    pub(crate) async fn judged_metric_request(
        &self,
        config: &Config,
        query: &MetricQuery,
    ) -> Result<Request<Bytes>, CallError> {
        self.observed("metric-request", async {
            let function = &self.loaded.functions.metric_request;
            let answer = self.ask(function, (config, query), config).await?;
            self.judged(answer, config)
        })
        .await
    }

    fn judged(&self, request: HttpRequest, config: &Config) -> Result<Request<Bytes>, CallError> {
        let limits = &self.loaded.sandbox.shared.limits;
        Ok(handed_out::judged(request, config, limits)?)
    }

    /// The series, from the status and the whole body of the response.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn metric_response(
        &self,
        config: &Config,
        query: &MetricQuery,
        status: u16,
        body: &str,
    ) -> Result<MetricResult, CallError> {
        self.observed("metric-response", async {
            let function = &self.loaded.functions.metric_response;
            let params = (config, query, status, body);
            let answer = self.ask(function, params, config).await?;
            let limits = &self.loaded.sandbox.shared.limits;
            checked(answer, limits)
        })
        .await
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.loaded.sandbox
    }

    /// Sees a call through: log and metrics.
    async fn observed<R>(
        &self,
        verb: &'static str,
        work: impl Future<Output = Result<R, CallError>>,
    ) -> Result<R, CallError> {
        let metrics = &self.loaded.sandbox.shared.metrics;
        metrics.observe(verb, None, work).await
    }

    /// Calls a function that is told the configuration, unless that holds a secret.
    async fn ask<P, R>(
        &self,
        function: &ComponentExportIndex,
        params: P,
        config: &Config,
    ) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: Lift + Send + Sync + 'static,
    {
        Address::refuse_secrets(&config.address).map_err(|error| {
            ServiceError::InvalidArgument(InvalidArgument {
                field: "config.address".to_owned(),
                reason: error.to_string(),
            })
        })?;
        let (answer,): Answer<R> = self.call(function, params, config).await?;
        Ok(answer.map_err(ServiceError::from)?)
    }

    /// Calls a function of the component, without a network.
    pub(crate) async fn call<P, R>(
        &self,
        function: &ComponentExportIndex,
        params: P,
        config: &Config,
    ) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        let sandbox = &self.loaded.sandbox;
        let after = sandbox.shared.limits.timeout_of_call(config);
        sandbox
            .call(function, params, &self.loaded.nowhere, after)
            .await
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codec")
            .field("description", &self.loaded.description)
            .finish_non_exhaustive()
    }
}

//! A plugin that was read, audited and compiled, ready to be instantiated.
//!
//! Knows no configuration; that is the service's.

use std::{fmt, sync::Arc};

use super::{
    MetricService,
    codec::Codec,
    functions::{
        DecisionFunctions, DiscoveryFunctions, InsightFunctions, RangeFunctions, ServiceFunctions,
    },
};
use crate::{
    config::{ServiceOptions, address::Address, error::ConfigError},
    contract::{
        names::{DISCOVERY, INSIGHT, RANGE_SERVICE},
        types::Config,
    },
    egress::Egress,
    load::inspect::PluginDescription,
    sandbox::component::{MissingFunction, Sandbox},
};

/// A compiled plugin. Clones are cheap and share everything.
#[derive(Clone)]
pub struct Plugin {
    pub(crate) functions: Arc<ServiceFunctions>,
    /// None: it lacks the interface.
    pub(crate) range_functions: Option<Arc<RangeFunctions>>,
    pub(crate) decision_functions: Arc<DecisionFunctions>,
    /// Likewise.
    pub(crate) insight_functions: Option<Arc<InsightFunctions>>,
    /// Likewise.
    pub(crate) discovery_functions: Option<Arc<DiscoveryFunctions>>,
    codec: Codec,
}

impl Plugin {
    pub(crate) fn new(codec: Codec) -> Result<Self, MissingFunction> {
        let sandbox = codec.sandbox();
        Ok(Self {
            functions: Arc::new(ServiceFunctions::find(sandbox)?),
            decision_functions: Arc::new(DecisionFunctions::find(sandbox)?),
            range_functions: if_exported(sandbox, RANGE_SERVICE, RangeFunctions::find)?,
            insight_functions: if_exported(sandbox, INSIGHT, InsightFunctions::find)?,
            discovery_functions: if_exported(sandbox, DISCOVERY, DiscoveryFunctions::find)?,
            codec,
        })
    }

    /// The plugin, told where Prometheus is. Its requests may go there, to the paths that the service needs,
    /// and nowhere else.
    ///
    /// # Errors
    /// [`ConfigError`], if the address cannot be read, or is `https` and the system has no root
    /// certificates. Everything else in `config` is for the plugin to judge, at the first call.
    pub fn service(&self, config: Config) -> Result<MetricService, ConfigError> {
        self.service_with(config, &ServiceOptions::default())
    }

    /// As [`service`](Self::service), with what the operator grants and demands.
    ///
    /// # Errors
    /// As [`service`](Self::service).
    pub fn service_with(
        &self,
        config: Config,
        options: &ServiceOptions,
    ) -> Result<MetricService, ConfigError> {
        let address = Address::parse(&config.address)?.with_backend(config.backend);
        let shared = &self.codec.sandbox().shared;
        let (limits, timers) = (&shared.limits, shared.ticker.timers());
        let egress = Egress::to(address, options, limits, timers, &shared.metrics)?;
        Ok(MetricService::new(self.clone(), config, egress))
    }

    /// The plugin without a network: every request is denied. For the verbs that send nothing, such as
    /// `metric_request` and `metric_response`, when the embedder sends the requests itself.
    ///
    /// `config` is for the plugin to judge, its address included.
    ///
    /// # Errors
    /// [`ConfigError::Address`], if the address brings a password or a query along: the plugin is not told secrets.
    pub fn offline(&self, config: Config) -> Result<MetricService, ConfigError> {
        Address::refuse_secrets(&config.address)?;
        Ok(MetricService::new(self.clone(), config, Egress::denied()))
    }

    /// The plugin's verbs without I/O.
    pub fn codec(&self) -> &Codec {
        &self.codec
    }

    /// Whether the plugin has the verbs of long ranges, batches and streams: whether it exports `range-service`.
    pub fn has_ranges(&self) -> bool {
        self.range_functions.is_some()
    }

    /// Whether the plugin sums up, ranks and watches: whether it exports `insight`.
    pub fn has_insight(&self) -> bool {
        self.insight_functions.is_some()
    }

    /// Whether the plugin lists values: whether it exports `discovery`.
    pub fn has_discovery(&self) -> bool {
        self.discovery_functions.is_some()
    }

    /// The plugin's imports, exports, size and world.
    pub fn description(&self) -> &PluginDescription {
        self.codec.description()
    }
}

/// The functions of an interface that a plugin may lack.
fn if_exported<F>(
    sandbox: &Sandbox,
    interface: &str,
    find: impl FnOnce(&Sandbox) -> Result<F, MissingFunction>,
) -> Result<Option<Arc<F>>, MissingFunction> {
    let functions = sandbox.exports(interface).then(|| find(sandbox));
    Ok(functions.transpose()?.map(Arc::new))
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("description", self.description())
            .finish_non_exhaustive()
    }
}

//! A plugin that was read, audited and compiled, ready to be instantiated.
//!
//! Knows no configuration; that is the service's.

use std::{fmt, sync::Arc};

use super::{MetricService, codec::Codec, functions::PluginFunctions};
use crate::{
    config::{ServiceOptions, address::Address, error::ConfigError},
    contract::types::Config,
    egress::Egress,
    load::inspect::PluginDescription,
    sandbox::component::MissingFunction,
};

/// A compiled plugin. Clones are cheap and share everything.
#[derive(Clone)]
pub struct Plugin {
    pub(crate) functions: Arc<PluginFunctions>,
    codec: Codec,
}

impl Plugin {
    pub(crate) fn new(codec: Codec) -> Result<Self, MissingFunction> {
        Ok(Self {
            functions: Arc::new(PluginFunctions::find(codec.sandbox())?),
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

    /// Returns true if the plugin has the verbs of long ranges, batches and streams: if it exports `range-service`.
    pub fn has_ranges(&self) -> bool {
        self.functions.ranges.is_some()
    }

    /// Returns true if the plugin sums up, ranks and watches: if it exports `insight`.
    pub fn has_insight(&self) -> bool {
        self.functions.insight.is_some()
    }

    /// Returns true if the plugin lists values: if it exports `discovery`.
    pub fn has_discovery(&self) -> bool {
        self.functions.discovery.is_some()
    }

    /// Returns true if the plugin asks for families that are described to it, and derives metrics: if it exports
    /// `family-service`.
    pub fn has_families(&self) -> bool {
        self.functions.family_service.is_some()
    }

    /// The plugin's imports, exports, size and world.
    pub fn description(&self) -> &PluginDescription {
        self.codec.description()
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("description", self.description())
            .finish_non_exhaustive()
    }
}

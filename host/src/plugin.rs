//! A plugin that was read, audited and compiled, ready to be instantiated.
//!
//! Knows no configuration; that is the service's.

use std::{fmt, sync::Arc};

use wasmtime::component::InstancePre;

use crate::{
    address::Address, audit::PluginDescription, error::ConfigError, functions::Functions,
    host::Shared, outgoing::Outgoing, service::MetricService, store::CallState, types::Config,
};

/// A compiled plugin. Clones are cheap and share everything.
#[derive(Clone)]
pub struct Plugin {
    pub(crate) loaded: Arc<Loaded>,
}

pub(crate) struct Loaded {
    pub(crate) shared: Arc<Shared>,
    pub(crate) pre: InstancePre<CallState>,
    pub(crate) functions: Functions,
    description: PluginDescription,
}

impl Plugin {
    pub(crate) fn new(
        shared: Arc<Shared>,
        pre: InstancePre<CallState>,
        functions: Functions,
        description: PluginDescription,
    ) -> Self {
        Self {
            loaded: Arc::new(Loaded {
                shared,
                pre,
                functions,
                description,
            }),
        }
    }

    /// The plugin, told where Prometheus is. Its requests may go there, to the paths that the service needs,
    /// and nowhere else.
    ///
    /// # Errors
    /// [`ConfigError`], if the address cannot be read, or is `https` and the system has no root
    /// certificates. Everything else in `config` is for the plugin to judge, at the first call.
    pub fn service(&self, config: Config) -> Result<MetricService, ConfigError> {
        let address = Address::parse(&config.address)?;
        let outgoing = Outgoing::to(address, &self.loaded.shared.limits)?;
        Ok(MetricService::new(self.clone(), config, outgoing))
    }

    /// The plugin without a network: every request is denied. For the verbs that send nothing, such as
    /// `metric_request` and `metric_response`, when the embedder sends the requests itself.
    ///
    /// `config` is for the plugin to judge, its address included.
    pub fn offline(&self, config: Config) -> MetricService {
        MetricService::new(self.clone(), config, Outgoing::nowhere())
    }

    /// What the plugin imports and exports, its size and its world.
    pub fn description(&self) -> &PluginDescription {
        &self.loaded.description
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("description", &self.loaded.description)
            .finish_non_exhaustive()
    }
}

//! A loaded component, and the calls into it: each in an instance of its own, under a clock and limits.
//!
//! Knows no verb of the contract.

use std::{sync::Arc, time::Duration};

use wasmtime::component::{ComponentExportIndex, ComponentNamedList, InstancePre, Lift, Lower};

use super::{
    Shared,
    concurrency::QueueFull,
    instance::{Instance, cannot_instantiate},
    store::{self, CallState},
};
use crate::{contract::error::CallError, egress::Egress};

/// A function that a component lacks.
#[derive(Debug, thiserror::Error)]
#[error("it does not export {interface}#{name}")]
pub(crate) struct MissingFunction {
    pub(crate) interface: &'static str,
    pub(crate) name: &'static str,
}

/// A compiled component in its host, ready to be instantiated.
pub(crate) struct Sandbox {
    pub(crate) shared: Arc<Shared>,
    pub(crate) pre: InstancePre<CallState>,
}

impl Sandbox {
    /// A function among the component's exports, by its names.
    pub(crate) fn find(
        &self,
        interface: &'static str,
        name: &'static str,
    ) -> Result<ComponentExportIndex, MissingFunction> {
        let component = self.pre.component();
        component
            .get_export_index(None, interface)
            .and_then(|instance| component.get_export_index(Some(&instance), name))
            .ok_or(MissingFunction { interface, name })
    }

    /// Whether the component exports an interface, by name.
    pub(crate) fn exports(&self, interface: &str) -> bool {
        let component = self.pre.component();
        component.get_export_index(None, interface).is_some()
    }

    /// Calls a function under the clock: the wait for a permit, the instance, which may compute as it
    /// starts, and the function itself.
    pub(crate) async fn call<P, R>(
        &self,
        function: &ComponentExportIndex,
        params: P,
        egress: &Arc<Egress>,
        after: Duration,
    ) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        let call = async { self.enter(egress).await?.call(function, params).await };
        self.shared.within(after, call).await
    }

    /// Waits for a permit, and makes an instance there.
    pub(crate) async fn enter(&self, egress: &Arc<Egress>) -> Result<Instance, CallError> {
        let shared = &self.shared;
        let permit = shared.concurrency.acquire().await.map_err(|QueueFull| {
            let limits = &shared.limits;
            tracing::warn!("a call was refused: too many run and wait");
            CallError::Overloaded {
                running: limits.concurrent_calls,
                waiting: limits.waiting_calls,
            }
        })?;
        let mut store = store::store(
            &shared.engine,
            &shared.limits,
            shared.ticker.timers(),
            Arc::clone(egress),
        );
        let instance = self
            .pre
            .instantiate_async(&mut store)
            .await
            .map_err(|error| cannot_instantiate(error.into()))?;
        Ok(Instance::new(store, instance, Arc::clone(shared), permit))
    }
}

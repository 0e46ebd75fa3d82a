//! A loaded component, and the calls into it: each in an instance of its own, under a clock and limits.
//!
//! Knows no verb of the contract.

use std::{sync::Arc, time::Duration};

use tokio::runtime::Handle;
use wasmtime::{
    Store,
    component::{self, ComponentExportIndex, ComponentNamedList, InstancePre, Lift, Lower},
};

use super::{
    Shared,
    concurrency::QueueFull,
    instance::{Instance, cannot_instantiate},
    ready::{ComponentId, ReadyInstance},
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

/// The longest that an instance may compute as it is made ahead.
const MADE_AHEAD: Duration = Duration::from_secs(1);

/// The largest memory that is left to be wiped after the answer has gone out, in bytes: what a small query uses. A
/// larger one is given back at once.
const LEFT_BYTES: usize = 4 << 20;

/// A compiled component in its host, ready to be instantiated.
pub(crate) struct Sandbox {
    pub(crate) shared: Arc<Shared>,
    pub(crate) pre: InstancePre<CallState>,
    id: ComponentId,
    /// True if its instances may be made ahead.
    is_made_ahead: bool,
}

impl Sandbox {
    pub(crate) fn new(shared: Arc<Shared>, pre: InstancePre<CallState>) -> Self {
        Self {
            id: shared.ready.register(),
            shared,
            pre,
            is_made_ahead: false,
        }
    }

    /// Keeps its first instance for its first call, unless that has done something already: then all its instances are
    /// made by their calls.
    pub(crate) fn keep_first(&mut self, store: Store<CallState>, instance: component::Instance) {
        self.is_made_ahead = store.data().is_untouched();
        if self.is_made_ahead
            && let Some(slot) = self.shared.ready.slot(self.id)
        {
            let ready = ReadyInstance {
                store,
                instance,
                slot,
            };
            self.shared.ready.put(self.id, ready);
        }
    }

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

    /// Returns true if the component exports an interface, by name.
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
        // In a box: the futures of a call are large, and lie in those of whoever makes it.
        let call = Box::pin(async {
            let mut instance = self.enter(egress).await?;
            let result = instance.call(function, params).await?;
            self.replace(instance);
            Ok(result)
        });
        self.shared.within(after, call).await
    }

    /// Waits for a permit, and takes an instance that lies ready, or makes one.
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
        let egress = Arc::clone(egress);
        let (store, instance) = match shared.ready.take(self.id) {
            // Its slot is free: it has the permit's.
            Some(ReadyInstance {
                mut store,
                instance,
                ..
            }) => {
                store::begin(&mut store, &shared.limits, shared.ticker.timers(), egress);
                (store, instance)
            }
            None => instantiate(shared, &self.pre, egress).await?,
        };
        Ok(Instance::new(store, instance, Arc::clone(shared), permit))
    }

    /// Has a used instance dropped, and one made for the next call: both when the caller has its answer.
    pub(super) fn replace(&self, used: Instance) {
        let shared = &self.shared;
        if !self.is_made_ahead || shared.concurrency.has_waiting() {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let Some(slot) = shared.ready.slot(self.id) else {
            return;
        };
        // In the slot until it is gone, and then there is room for the next.
        let is_small = used.memory_bytes() <= LEFT_BYTES;
        let used = is_small.then(|| used.retire());
        let (shared, pre, id) = (Arc::clone(shared), self.pre.clone(), self.id);
        runtime.spawn(async move {
            drop(used);
            // Its own, so that what it is denied is seen.
            let egress = Arc::new(Egress::denied());
            let making = instantiate(&shared, &pre, egress);
            match shared.within(MADE_AHEAD, making).await {
                Ok((store, instance)) if store.data().is_untouched() => {
                    let ready = ReadyInstance {
                        store,
                        instance,
                        slot,
                    };
                    shared.ready.put(id, ready);
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "no instance could be made ahead"),
            }
        });
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shared.ready.forget(self.id);
    }
}

/// Makes an instance in a store of its own.
async fn instantiate(
    shared: &Shared,
    pre: &InstancePre<CallState>,
    egress: Arc<Egress>,
) -> Result<(Store<CallState>, component::Instance), CallError> {
    let timers = shared.ticker.timers();
    let mut store = store::store(&shared.engine, &shared.limits, timers, egress);
    let instance = pre
        .instantiate_async(&mut store)
        .await
        .map_err(|error| cannot_instantiate(error.into()))?;
    Ok((store, instance))
}

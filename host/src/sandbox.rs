//! A loaded component, and the calls into it: each in an instance of its own, under a clock and limits.
//!
//! Judges how calls end. Knows no verb of the contract.

use std::{sync::Arc, time::Duration};

use wasmtime::{
    Store,
    component::{ComponentExportIndex, ComponentNamedList, InstancePre, Lift, Lower},
};

use crate::{
    alarms::Elapsed,
    error::CallError,
    outgoing::Outgoing,
    shared::Shared,
    store::{self, CallState},
};

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

    /// Calls a function under the clock: the wait for a place, the instance, which may compute as it
    /// starts, and the function itself.
    pub(crate) async fn call<P, R>(
        &self,
        function: &ComponentExportIndex,
        params: P,
        outgoing: &Arc<Outgoing>,
        after: Duration,
    ) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        let alarms = self.shared.ticker.alarms();
        alarms
            .timeout(after, self.call_unbounded(function, params, outgoing))
            .await
            .unwrap_or_else(|Elapsed| {
                tracing::warn!(?after, "the plugin was ended");
                Err(CallError::TimedOut { after })
            })
    }

    async fn call_unbounded<P, R>(
        &self,
        function: &ComponentExportIndex,
        params: P,
        outgoing: &Arc<Outgoing>,
    ) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        let instantiate = |source| CallError::Instantiate { source };
        let shared = &*self.shared;
        // Given back when the store is gone.
        let _place = shared
            .places
            .acquire()
            .await
            .map_err(|closed| instantiate(closed.into()))?;
        let mut store = store::store(
            &shared.engine,
            &shared.limits,
            shared.ticker.alarms(),
            Arc::clone(outgoing),
        );
        let instance = self
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
        let limits = &self.shared.limits;
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

/// wasmtime does not export the type of this error, only its words.
fn is_hostcall_fuel_exhausted(error: &wasmtime::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .to_string()
            .contains("fuel allocated for hostcalls has been exhausted")
    })
}

//! An instance that runs: its place among the concurrent calls, its store, and the calls into it.
//!
//! Judges how calls end. Mostly there is one call; a stream makes several. Knows no verb of the contract.

use std::{future::Future, sync::Arc, time::Duration};

use wasmtime::{
    Store,
    component::{self, ComponentExportIndex, ComponentNamedList, Lift, Lower},
};

use super::{Shared, concurrency::Permit, store::CallState, wasi::hooks::Requests};
use crate::{
    contract::{
        error::{BoxError, CallError},
        scarcity,
    },
    observe::excerpt,
    timers::Elapsed,
};

/// The most that the log has of a crash, in bytes: twenty frames with names of two hundred.
const CRASH_BYTES: usize = 4 << 10;

/// An instance. It is of no use after a call that failed or was given up.
pub(crate) struct Instance {
    // Goes before the permit: the place is free when the store is gone.
    store: Store<CallState>,
    instance: component::Instance,
    shared: Arc<Shared>,
    in_flight: Requests,
    _permit: Permit,
}

impl Instance {
    pub(crate) fn new(
        store: Store<CallState>,
        instance: component::Instance,
        shared: Arc<Shared>,
        permit: Permit,
    ) -> Self {
        Self {
            in_flight: store.data().in_flight().clone(),
            store,
            instance,
            shared,
            _permit: permit,
        }
    }

    /// Calls a function. The data that it hands over are counted anew for each call; those that it sends and receives
    /// are not, so that all pieces of a stream together have the budget of one call.
    pub(crate) async fn call<P, R>(
        &mut self,
        function: &ComponentExportIndex,
        params: P,
    ) -> Result<R, CallError>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        let function = self
            .instance
            .get_typed_func::<P, R>(&mut self.store, function)
            .map_err(|error| cannot_instantiate(error.into()))?;
        let call = function.call_async(&mut self.store, params);
        let outcome = self.in_flight.drive_with(call).await;
        outcome.map_err(|error| self.crash(error))
    }

    /// Ends its call: its permit is free, and what is left is to be dropped.
    pub(super) fn retire(mut self) -> Store<CallState> {
        self.store.data_mut().end();
        self.store
    }

    /// The size of its memory, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.store.data().memory_bytes()
    }

    fn crash(&self, error: wasmtime::Error) -> CallError {
        // The chain of its causes, the plugin's backtrace among them; `{:?}` would add the host's own.
        tracing::warn!(error = excerpt(&error, CRASH_BYTES), "the plugin crashed");
        let limits = &self.shared.limits;
        let answer_too_large = is_hostcall_fuel_exhausted(&error);
        let source = error.into();
        if answer_too_large {
            let maximum = limits.hostcall_bytes as u64;
            CallError::AnswerTooLarge { maximum, source }
        } else if self.store.data().was_refused_memory() {
            let maximum = limits.memory_bytes as u64;
            CallError::MemoryLimit { maximum, source }
        } else {
            CallError::Trapped { source }
        }
    }
}

impl Shared {
    /// Ends work that takes longer than that.
    pub(crate) async fn within<R>(
        &self,
        after: Duration,
        work: impl Future<Output = Result<R, CallError>>,
    ) -> Result<R, CallError> {
        let timers = self.ticker.timers();
        timers.timeout(after, work).await.unwrap_or_else(|Elapsed| {
            tracing::warn!(?after, "the plugin was ended");
            Err(CallError::TimedOut { after })
        })
    }
}

/// An instance that cannot be made: because of the plugin, or of what the system lacks.
pub(super) fn cannot_instantiate(source: BoxError) -> CallError {
    match scarcity::is_scarcity(&*source) {
        true => CallError::OutOfResources { source },
        false => CallError::Instantiate { source },
    }
}

/// Returns true if a call ended because it hands over too much. wasmtime does not export the type of this error, only
/// its words, and they are looked for in the root cause alone: what stands before it is a backtrace, whose functions
/// the plugin names.
fn is_hostcall_fuel_exhausted(error: &wasmtime::Error) -> bool {
    let cause = error.root_cause().to_string();
    cause.ends_with("fuel allocated for hostcalls has been exhausted")
}

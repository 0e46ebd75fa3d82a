//! Instances made ahead: never used, each in a store of its own, so that a call need not make one. Each is used once, as
//! one that a call makes is: the call puts its own state and limits into it, and drops it.
//!
//! They are bounded in number over all components of a host. One is made after a call's answer is there, in the slot
//! where the call's own instance has been wiped; never while calls wait for permits. An idle host keeps them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::{Store, component};

use super::store::CallState;
use crate::observe::Metrics;

/// The instances that lie ready in a host.
pub(crate) struct ReadyInstances {
    slots: Arc<Semaphore>,
    kept: Mutex<Kept>,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct Kept {
    last: u64,
    /// The components that are loaded.
    components: Vec<ComponentId>,
    /// The oldest first.
    instances: Vec<(ComponentId, ReadyInstance)>,
}

/// A loaded component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ComponentId(u64);

/// The place of an instance beyond those of the calls that run.
pub(crate) type ReadySlot = OwnedSemaphorePermit;

/// An instance that no call has used.
pub(crate) struct ReadyInstance {
    // Goes before the slot: that is free when the store is gone.
    pub(crate) store: Store<CallState>,
    pub(crate) instance: component::Instance,
    pub(crate) slot: ReadySlot,
}

impl ReadyInstances {
    /// At most so many.
    pub(crate) fn new(instances: u32, metrics: &Arc<Metrics>) -> Self {
        let slots = (instances as usize).min(Semaphore::MAX_PERMITS);
        Self {
            slots: Arc::new(Semaphore::new(slots)),
            kept: Mutex::default(),
            metrics: Arc::clone(metrics),
        }
    }

    /// A component is loaded.
    pub(crate) fn register(&self) -> ComponentId {
        let mut kept = self.lock();
        kept.last += 1;
        let id = ComponentId(kept.last);
        kept.components.push(id);
        id
    }

    /// A component is no longer loaded: its instances go with it.
    pub(crate) fn forget(&self, id: ComponentId) {
        let mut kept = self.lock();
        kept.components.retain(|other| *other != id);
        let all = std::mem::take(&mut kept.instances);
        let (gone, left) = all.into_iter().partition(|(of, _)| *of == id);
        kept.instances = left;
        self.tell(&kept);
        drop::<Vec<_>>(gone);
    }

    /// A slot for one more instance of a component: a free one, or that of another component's oldest instance. None:
    /// there are none, or all are this component's.
    pub(crate) fn slot(&self, id: ComponentId) -> Option<ReadySlot> {
        if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            return Some(slot);
        }
        let mut kept = self.lock();
        let oldest = kept.instances.iter().position(|(of, _)| *of != id)?;
        let (_, ReadyInstance { store, slot, .. }) = kept.instances.remove(oldest);
        self.tell(&kept);
        drop(store);
        Some(slot)
    }

    /// Keeps an instance for the component's next call.
    pub(crate) fn put(&self, id: ComponentId, instance: ReadyInstance) {
        let mut kept = self.lock();
        if kept.components.contains(&id) {
            kept.instances.push((id, instance));
            self.tell(&kept);
        }
    }

    /// The newest instance of a component: it is the likeliest to be in the processor's caches.
    pub(crate) fn take(&self, id: ComponentId) -> Option<ReadyInstance> {
        let mut kept = self.lock();
        let newest = kept.instances.iter().rposition(|(of, _)| *of == id)?;
        let (_, instance) = kept.instances.remove(newest);
        self.tell(&kept);
        self.metrics.found_ready();
        Some(instance)
    }

    fn tell(&self, kept: &Kept) {
        self.metrics.ready(kept.instances.len());
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing panics while it is held, and a list is never half-changed.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

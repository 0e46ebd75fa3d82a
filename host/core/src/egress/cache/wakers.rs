//! The tasks that wait for the same thing. Whoever wakes one wakes all: any of them can go on with the work, and one
//! who is gone, or has no room, holds up nobody.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Wake, Waker},
};

#[derive(Debug, Default)]
pub(super) struct Wakers(Mutex<BTreeMap<u64, Waker>>);

impl Wakers {
    /// Registers the waker of a number: it is woken once, and then has to be registered again.
    pub(super) fn register(&self, number: u64, waker: &Waker) {
        // Wakers are dropped when nothing is locked: what that drops in turn is not for us to know.
        let _former = self.lock().insert(number, waker.clone());
    }

    pub(super) fn remove(&self, number: u64) {
        let _former = self.lock().remove(&number);
    }

    pub(super) fn wake_all(&self) {
        let waiting = mem::take(&mut *self.lock());
        waiting.into_values().for_each(Waker::wake);
    }

    /// All but the one who says so.
    pub(super) fn wake_others(&self, number: u64) {
        let others = {
            let mut waiting = self.lock();
            let own = waiting.remove(&number);
            let others = mem::take(&mut *waiting);
            waiting.extend(own.map(|own| (number, own)));
            others
        };
        others.into_values().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_all();
    }
}

//! The linear memory of all calls of a host together: counted as it grows, given back with the store that had it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// The memory that there is.
#[derive(Debug)]
pub(crate) struct MemoryPool {
    /// Bytes.
    maximum: usize,
    /// Bytes.
    used: AtomicUsize,
}

impl MemoryPool {
    pub(crate) fn new(maximum: u64) -> Arc<Self> {
        Arc::new(Self {
            maximum: usize::try_from(maximum).unwrap_or(usize::MAX),
            used: AtomicUsize::new(0),
        })
    }

    fn take(&self, bytes: usize) -> bool {
        let taken = |used: usize| {
            let used = used.checked_add(bytes)?;
            (used <= self.maximum).then_some(used)
        };
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        self.used.fetch_update(set, fetch, taken).is_ok()
    }
}

/// The part of one call.
#[derive(Debug)]
pub(crate) struct MemoryShare {
    pool: Arc<MemoryPool>,
    bytes: usize,
}

impl MemoryShare {
    /// Nothing yet.
    pub(crate) fn of(pool: &Arc<MemoryPool>) -> Self {
        Self {
            pool: Arc::clone(pool),
            bytes: 0,
        }
    }

    /// Takes what is lacking. Returns true if it is there.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> bool {
        let is_granted = self.pool.take(bytes.saturating_sub(self.bytes));
        if is_granted {
            self.bytes = self.bytes.max(bytes);
        }
        is_granted
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.pool.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_has_the_others_lack_until_it_is_given_back() {
        let pool = MemoryPool::new(100);
        let (mut one, mut other) = (MemoryShare::of(&pool), MemoryShare::of(&pool));
        assert!(one.grow_to(60) && other.grow_to(40));
        assert!(!other.grow_to(41) && !one.grow_to(usize::MAX));
        assert_eq!((one.bytes(), other.bytes()), (60, 40));
        drop(one);
        assert!(other.grow_to(100));
    }
}

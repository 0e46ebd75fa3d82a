//! Counters of the cache.

use std::sync::atomic::{AtomicU64, Ordering};

/// Statistics of a service's cache since the service was made.
///
/// Counted are the requests of which the plugin said how long their answers may be kept; each is a hit, a follower
/// or a miss, and a follower whose answer never came is a miss as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStatistics {
    /// Requests that were answered from what was kept.
    pub hits: u64,
    /// Requests that were sent.
    pub misses: u64,
    /// Requests that waited for the answer to the same request, which was under way already.
    pub followers: u64,
    /// Bytes of bodies that came for the misses.
    pub received_bytes: u64,
    /// Bytes of bodies that the hits and followers were given.
    pub saved_bytes: u64,
    /// Answers that were kept.
    pub kept: u64,
    /// Answers that had to make room for others.
    pub evicted: u64,
    /// Answers that were too old when they were asked for or looked through.
    pub expired: u64,
    /// Answers that are there now.
    pub entries: u64,
    /// Their size in bytes, with the requests that they belong to.
    pub bytes: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, more: usize) {
        self.0.fetch_add(more as u64, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) hits: Counter,
    pub(super) misses: Counter,
    pub(super) followers: Counter,
    pub(super) received_bytes: Counter,
    pub(super) saved_bytes: Counter,
}

//! The operator's settings for the cache.

use std::time::Duration;

use crate::contract::defaults::FRESHNESS;

/// The cache of a service's answers: how many are kept, and for how long.
///
/// On by default: a service lives long, and what it is asked again is mostly what it was asked before. A process that
/// asks once gains nothing; [`CacheOptions::off`] is for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheOptions {
    /// The most that is kept, in bytes; zero: nothing, and each request is sent. Answers on their way, which others
    /// may wait for too, hold at most as much again, however small the pieces in which they come. Default 64 MiB: the last day of a dashboard, 20 queries of ten
    /// series at a point a minute, are some 6 MB. An answer larger than an eighth of it is not kept.
    pub bytes: u64,
    /// The longest that an answer is kept. Default 26 h: a dashboard of the last day finds at its start what it asked
    /// for at its end the day before. Data that are filled in or deleted in the past, later than
    /// [`freshness`](Self::freshness), show after that time at the latest.
    pub age: Duration,
    /// The time that data may arrive late: answers with anything newer are not kept, whatever the plugin says of them.
    /// Default 10 min, the contract's own: what remote writers and late scrapes take.
    pub freshness: Duration,
    /// The longest that a list of names is kept, however old it says it may become. Default 60 s.
    pub names_age: Duration,
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            age: Duration::from_secs(26 * 3600),
            freshness: Duration::from_secs(FRESHNESS.into()),
            names_age: Duration::from_secs(60),
        }
    }
}

impl CacheOptions {
    /// No cache: each request is sent.
    pub fn off() -> Self {
        Self {
            bytes: 0,
            ..Self::default()
        }
    }

    /// The largest answer that is kept.
    pub(crate) fn entry_bytes(&self) -> usize {
        usize::try_from(self.bytes / 8).unwrap_or(usize::MAX)
    }
}

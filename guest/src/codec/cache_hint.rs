//! The hint how long the answer to a request may be kept, for whoever stands between the plugin and Prometheus.

use crate::domain::Grid;

/// The header's name. A host takes it off before the request leaves.
pub const CACHE_HINT_HEADER: &str = "x-metric-cache";

/// The time for which an answer may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheHint {
    /// For good, if it was fetched at that instant (Unix seconds) or later: its data can no longer change then.
    FinalAt(i64),
    /// For this many seconds.
    MaxAge(u32),
}

impl CacheHint {
    /// The answer on a grid is final when the data of its last point is.
    pub fn when_final(grid: &Grid, freshness: u32) -> Self {
        Self::FinalAt(grid.end().saturating_add(i64::from(freshness)))
    }

    /// The header's value.
    pub fn header(self) -> String {
        match self {
            Self::FinalAt(instant) => format!("final-at={instant}"),
            Self::MaxAge(seconds) => format!("max-age={seconds}"),
        }
    }
}

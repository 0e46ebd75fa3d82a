//! The contract's defaults, for fields that a configuration leaves out.

/// Milliseconds that a call may take.
pub(crate) const TIMEOUT_MS: u32 = 30_000;

/// Seconds of the longest range: a week.
pub(crate) const MAX_RANGE: u32 = 604_800;

/// Points of a series: Prometheus takes 11,000 steps, which are one point more.
pub(crate) const MAX_POINTS: u32 = 11_001;

/// Seconds between two samples of a series.
pub(crate) const SAMPLE_INTERVAL: u32 = 15;

/// Seconds after which data count as final.
pub(crate) const FRESHNESS: u32 = 600;

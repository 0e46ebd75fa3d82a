//! The differences between the releases of Prometheus, where numbers are concerned.

use crate::release::PrometheusRelease;

/// The rules of a release.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Semantics {
    /// True if a window, or the lookback, of `w` before `t` leaves out the sample at `t - w`: since 3.0.
    pub left_open: bool,
    /// True if `rate` looks first how far the samples are from the window's start, and then whether a counter would
    /// have been zero in between: since 3.0. Before, it is the other way round.
    pub threshold_before_zero: bool,
}

impl Semantics {
    /// The semantics of a release.
    #[must_use]
    pub fn of(release: PrometheusRelease) -> Self {
        Self {
            left_open: release >= PrometheusRelease::V3_5,
            threshold_before_zero: release >= PrometheusRelease::V2_53,
        }
    }
}

//! Counters of denied requests, by reason.
//!
//! The reasons are `contract/deny_reason.rs`; here is a counter for each, and `denial_log.rs` logs them. `policy.rs` judges, and after DNS `client/network_policy.rs`.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{contract::deny_reason::DenyReason, observe::Metrics};

/// The number of denied requests, by reason. Counts for as long as the service lives.
#[derive(Default)]
pub struct DenialCounts {
    counters: [AtomicU64; DenyReason::ALL.len()],
    /// The host's, which count for all of its services. None: those without a network.
    metrics: Option<Arc<Metrics>>,
}

impl DenialCounts {
    pub(crate) fn with_metrics(metrics: &Arc<Metrics>) -> Self {
        Self {
            metrics: Some(Arc::clone(metrics)),
            ..Self::default()
        }
    }

    /// The number denied for this reason.
    pub fn of(&self, reason: DenyReason) -> u64 {
        self.counter(reason)
            .map_or(0, |counter| counter.load(Ordering::Relaxed))
    }

    /// The number denied in all.
    pub fn total(&self) -> u64 {
        DenyReason::ALL.iter().map(|reason| self.of(*reason)).sum()
    }

    pub(crate) fn count(&self, reason: DenyReason) {
        if let Some(counter) = self.counter(reason) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(metrics) = &self.metrics {
            metrics.refused(reason.name());
        }
    }

    fn counter(&self, reason: DenyReason) -> Option<&AtomicU64> {
        self.counters.get(reason as usize)
    }
}

impl fmt::Debug for DenialCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                DenyReason::ALL
                    .iter()
                    .map(|reason| (reason, self.of(*reason))),
            )
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_counter_of_its_own() {
        let denials = DenialCounts::default();
        for (times, reason) in DenyReason::ALL.iter().enumerate() {
            (0..times).for_each(|_| denials.count(*reason));
        }
        for (times, reason) in DenyReason::ALL.iter().enumerate() {
            assert_eq!(denials.of(*reason), times as u64, "{reason:?}");
        }
        let all: usize = (0..DenyReason::ALL.len()).sum();
        assert_eq!(denials.total(), all as u64);
    }
}

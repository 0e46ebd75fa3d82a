//! Why requests were not let out, and how often.
//!
//! The reasons, and a counter for each; `denials.rs` logs them. Who judges is `egress.rs`, and after DNS `http_client/reach.rs`.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{contract::deny_reason::Refusal, observe::Metrics};

/// How many requests were refused, by reason. Counts for as long as the service lives.
#[derive(Default)]
pub struct Refusals {
    counters: [AtomicU64; Refusal::ALL.len()],
    /// The host's, which count for all of its services. None: those without a network.
    metrics: Option<Arc<Metrics>>,
}

impl Refusals {
    pub(crate) fn told_to(metrics: &Arc<Metrics>) -> Self {
        Self {
            metrics: Some(Arc::clone(metrics)),
            ..Self::default()
        }
    }

    /// How many were refused for this reason.
    pub fn of(&self, reason: Refusal) -> u64 {
        self.counter(reason)
            .map_or(0, |counter| counter.load(Ordering::Relaxed))
    }

    /// How many were refused at all.
    pub fn total(&self) -> u64 {
        Refusal::ALL.iter().map(|reason| self.of(*reason)).sum()
    }

    pub(crate) fn count(&self, reason: Refusal) {
        if let Some(counter) = self.counter(reason) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(metrics) = &self.metrics {
            metrics.refused(reason.name());
        }
    }

    fn counter(&self, reason: Refusal) -> Option<&AtomicU64> {
        self.counters.get(reason as usize)
    }
}

impl fmt::Debug for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(Refusal::ALL.iter().map(|reason| (reason, self.of(*reason))))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_counter_of_its_own() {
        let refusals = Refusals::default();
        for (times, reason) in Refusal::ALL.iter().enumerate() {
            (0..times).for_each(|_| refusals.count(*reason));
        }
        for (times, reason) in Refusal::ALL.iter().enumerate() {
            assert_eq!(refusals.of(*reason), times as u64, "{reason:?}");
        }
        let all: usize = (0..Refusal::ALL.len()).sum();
        assert_eq!(refusals.total(), all as u64);
    }
}

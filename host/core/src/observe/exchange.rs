//! A request to Prometheus, until the last byte of its answer has come or nobody waits for it any more.

use std::{sync::Arc, time::Instant};

use http::StatusCode;

use super::Metrics;

/// Counted when it is dropped.
pub(crate) struct Exchange {
    metrics: Arc<Metrics>,
    begun: Instant,
    /// None: there is no answer.
    status: Option<StatusCode>,
    bytes: u64,
}

impl Exchange {
    /// A request leaves.
    pub(crate) fn begin(metrics: &Arc<Metrics>) -> Self {
        Self {
            metrics: Arc::clone(metrics),
            begun: Instant::now(),
            status: None,
            bytes: 0,
        }
    }

    /// The head of its answer is here.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.status = Some(status);
    }

    /// Counts bytes of the answer's body that have come.
    pub(crate) fn receive(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// The bytes of its body so far.
    pub(crate) fn received(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.metrics
            .exchange_ends(self.status, self.bytes, self.begun.elapsed());
    }
}

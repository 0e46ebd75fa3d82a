//! The host's own log and metrics: a span and a line in the log for each call, and the numbers of `metrics.rs`.
//!
//! Nothing that a caller, a plugin or Prometheus wrote gets into either, for it may name another tenant's series: only
//! names that are ours, counts, times and the [`RequestId`]. The one exception is a crash, which is told with the names of
//! the plugin's functions, fixed when it was built, and cut.

mod busy;
mod excerpt;
mod exchange;
mod metrics;
mod outcome;
mod request_id;

use std::{
    future::Future,
    time::{Duration, Instant},
};

use tracing::Instrument as _;

use self::outcome::CANCELLED;
pub(crate) use self::{
    excerpt::excerpt,
    exchange::Exchange,
    metrics::{CacheOutcome, Metrics},
};
pub use self::{
    metrics::HostMetrics,
    request_id::{RequestId, RequestIdError},
};
use crate::contract::error::CallError;

impl Metrics {
    /// Sees a call through: what `work` does and logs is under its span, and how it ended is counted.
    pub(crate) async fn observe<R>(
        &self,
        verb: &'static str,
        request_id: Option<&RequestId>,
        work: impl Future<Output = Result<R, CallError>>,
    ) -> Result<R, CallError> {
        let id = request_id.map_or_else(RequestId::drawn, RequestId::clone);
        let span = tracing::info_span!("call", verb, request_id = %id);
        let mut call = ObservedCall::begin(self, verb);
        async {
            let result = busy::timed(work, &mut call.busy).await;
            call.end(outcome::of(&result), result.as_ref().err());
            result
        }
        .instrument(span)
        .await
    }
}

/// A call that runs. Dropped before it has ended, its caller gave it up.
struct ObservedCall<'a> {
    metrics: &'a Metrics,
    verb: &'static str,
    begun: Instant,
    /// The time that the call has kept its thread: the plugin's computing, and the host's for it.
    busy: Duration,
    has_ended: bool,
}

impl<'a> ObservedCall<'a> {
    fn begin(metrics: &'a Metrics, verb: &'static str) -> Self {
        metrics.call_begins();
        Self {
            metrics,
            verb,
            begun: Instant::now(),
            busy: Duration::ZERO,
            has_ended: false,
        }
    }

    fn end(&mut self, outcome: &'static str, error: Option<&CallError>) {
        self.has_ended = true;
        let (took, busy) = (self.begun.elapsed(), self.busy);
        self.metrics.call_ends(self.verb, outcome, took, busy);
        match error {
            None => tracing::debug!(outcome, ?took, ?busy, "a call ended"),
            // Errors for which the query, Prometheus or the way to it is to blame. The words are the caller's alone.
            Some(error) if error.service().is_some() => {
                tracing::info!(outcome, ?took, ?busy, "a call ended");
            }
            Some(_) => tracing::warn!(outcome, ?took, ?busy, "a call ended"),
        }
    }
}

impl Drop for ObservedCall<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.end(CANCELLED, None);
        }
    }
}

#[cfg(test)]
mod tests;

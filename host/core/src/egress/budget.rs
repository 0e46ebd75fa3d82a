//! The network budget of one call, over all its requests: how many there are, how many at once, and how many bytes
//! come back. A whole stream is a call.
//!
//! Counts, and refuses what is too much. Knows neither where requests go nor what is in them.

use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

use tokio::sync::Semaphore;
use wasmtime_wasi_http::{Error, Result};

use super::request_slots;
use crate::config::limits::Limits;

/// The network budget of one call.
#[derive(Debug)]
pub(crate) struct CallBudget {
    requests: AtomicU32,
    slots: Arc<Semaphore>,
    bytes: AtomicU64,
    /// The bytes that there were.
    maximum_bytes: u64,
}

impl CallBudget {
    pub(crate) fn of(limits: &Limits) -> Self {
        Self {
            requests: AtomicU32::new(limits.requests_per_call),
            slots: request_slots::semaphore(limits.concurrent_requests),
            bytes: AtomicU64::new(limits.received_bytes),
            maximum_bytes: limits.received_bytes,
        }
    }

    /// Takes one request, if there is one left.
    pub(crate) fn take_request(&self) -> bool {
        self.requests
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .is_ok()
    }

    /// The places of its requests in flight.
    pub(super) fn slots(&self) -> &Arc<Semaphore> {
        &self.slots
    }

    /// Counts received bytes against the budget.
    pub(super) fn receive(&self, bytes: usize) -> Result<()> {
        self.bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes as u64)
            })
            .map(drop)
            .map_err(|_| Error::HttpResponseBodySize(Some(self.maximum_bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> CallBudget {
        CallBudget::of(&Limits {
            requests_per_call: 2,
            received_bytes: 10,
            ..Limits::default()
        })
    }

    #[test]
    fn a_call_has_so_many_requests_and_then_none() {
        let budget = budget();
        let granted = [(); 4].map(|()| budget.take_request());
        assert_eq!(granted, [true, true, false, false]);
    }

    #[test]
    fn the_bytes_of_all_responses_are_counted_together() {
        let budget = budget();
        budget.receive(5).unwrap();
        assert!(matches!(
            budget.receive(6),
            Err(Error::HttpResponseBodySize(Some(10)))
        ));
        // A piece that did not fit is not handed over, so it is not counted either.
        budget.receive(5).unwrap();
        assert!(budget.receive(1).is_err());
    }
}

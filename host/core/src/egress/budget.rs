//! The network budget of one call, over all its requests: how many there are, and how many bytes
//! come back. A whole stream is a call.
//!
//! Counts, and refuses what is too much. Knows neither where requests go nor what is in them.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use wasmtime_wasi_http::{Error, Result, WasiBody};

use crate::config::limits::Limits;

/// The network budget of one call.
#[derive(Debug)]
pub(crate) struct CallBudget {
    requests: AtomicU32,
    bytes: AtomicU64,
    /// The bytes that there were.
    maximum_bytes: u64,
}

impl CallBudget {
    pub(crate) fn of(limits: &Limits) -> Self {
        Self {
            requests: AtomicU32::new(limits.requests_per_call),
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

    /// So many bytes have come.
    fn receive(&self, bytes: usize) -> Result<()> {
        self.bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes as u64)
            })
            .map(drop)
            .map_err(|_| Error::HttpResponseBodySize(Some(self.maximum_bytes)))
    }

    /// A response's body that takes what it brings from the budget.
    pub(crate) fn counted(self: Arc<Self>, inner: WasiBody) -> WasiBody {
        let budget = self;
        Counted { inner, budget }.boxed_unsync()
    }
}

struct Counted {
    inner: WasiBody,
    budget: Arc<CallBudget>,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        Poll::Ready(frame.map(|frame| {
            let frame = frame?;
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            self.budget.receive(bytes).map(|()| frame)
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::Full;

    fn budget() -> Arc<CallBudget> {
        Arc::new(CallBudget::of(&Limits {
            requests_per_call: 2,
            received_bytes: 10,
            ..Limits::default()
        }))
    }

    #[test]
    fn a_call_has_so_many_requests_and_then_none() {
        let budget = budget();
        let granted = [(); 4].map(|()| budget.take_request());
        assert_eq!(granted, [true, true, false, false]);
    }

    #[tokio::test]
    async fn the_bytes_of_all_responses_are_counted_together() {
        let budget = budget();
        let read = |text: &'static str| {
            let body = Full::new(Bytes::from(text)).map_err(|never| match never {});
            Arc::clone(&budget).counted(body.boxed_unsync()).collect()
        };
        assert_eq!(read("12345").await.unwrap().to_bytes(), "12345");
        assert!(matches!(
            read("678901").await,
            Err(Error::HttpResponseBodySize(Some(10)))
        ));
        // What did not fit was not handed over, so it was not counted either.
        assert_eq!(read("67890").await.unwrap().to_bytes(), "67890");
        assert!(read("1").await.is_err());
    }
}

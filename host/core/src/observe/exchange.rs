//! A request to Prometheus, until the last byte of its answer has come or nobody waits for it any more.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};

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

    /// Its answer is here, and the body is watched from now on.
    pub(crate) fn answered<B>(mut self, response: Response<B>) -> Response<Watched<B>> {
        self.status = Some(response.status());
        response.map(|inner| Watched {
            inner,
            exchange: self,
        })
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.metrics
            .exchange_ends(self.status, self.bytes, self.begun.elapsed());
    }
}

/// An answer's body, whose bytes are counted.
pub(crate) struct Watched<B> {
    inner: B,
    exchange: Exchange,
}

impl<B: Body<Data = Bytes> + Unpin> Body for Watched<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            this.exchange.bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

//! A response's body as it comes from the network: bounded in bytes and in pauses, and counted in the host's metrics.
//!
//! Hands the pieces on as they are. Knows nothing of what is in them.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use wasmtime_wasi_http::{Error, Result};

use super::client::http_error;
use crate::{
    observe::Exchange,
    timers::{Timer, Timers},
};

/// A response's body within its limits.
pub(crate) struct BoundedBody<B> {
    inner: B,
    /// Ends with the body.
    exchange: Exchange,
    maximum: u64,
    timers: Timers,
    pause: Duration,
    /// Set while the body keeps us waiting.
    timer: Option<Timer>,
}

impl<B> BoundedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    /// Refuses at once a body that announces more than `maximum` bytes.
    pub(crate) fn new(
        inner: B,
        exchange: Exchange,
        maximum: u64,
        timers: Timers,
        pause: Duration,
    ) -> Result<Self> {
        if inner.size_hint().lower() > maximum {
            return Err(Error::HttpResponseBodySize(Some(maximum)));
        }
        Ok(Self {
            inner,
            exchange,
            maximum,
            timers,
            pause,
            timer: None,
        })
    }

    /// Ready when nothing has come for too long.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let set = || self.timers.after(self.pause);
        Pin::new(self.timer.get_or_insert_with(set)).poll(cx)
    }
}

impl<B> Body for BoundedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error + 'static,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) else {
            ready!(this.poll_timer(cx));
            return Poll::Ready(Some(Err(Error::ConnectionReadTimeout)));
        };
        this.timer = None;
        Poll::Ready(frame.map(|frame| {
            let frame = frame.map_err(|error| http_error::of(&error))?;
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            this.exchange.receive(bytes as u64);
            if this.exchange.received() > this.maximum {
                return Err(Error::HttpResponseBodySize(Some(this.maximum)));
            }
            Ok(frame)
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
    use crate::{observe::Metrics, testing::body::TestBody};
    use http_body_util::{BodyExt, Full};
    use std::sync::Arc;

    const PAUSE: Duration = Duration::from_millis(200);

    /// Within 8 bytes.
    fn bounded<B: Body<Data = Bytes> + Unpin>(inner: B) -> Result<BoundedBody<B>> {
        let exchange = Exchange::begin(&Arc::new(Metrics::new()));
        BoundedBody::new(inner, exchange, 8, Timers::ticking(), PAUSE)
    }

    #[tokio::test]
    async fn a_body_within_the_limit_passes_whole() {
        let inner = TestBody::at_once(&["1234", "5678"]);
        let body = bounded(inner).unwrap();
        assert_eq!(body.collect().await.unwrap().to_bytes(), "12345678");
    }

    #[tokio::test]
    async fn a_body_that_announces_too_much_is_refused_at_once() {
        let inner = Full::new(Bytes::from_static(b"123456789"));
        assert!(matches!(
            bounded(inner),
            Err(Error::HttpResponseBodySize(Some(8)))
        ));
    }

    #[tokio::test]
    async fn a_body_that_turns_out_too_long_is_cut_off() {
        let inner = TestBody::at_once(&["1234", "5678", "9"]);
        let body = bounded(inner).unwrap();
        assert!(matches!(
            body.collect().await,
            Err(Error::HttpResponseBodySize(Some(8)))
        ));
    }

    #[tokio::test]
    async fn a_body_that_stalls_is_given_up_after_the_pause() {
        let half = Some(PAUSE / 2);
        let inner = TestBody::timed([(half, "1"), (half, "2"), (half, "3"), (None, "")]);
        let body = bounded(inner).unwrap();
        let start = std::time::Instant::now();
        assert!(matches!(
            body.collect().await,
            Err(Error::ConnectionReadTimeout)
        ));
        // The pieces took one pause and a half and were within it one by one.
        assert!(start.elapsed() >= PAUSE / 2 * 3 + PAUSE);
    }
}

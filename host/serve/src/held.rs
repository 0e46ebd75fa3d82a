//! Bodies on their way: what they hold until they have gone out, and how many bytes all of them may hold.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes that are handed to the connection at once. It has some of it in its own buffers, and a body that was handed
/// over as a whole would count as sent.
const SLICE: usize = 256 << 10;

/// A body that holds something until it has gone out, or its connection is gone.
pub(crate) struct Held<T: AtEnd> {
    body: Body,
    /// The part of the last frame that has not been handed on.
    rest: Bytes,
    has_ended: bool,
    until_sent: T,
}

/// Something that is told how a body ended.
pub(crate) trait AtEnd: Unpin {
    /// The body is gone before it was sent.
    fn broke_off(&mut self) {}
}

impl<T: AtEnd> Held<T> {
    pub(crate) fn new(body: Body, until_sent: T) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            has_ended: false,
            until_sent,
        }
    }

    fn slice(&mut self) -> Frame<Bytes> {
        Frame::data(self.rest.split_to(self.rest.len().min(SLICE)))
    }
}

impl<T: AtEnd> HttpBody for Held<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if !this.rest.is_empty() {
            return Poll::Ready(Some(Ok(this.slice())));
        }
        let polled = Pin::new(&mut this.body).poll_frame(context);
        polled.map(|frame| match frame {
            Some(Ok(frame)) => Some(match frame.into_data() {
                Ok(data) => {
                    this.rest = data;
                    Ok(this.slice())
                }
                Err(frame) => Ok(frame),
            }),
            Some(Err(error)) => Some(Err(error)),
            None => {
                this.has_ended = true;
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let of_body = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower() + rest);
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

impl<T: AtEnd> Drop for Held<T> {
    fn drop(&mut self) {
        if !self.has_ended && !self.is_end_stream() {
            self.until_sent.broke_off();
        }
    }
}

/// The bytes that all answers may have together which are on their way.
#[derive(Debug)]
pub(crate) struct HeldBytes {
    places: Arc<Semaphore>,
}

/// A part of them.
#[derive(Debug)]
pub(crate) struct Hold {
    _places: OwnedSemaphorePermit,
}

impl AtEnd for Hold {}

/// Bytes that are counted as one.
const GRAIN: usize = 1 << 10;

impl HeldBytes {
    pub(crate) fn new(bytes: usize) -> Self {
        let places = (bytes / GRAIN).min(Semaphore::MAX_PERMITS);
        Self {
            places: Arc::new(Semaphore::new(places)),
        }
    }

    /// Takes so many. None: others have them.
    pub(crate) fn hold(&self, bytes: usize) -> Option<Hold> {
        let places = u32::try_from(bytes.div_ceil(GRAIN)).ok()?;
        let held = Arc::clone(&self.places).try_acquire_many_owned(places);
        held.ok().map(|places| Hold { _places: places })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;
    use std::sync::atomic::{AtomicBool, Ordering};

    struct Noted(Arc<AtomicBool>);

    impl AtEnd for Noted {
        fn broke_off(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    fn noted(body: impl Into<Body>) -> (Held<Noted>, Arc<AtomicBool>) {
        let note = Arc::new(AtomicBool::new(false));
        (Held::new(body.into(), Noted(Arc::clone(&note))), note)
    }

    #[tokio::test]
    async fn a_large_body_goes_out_in_slices_and_is_whole() {
        let text: Vec<u8> = (0..=255).cycle().take(3 * SLICE + 5).collect();
        let (mut body, note) = noted(text.clone());
        let mut sent = Vec::new();
        while let Some(frame) = body.frame().await {
            let left = (text.len() - sent.len()) as u64;
            let slice = frame.unwrap().into_data().unwrap();
            assert!(slice.len() <= SLICE);
            assert_eq!(body.size_hint().exact(), Some(left - slice.len() as u64));
            sent.extend_from_slice(&slice);
        }
        drop(body);
        assert!(sent == text && !note.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn a_body_that_is_dropped_before_its_end_says_so() {
        let (mut body, note) = noted(vec![0; 2 * SLICE]);
        body.frame().await.unwrap().unwrap();
        assert!(!note.load(Ordering::Relaxed));
        drop(body);
        assert!(note.load(Ordering::Relaxed));
        for whole in [Body::empty(), Body::from("ab")] {
            let (mut body, note) = noted(whole);
            let _ = body.frame().await;
            drop(body);
            assert!(!note.load(Ordering::Relaxed));
        }
    }

    #[test]
    fn what_one_answer_holds_the_others_lack() {
        let bytes = HeldBytes::new(10 * GRAIN);
        let one = bytes.hold(6 * GRAIN).unwrap();
        assert!(bytes.hold(4 * GRAIN + 1).is_none());
        let other = bytes.hold(4 * GRAIN).unwrap();
        assert!(bytes.hold(1).is_none() && bytes.hold(0).is_some());
        drop((one, other));
        assert!(bytes.hold(10 * GRAIN).is_some());
        assert!(bytes.hold(usize::MAX).is_none());
    }
}

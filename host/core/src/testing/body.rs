//! A body for tests that comes in given pieces, at given times.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::time::{Sleep, sleep};

/// Pieces, each with the wait before it. `None` for a wait without end.
pub(crate) struct TestBody {
    pieces: VecDeque<(Option<Duration>, &'static str)>,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl TestBody {
    /// The pieces, one right after the other.
    pub(crate) fn at_once(pieces: &[&'static str]) -> Self {
        Self::timed(pieces.iter().map(|piece| (Some(Duration::ZERO), *piece)))
    }

    pub(crate) fn timed(
        pieces: impl IntoIterator<Item = (Option<Duration>, &'static str)>,
    ) -> Self {
        Self {
            pieces: pieces.into_iter().collect(),
            waiting: None,
        }
    }
}

impl Body for TestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match self.pieces.front() {
            None => return Poll::Ready(None),
            Some((None, _)) => return Poll::Pending,
            Some((Some(Duration::ZERO), piece)) => *piece,
            Some((Some(wait), piece)) => {
                let (wait, piece) = (*wait, *piece);
                let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(wait)));
                ready!(waiting.as_mut().poll(cx));
                piece
            }
        };
        self.waiting = None;
        self.pieces.pop_front();
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(piece.as_bytes())))))
    }
}

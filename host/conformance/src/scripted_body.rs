//! The body of a scripted answer, on its way out: chunk by chunk, with pauses, and ended as the script says.
//! Knows hyper's idea of a body, and nothing of what is in it.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::time::{Sleep, sleep};

/// Before an answer breaks off: time for what was sent so far to arrive.
const BEFORE_THE_END: Duration = Duration::from_millis(30);

/// The end of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Whole,
    CutOff,
    Silence,
}

/// A body that goes out chunk by chunk, each in a write of its own.
pub(crate) struct ScriptedBody {
    chunks: VecDeque<Bytes>,
    pause: Duration,
    between: Between,
    ending: Ending,
}

/// The condition for the next chunk.
enum Between {
    Nothing,
    /// To answer "not yet" once makes hyper send what it holds.
    GiveWay,
    Wait(Pin<Box<Sleep>>),
}

impl ScriptedBody {
    pub(crate) fn new(chunks: VecDeque<Bytes>, pause: Duration, ending: Ending) -> Self {
        Self {
            chunks,
            pause,
            between: Between::Nothing,
            ending,
        }
    }

    /// Hands out the next chunk, and says what has to happen after it.
    fn next_chunk(&mut self) -> Option<Bytes> {
        let chunk = self.chunks.pop_front()?;
        self.between = match (self.chunks.is_empty(), self.ending) {
            (true, Ending::Whole) => Between::Nothing,
            (true, Ending::CutOff | Ending::Silence) => {
                Between::Wait(Box::pin(sleep(BEFORE_THE_END)))
            }
            (false, _) if self.pause.is_zero() => Between::GiveWay,
            (false, _) => Between::Wait(Box::pin(sleep(self.pause))),
        };
        Some(chunk)
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match &mut self.between {
            Between::Nothing => {}
            Between::GiveWay => {
                self.between = Between::Nothing;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Between::Wait(sleep) => {
                std::task::ready!(sleep.as_mut().poll(context));
                self.between = Between::Nothing;
            }
        }
        if let Some(chunk) = self.next_chunk() {
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        match self.ending {
            Ending::Whole => Poll::Ready(None),
            Ending::CutOff => Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into()))),
            Ending::Silence => Poll::Pending,
        }
    }
}

//! The requests in flight: at most so many of a call, and of a service, from before a request's body is taken in until
//! its answer has been read or dropped. So connections, lookups of names and the bodies in memory are bounded with them.
//!
//! A request beyond that waits in line. An answer that its plugin leaves lying keeps its connection, until somebody has
//! waited for long: then the answer that has lain for longest is given up, and its plugin finds it cut off.
//!
//! Knows neither where requests go nor what is in them.

use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime_wasi_http::{Error, Result, WasiBody};

use super::budget::CallBudget;
use crate::{
    config::limits::Limits,
    timers::{Elapsed, Timers},
};

/// The time that a request waits before answers that lie unread are looked for, and between two such looks.
const LOOK: Duration = Duration::from_millis(500);

/// The longest that an answer may lie unread while others wait. A plugin that decodes comes for the next piece within
/// milliseconds; a stream whose reader is slow has its next chunk lie.
const UNREAD: Duration = Duration::from_secs(5);

/// The requests of one service.
pub(crate) struct RequestSlots {
    permits: Arc<Semaphore>,
    timers: Timers,
    answers: Mutex<Vec<Weak<Mutex<Answer>>>>,
    unread: Duration,
    /// The longest that an answer may lie for whose next piece the plugin has asked: a server that pauses for longer is
    /// given up.
    awaited: Duration,
}

/// A request's place among those of its call and of its service. Dropped, it is the next one's.
pub(crate) struct Slot {
    budget: Arc<CallBudget>,
    _of_call: OwnedSemaphorePermit,
    _of_service: OwnedSemaphorePermit,
}

impl RequestSlots {
    pub(crate) fn new(limits: &Limits, timers: &Timers) -> Self {
        Self {
            permits: semaphore(limits.service_requests),
            timers: timers.clone(),
            answers: Mutex::default(),
            unread: UNREAD,
            awaited: limits.between_bytes_timeout,
        }
    }

    /// Waits in line: first in that of the call, so that no call fills the service's.
    pub(crate) async fn slot(&self, budget: &Arc<CallBudget>) -> Result<Slot> {
        let closed = |_| Error::ConnectionLimitReached;
        let of_call = Arc::clone(budget.slots())
            .acquire_owned()
            .await
            .map_err(closed)?;
        let mut acquiring = pin!(Arc::clone(&self.permits).acquire_owned());
        let of_service = loop {
            match self.timers.timeout(LOOK, acquiring.as_mut()).await {
                Ok(acquired) => break acquired.map_err(closed)?,
                Err(Elapsed) => self.give_up_unread(),
            }
        };
        Ok(Slot {
            budget: Arc::clone(budget),
            _of_call: of_call,
            _of_service: of_service,
        })
    }

    /// The body of an answer, from the network or the cache: what it brings is taken from the call's budget, and the
    /// slot is given back at its end.
    pub(crate) fn held(&self, body: WasiBody, slot: Slot) -> WasiBody {
        if body.is_end_stream() {
            return body;
        }
        let answer = Arc::new(Mutex::new(Answer {
            state: State::Reading { body, slot },
            is_awaited: false,
            since: Instant::now(),
        }));
        let mut answers = lock(&self.answers);
        answers.retain(|answer| answer.strong_count() > 0);
        answers.push(Arc::downgrade(&answer));
        Held(answer).boxed_unsync()
    }

    /// Gives up the answer that nobody has read for longest, if that is too long.
    fn give_up_unread(&self) {
        let answers: Vec<_> = lock(&self.answers)
            .iter()
            .filter_map(Weak::upgrade)
            .collect();
        let overdue = |answer: &Arc<Mutex<Answer>>| {
            let answer = lock(answer);
            let granted = match answer.is_awaited {
                true => self.awaited,
                false => self.unread,
            };
            let since = answer.since.elapsed();
            let is_reading = matches!(answer.state, State::Reading { .. });
            (is_reading && since > granted).then_some(since)
        };
        let longest = answers
            .iter()
            .filter_map(|answer| Some((overdue(answer)?, answer)))
            .max_by_key(|(since, _)| *since);
        if let Some((since, answer)) = longest {
            lock(answer).state = State::GivenUp;
            tracing::warn!(
                ?since,
                "an answer that the plugin did not read was given up: other requests waited"
            );
        }
    }
}

/// Makes a semaphore of as many permits as there may be; none at all would let no request out, for ever.
pub(super) fn semaphore(requests: u32) -> Arc<Semaphore> {
    let permits = (requests.max(1) as usize).min(Semaphore::MAX_PERMITS);
    Arc::new(Semaphore::new(permits))
}

/// The answer to a request in flight.
struct Answer {
    state: State,
    /// True if the plugin has asked for a piece that has not come.
    is_awaited: bool,
    /// The time at which it asked last.
    since: Instant,
}

enum State {
    Reading { body: WasiBody, slot: Slot },
    Over,
    GivenUp,
}

struct Held(Arc<Mutex<Answer>>);

impl Body for Held {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>>>> {
        let mut answer = lock(&self.0);
        let (body, slot) = match &mut answer.state {
            State::Reading { body, slot } => (body, slot),
            State::Over => return Poll::Ready(None),
            State::GivenUp => return Poll::Ready(Some(Err(Error::HttpResponseIncomplete))),
        };
        let mut frame = Pin::new(&mut *body).poll_frame(context);
        if let Poll::Ready(Some(Ok(piece))) = &frame
            && let Some(data) = piece.data_ref()
            && let Err(too_much) = slot.budget.receive(data.len())
        {
            frame = Poll::Ready(Some(Err(too_much)));
        }
        let is_over = match &frame {
            Poll::Ready(Some(Ok(_))) => body.is_end_stream(),
            Poll::Ready(_) => true,
            Poll::Pending => false,
        };
        if is_over {
            answer.state = State::Over;
        }
        answer.is_awaited = frame.is_pending();
        answer.since = Instant::now();
        frame
    }

    fn is_end_stream(&self) -> bool {
        match &lock(&self.0).state {
            State::Reading { body, .. } => body.is_end_stream(),
            State::Over => true,
            State::GivenUp => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &lock(&self.0).state {
            State::Reading { body, .. } => body.size_hint(),
            State::Over => SizeHint::with_exact(0),
            State::GivenUp => SizeHint::default(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A body that panics has its call's task for itself, which ends with it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::body::TestBody;
    use std::task::Waker;

    fn request_slots(service: u32) -> (RequestSlots, Limits) {
        let limits = Limits {
            concurrent_requests: 2,
            service_requests: service,
            ..Limits::default()
        };
        let mut request_slots = RequestSlots::new(&limits, &Timers::ticking());
        request_slots.unread = Duration::from_millis(100);
        (request_slots, limits)
    }

    fn call(limits: &Limits) -> Arc<CallBudget> {
        Arc::new(CallBudget::of(limits))
    }

    fn body(pieces: &[&'static str]) -> WasiBody {
        TestBody::at_once(pieces)
            .map_err(Error::from)
            .boxed_unsync()
    }

    async fn is_at_once(slot: impl Future<Output = Result<Slot>>) -> Option<Slot> {
        match pin!(slot).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(slot) => slot.ok(),
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn a_call_has_so_many_and_leaves_the_rest_to_others() {
        let (request_slots, limits) = request_slots(3);
        let (one, other) = (call(&limits), call(&limits));
        let first = is_at_once(request_slots.slot(&one)).await;
        let second = is_at_once(request_slots.slot(&one)).await;
        assert!(first.is_some() && second.is_some());
        assert!(is_at_once(request_slots.slot(&one)).await.is_none());
        let third = is_at_once(request_slots.slot(&other)).await;
        assert!(third.is_some());
        assert!(is_at_once(request_slots.slot(&other)).await.is_none());
        drop(first);
        assert!(is_at_once(request_slots.slot(&other)).await.is_some());
    }

    #[tokio::test]
    async fn an_answer_gives_its_slot_back_when_it_is_over_or_dropped() {
        let (request_slots, limits) = request_slots(1);
        let call = call(&limits);
        let held = request_slots.held(body(&["a", "b"]), request_slots.slot(&call).await.unwrap());
        assert!(is_at_once(request_slots.slot(&call)).await.is_none());
        assert_eq!(held.collect().await.unwrap().to_bytes(), "ab");
        let slot = is_at_once(request_slots.slot(&call)).await.unwrap();
        drop(request_slots.held(body(&["a"]), slot));
        let slot = is_at_once(request_slots.slot(&call)).await.unwrap();
        let _empty = request_slots.held(WasiBody::default(), slot);
        assert!(is_at_once(request_slots.slot(&call)).await.is_some());
    }

    #[tokio::test]
    async fn an_answer_beyond_the_bytes_of_its_call_is_cut_off_and_gives_its_slot_back() {
        let (request_slots, limits) = request_slots(1);
        let limits = Limits {
            received_bytes: 3,
            ..limits
        };
        let call = call(&limits);
        let first = request_slots.held(body(&["ab"]), request_slots.slot(&call).await.unwrap());
        assert_eq!(first.collect().await.unwrap().to_bytes(), "ab");
        let slot = request_slots.slot(&call).await.unwrap();
        let mut second = request_slots.held(body(&["c", "d", "e"]), slot);
        assert!(second.frame().await.unwrap().is_ok());
        let cut = second.frame().await.unwrap();
        assert!(matches!(cut, Err(Error::HttpResponseBodySize(Some(3)))));
        assert!(is_at_once(request_slots.slot(&call)).await.is_some());
        assert!(second.frame().await.is_none());
    }

    #[tokio::test]
    async fn an_answer_that_lies_unread_is_given_up_when_others_wait_and_not_before() {
        let (request_slots, limits) = request_slots(2);
        let (hoarder, other) = (call(&limits), call(&limits));
        let slot = request_slots.slot(&hoarder).await.unwrap();
        let mut lying = request_slots.held(body(&["a", "b"]), slot);
        let slot = request_slots.slot(&hoarder).await.unwrap();
        let mut read = request_slots.held(body(&["a", "b"]), slot);
        tokio::time::sleep(request_slots.unread * 2).await;
        assert_eq!(
            lying.frame().await.unwrap().unwrap().into_data().unwrap(),
            "a"
        );
        tokio::time::sleep(request_slots.unread * 2).await;
        // Nobody waited, and so nothing was given up.
        assert_eq!(
            read.frame().await.unwrap().unwrap().into_data().unwrap(),
            "a"
        );
        let begun = Instant::now();
        let _slot = request_slots.slot(&other).await.unwrap();
        assert!(begun.elapsed() >= LOOK, "{:?}", begun.elapsed());
        let cut = lying.frame().await.unwrap();
        assert!(matches!(cut, Err(Error::HttpResponseIncomplete)), "{cut:?}");
        assert_eq!(read.collect().await.unwrap().to_bytes(), "b");
    }
}

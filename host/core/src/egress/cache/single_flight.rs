//! One request on its way, and all who wait for its answer.
//!
//! The first who asks leads: it has the head and each piece of the body as they come. Those who ask for the same
//! meanwhile follow: they have the answer when it is whole. No task of its own does the work. Whoever is polled, the
//! leader or a follower, drives the connection on, for all: so a leader that is dropped takes nothing with it, one
//! whose plugin reads slowly holds up nobody, and when the last one has gone the connection is closed.
//!
//! The bytes received are held for the followers up to a bound, and no further: past it the leader has the rest for itself,
//! as if it were alone, and the followers ask anew, each alone. A failure is the leader's own; followers ask again.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http::{Response, StatusCode, header::CONTENT_ENCODING, response};
use http_body::Body;
use wasmtime_wasi_http::{Error, Result, WasiBody};

use super::{
    Inner, clock::Now, completeness::Completeness, freshness::Freshness, key::FlightKey,
    pieces::Pieces, response::StoredResponse, wakers::Wakers,
};

/// A request that is being sent.
pub(super) type Exchange = Pin<Box<dyn Future<Output = Result<Response<WasiBody>>> + Send>>;

pub(super) struct Flight {
    cache: Arc<Inner>,
    key: FlightKey,
    wakers: Arc<Wakers>,
    state: Mutex<State>,
}

struct State {
    phase: Phase,
    /// Once it has come.
    head: Option<response::Parts>,
    /// The failure, until the leader takes it.
    failure: Option<Error>,
    /// The bytes received, for all. None: they are no longer shared.
    shared: Option<Pieces>,
    /// The bytes that the leader alone has not had yet, where they are not shared.
    alone: VecDeque<Bytes>,
    has_leader: bool,
    /// The terms under which the answer may be kept; none: it may not, or no longer.
    keeping: Option<Keeping>,
    /// The number of the next who waits.
    next: u64,
}

enum Phase {
    Asking(Exchange),
    Answering(WasiBody),
    Over(End),
}

struct Keeping {
    asked: Now,
    life: Freshness,
    completeness: Completeness,
}

/// The outcome of a response, for the followers.
#[derive(Clone)]
pub(super) enum End {
    /// It is there.
    Whole(StoredResponse),
    /// It did not come, or broke off.
    Broken,
    /// It is too large to be shared.
    TooLarge,
}

impl Flight {
    /// Starts a flight; the leader holds the returned seat. `life` is none where the answer may not be kept.
    pub(super) fn start(
        cache: Arc<Inner>,
        key: FlightKey,
        exchange: Exchange,
        life: Option<(Now, Freshness)>,
        is_shared: bool,
    ) -> Subscriber {
        let flight = Arc::new(Self {
            cache,
            key,
            wakers: Arc::default(),
            state: Mutex::new(State {
                phase: Phase::Asking(exchange),
                head: None,
                failure: None,
                shared: is_shared.then(Pieces::default),
                alone: VecDeque::new(),
                has_leader: true,
                keeping: life.filter(|_| is_shared).map(|(asked, life)| Keeping {
                    asked,
                    life,
                    completeness: Completeness::Nothing,
                }),
                next: 1,
            }),
        });
        Subscriber {
            flight,
            number: LEADER,
        }
    }

    /// A seat among the followers. None: it is over, or its answer is no longer shared.
    pub(super) fn follow(self: Arc<Self>) -> Option<Subscriber> {
        let number = {
            let mut state = self.lock();
            if state.shared.is_none() || matches!(state.phase, Phase::Over(_)) {
                return None;
            }
            state.next += 1;
            state.next
        };
        Some(Subscriber {
            flight: self,
            number,
        })
    }

    /// Goes on until there is what one waits for, or nothing more to be done for now.
    fn poll<T>(
        self: &Arc<Self>,
        number: u64,
        cx: &Context<'_>,
        mut wanted: impl FnMut(&mut State) -> Option<T>,
    ) -> Poll<T> {
        let mut has_moved = false;
        let found = {
            let mut state = self.lock();
            loop {
                if let Some(found) = wanted(&mut state) {
                    break Poll::Ready(found);
                }
                // Before the work is polled: it may be ready again before this returns.
                self.wakers.register(number, cx.waker());
                let all = Waker::from(Arc::clone(&self.wakers));
                if self
                    .step(&mut state, &mut Context::from_waker(&all))
                    .is_pending()
                {
                    break Poll::Pending;
                }
                has_moved = true;
            }
        };
        if found.is_ready() {
            self.wakers.remove(number);
        }
        if has_moved {
            self.wakers.wake_others(number);
        }
        found
    }

    /// One step of the work.
    fn step(self: &Arc<Self>, state: &mut State, cx: &mut Context<'_>) -> Poll<()> {
        match &mut state.phase {
            Phase::Asking(exchange) => match ready!(exchange.as_mut().poll(cx)) {
                Ok(response) => {
                    let (head, body) = response.into_parts();
                    self.begin(state, head, body);
                }
                Err(error) => self.fail(state, error),
            },
            Phase::Answering(body) => match ready!(Pin::new(&mut *body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let is_last = body.is_end_stream();
                    if let Ok(piece) = frame.into_data() {
                        self.take(state, piece);
                    }
                    if is_last {
                        self.finish(state);
                    }
                }
                Some(Err(error)) => self.fail(state, error),
                None => self.finish(state),
            },
            Phase::Over(_) => {}
        }
        Poll::Ready(())
    }

    fn begin(self: &Arc<Self>, state: &mut State, head: response::Parts, body: WasiBody) {
        if head.status != StatusCode::OK || head.headers.contains_key(CONTENT_ENCODING) {
            state.keeping = None;
        }
        if body.size_hint().lower() > self.cache.store.entry_bytes as u64 {
            self.stop_sharing(state);
        }
        state.head = Some(head);
        let is_over = body.is_end_stream();
        if !matches!(state.phase, Phase::Over(_)) {
            state.phase = Phase::Answering(body);
        }
        if is_over {
            self.finish(state);
        }
    }

    fn take(self: &Arc<Self>, state: &mut State, piece: Bytes) {
        self.cache.counters.received_bytes.add(piece.len());
        if let Some(shared) = &mut state.shared {
            if shared.bytes() + piece.len() <= self.cache.store.entry_bytes
                && self.cache.budget.take(Pieces::cost_of(&piece))
            {
                if let Some(keeping) = &mut state.keeping {
                    keeping.completeness.feed(&piece);
                }
                shared.push(&piece);
                return;
            }
            self.stop_sharing(state);
        }
        state.alone.push_back(piece);
    }

    /// From here on the leader is alone.
    fn stop_sharing(self: &Arc<Self>, state: &mut State) {
        state.keeping = None;
        if let Some(mut shared) = state.shared.take() {
            self.cache.budget.give_back(shared.cost());
            state.alone.extend(std::iter::from_fn(|| shared.next()));
        }
        self.cache.complete(self);
        if !state.has_leader {
            state.alone.clear();
            state.phase = Phase::Over(End::TooLarge);
        }
    }

    fn fail(self: &Arc<Self>, state: &mut State, error: Error) {
        state.failure = Some(error);
        state.phase = Phase::Over(End::Broken);
        self.cache.complete(self);
    }

    fn finish(self: &Arc<Self>, state: &mut State) {
        if matches!(state.phase, Phase::Over(_)) {
            return;
        }
        let end = match (&state.head, &state.shared) {
            (Some(head), Some(shared)) => {
                let answer = StoredResponse::new(head.clone(), shared.all());
                if let Some(keeping) = state.keeping.take()
                    && keeping.completeness.is_whole()
                {
                    self.cache
                        .keep(&self.key.key, &answer, keeping.asked, keeping.life);
                }
                End::Whole(answer)
            }
            _ => End::TooLarge,
        };
        state.phase = Phase::Over(end);
        // After it is kept: whoever asks now finds it there, or here.
        self.cache.complete(self);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn key(&self) -> &FlightKey {
        &self.key
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let held = self.lock().shared.as_ref().map_or(0, Pieces::cost);
        self.cache.budget.give_back(held);
    }
}

const LEADER: u64 = 0;

/// One who waits. Dropped, it waits no longer.
pub(super) struct Subscriber {
    flight: Arc<Flight>,
    number: u64,
}

impl Subscriber {
    pub(super) fn flight(&self) -> &Arc<Flight> {
        &self.flight
    }

    /// For the leader: the head of the response.
    pub(super) fn poll_head(&self, cx: &Context<'_>) -> Poll<Result<response::Parts>> {
        self.flight.poll(self.number, cx, |state| {
            if let Some(head) = state.head.clone() {
                return Some(Ok(head));
            }
            // It is never over without either.
            let failure = state.failure.take();
            matches!(state.phase, Phase::Over(_))
                .then(|| Err(failure.unwrap_or(Error::ConnectionTerminated)))
        })
    }

    /// For the leader: the next piece of the body.
    pub(super) fn poll_piece(&self, cx: &Context<'_>) -> Poll<Option<Result<Bytes>>> {
        self.flight.poll(self.number, cx, |state| {
            if let Some(piece) = state.next_piece() {
                return Some(Some(Ok(piece)));
            }
            matches!(state.phase, Phase::Over(_)).then(|| state.failure.take().map(Err))
        })
    }

    /// For the leader: whether there is nothing more.
    pub(super) fn is_end(&self) -> bool {
        let state = self.flight.lock();
        let has_piece = match &state.shared {
            Some(shared) => !shared.are_read(),
            None => !state.alone.is_empty(),
        };
        matches!(state.phase, Phase::Over(_)) && !has_piece && state.failure.is_none()
    }

    /// For a follower: what became of it.
    pub(super) fn poll_end(&self, cx: &Context<'_>) -> Poll<End> {
        self.flight
            .poll(self.number, cx, |state| match &state.phase {
                Phase::Over(end) => Some(end.clone()),
                _ if state.shared.is_none() => Some(End::TooLarge),
                _ => None,
            })
    }
}

impl State {
    fn next_piece(&mut self) -> Option<Bytes> {
        match &mut self.shared {
            Some(shared) => shared.next(),
            None => self.alone.pop_front(),
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.flight.wakers.remove(self.number);
        {
            let mut state = self.flight.lock();
            if matches!(state.phase, Phase::Over(_)) {
                return;
            }
            if self.number == LEADER {
                state.has_leader = false;
            }
        }
        // Somebody had waited long enough, perhaps. Those who come now are not to wait for the same.
        self.flight.cache.complete(&self.flight);
        // It may have been the one to go on.
        self.flight.wakers.wake_all();
    }
}

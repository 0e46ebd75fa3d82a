//! One request on its way, and all who wait for its answer.
//!
//! The first who asks leads: it has the head and each piece of the body as they come. Those who ask for the same
//! meanwhile follow: they have the answer when it is whole. No task of its own does the work. Whoever is polled, the
//! leader or a follower, drives the connection on, for all: so a leader that is dropped takes nothing with it, one
//! whose plugin reads slowly holds up nobody, and when the last one has gone the connection is closed.
//!
//! What has come is held for the followers up to a bound, and no further: past it the leader has the rest for itself,
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
    Inner, answer::Answer, clock::Now, completeness::Completeness, keep::Life, key::FlightKey,
    wakers::Wakers,
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
    /// What went wrong, until the leader takes it.
    failure: Option<Error>,
    /// What has come: while it is shared all of it, then what the leader has not had yet.
    pieces: VecDeque<Bytes>,
    /// How many of these the leader has had, while they are shared.
    taken: usize,
    /// Of the pieces that are shared.
    held: usize,
    is_shared: bool,
    has_leader: bool,
    /// How the answer may be kept, while it still may.
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
    life: Life,
    completeness: Completeness,
}

/// What became of an answer, for the followers.
#[derive(Clone)]
pub(super) enum End {
    /// It is there.
    Whole(Answer),
    /// It did not come, or broke off.
    Broken,
    /// It is too large to be shared.
    TooLarge,
}

impl Flight {
    /// Who leads it has the returned seat. `life` is none where the answer may not be kept.
    pub(super) fn start(
        cache: Arc<Inner>,
        key: FlightKey,
        exchange: Exchange,
        life: Option<(Now, Life)>,
        is_shared: bool,
    ) -> Seat {
        let flight = Arc::new(Self {
            cache,
            key,
            wakers: Arc::default(),
            state: Mutex::new(State {
                phase: Phase::Asking(exchange),
                head: None,
                failure: None,
                pieces: VecDeque::new(),
                taken: 0,
                held: 0,
                is_shared,
                has_leader: true,
                keeping: life.filter(|_| is_shared).map(|(asked, life)| Keeping {
                    asked,
                    life,
                    completeness: Completeness::Nothing,
                }),
                next: 1,
            }),
        });
        Seat {
            flight,
            number: LEADER,
        }
    }

    /// A seat among the followers. None: it is over, or its answer is no longer shared.
    pub(super) fn follow(self: Arc<Self>) -> Option<Seat> {
        let number = {
            let mut state = self.lock();
            if !state.is_shared || matches!(state.phase, Phase::Over(_)) {
                return None;
            }
            state.next += 1;
            state.next
        };
        Some(Seat {
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
        if state.is_shared
            && (state.held + piece.len() > self.cache.store.entry_bytes
                || !self.cache.budget.take(piece.len()))
        {
            self.stop_sharing(state);
        }
        if !state.is_shared {
            state.pieces.push_back(piece);
            return;
        }
        state.held += piece.len();
        if let Some(keeping) = &mut state.keeping {
            keeping.completeness.feed(&piece);
        }
        // A copy of its own: the piece may be a little part of a large buffer, which it would hold on to.
        state.pieces.push_back(Bytes::copy_from_slice(&piece));
    }

    /// From here on the leader is alone.
    fn stop_sharing(self: &Arc<Self>, state: &mut State) {
        state.is_shared = false;
        state.keeping = None;
        state.pieces.drain(..state.taken.min(state.pieces.len()));
        state.taken = 0;
        self.cache.budget.give_back(state.held);
        state.held = 0;
        self.cache.land(self);
        if !state.has_leader {
            state.pieces.clear();
            state.phase = Phase::Over(End::TooLarge);
        }
    }

    fn fail(self: &Arc<Self>, state: &mut State, error: Error) {
        state.failure = Some(error);
        state.phase = Phase::Over(End::Broken);
        self.cache.land(self);
    }

    fn finish(self: &Arc<Self>, state: &mut State) {
        if matches!(state.phase, Phase::Over(_)) {
            return;
        }
        let end = match (&state.head, state.is_shared) {
            (Some(head), true) => {
                let answer = Answer::new(head.clone(), state.pieces.iter().cloned());
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
        self.cache.land(self);
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
        let held = self.lock().held;
        self.cache.budget.give_back(held);
    }
}

const LEADER: u64 = 0;

/// One who waits. Dropped, it waits no longer.
pub(super) struct Seat {
    flight: Arc<Flight>,
    number: u64,
}

impl Seat {
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
        let has_piece = match state.is_shared {
            true => state.pieces.len() > state.taken,
            false => !state.pieces.is_empty(),
        };
        matches!(state.phase, Phase::Over(_)) && !has_piece && state.failure.is_none()
    }

    /// For a follower: what became of it.
    pub(super) fn poll_end(&self, cx: &Context<'_>) -> Poll<End> {
        self.flight
            .poll(self.number, cx, |state| match &state.phase {
                Phase::Over(end) => Some(end.clone()),
                _ if !state.is_shared => Some(End::TooLarge),
                _ => None,
            })
    }
}

impl State {
    fn next_piece(&mut self) -> Option<Bytes> {
        if !self.is_shared {
            return self.pieces.pop_front();
        }
        let piece = self.pieces.get(self.taken).cloned()?;
        self.taken += 1;
        Some(piece)
    }
}

impl Drop for Seat {
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
        self.flight.cache.land(&self.flight);
        // It may have been the one to go on.
        self.flight.wakers.wake_all();
    }
}

//! The requests of a call that are under way: they move whenever the call's task runs, whatever it is that the plugin
//! waits for. A plugin that waits for room to write its request's body has to find that somebody takes the body in.
//!
//! No task of their own: one more to wake costs a small query a tenth of its time. Knows nothing of what is sent.

use std::{
    future::{Future, poll_fn},
    mem,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

/// The time that a call does the work of its requests before it gives way: an event of theirs may cost milliseconds,
/// such as narrowing a query, and there may be many at once. Less than the time between two looks at a call's deadline.
const SLICE: Duration = Duration::from_millis(5);

/// The requests of one call. Clones share them.
pub(crate) struct InFlight<R>(Arc<Mutex<Vec<Weak<Shared<R>>>>>);

type Shared<R> = Mutex<State<R>>;

/// A request in flight, and its result once it has arrived. Dropped, the request is given up.
pub(crate) struct Request<R>(Arc<Shared<R>>);

enum State<R> {
    InFlight(Pin<Box<dyn Future<Output = R> + Send>>),
    Arrived(R),
    Taken,
}

impl<R> State<R> {
    /// Goes on as far as is possible now. Returns true if it has just arrived.
    fn poll_now(&mut self, context: &mut Context<'_>) -> bool {
        if let Self::InFlight(work) = self
            && let Poll::Ready(result) = work.as_mut().poll(context)
        {
            *self = Self::Arrived(result);
            return true;
        }
        false
    }

    fn is_in_flight(&self) -> bool {
        matches!(self, Self::InFlight(_))
    }
}

impl<R: Send + 'static> Request<R> {
    /// Nothing happens before it is waited for or asked for its result, or the requests of its call are moved on.
    pub(crate) fn new(work: impl Future<Output = R> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(State::InFlight(Box::pin(work)))))
    }

    /// Waits until it has arrived. A wait that is given up leaves it in flight.
    pub(crate) async fn arrived(&self) {
        poll_fn(|context| {
            let mut state = lock(&self.0);
            state.poll_now(context);
            match state.is_in_flight() {
                true => Poll::Pending,
                false => Poll::Ready(()),
            }
        })
        .await;
    }

    /// Its result, once; none, if that was taken before. Goes on as far as is possible now, so that a plugin that only
    /// asks gets its response, too. Whoever waits afterwards brings a waker along.
    pub(crate) fn take(&self) -> Poll<Option<R>> {
        let mut state = lock(&self.0);
        state.poll_now(&mut Context::from_waker(Waker::noop()));
        if state.is_in_flight() {
            return Poll::Pending;
        }
        Poll::Ready(match mem::replace(&mut *state, State::Taken) {
            State::Arrived(result) => Some(result),
            State::InFlight(_) | State::Taken => None,
        })
    }
}

impl<R: Send + 'static> InFlight<R> {
    /// Starts a request, which moves from now on whenever the call's task runs.
    pub(crate) fn start(&self, work: impl Future<Output = R> + Send + 'static) -> Request<R> {
        let request = Request::new(work);
        lock(&self.0).push(Arc::downgrade(&request.0));
        request
    }

    /// Returns true if there was none yet, or all are known to have arrived or to be given up.
    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }

    /// Does the work of a call, and in its pauses that of the requests.
    pub(crate) async fn drive_with<W: Future>(&self, work: W) -> W::Output {
        let mut work = pin!(work);
        poll_fn(|context| {
            let until = Instant::now() + SLICE;
            loop {
                if let Poll::Ready(output) = work.as_mut().poll(context) {
                    return Poll::Ready(output);
                }
                // The work may wait for a response that has arrived.
                if !self.poll_now(context, until) {
                    return Poll::Pending;
                }
                if Instant::now() >= until {
                    give_way(context);
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    /// Moves the requests on, up to that time; those that are left have their turn after the runtime's other tasks.
    /// Returns true if one has just arrived.
    fn poll_now(&self, context: &mut Context<'_>, until: Instant) -> bool {
        let (mut any, mut is_late) = (false, false);
        lock(&self.0).retain(|request| {
            let Some(request) = request.upgrade() else {
                return false; // given up
            };
            if is_late {
                return true;
            }
            let mut state = lock(&request);
            any |= state.poll_now(context);
            is_late = Instant::now() >= until;
            state.is_in_flight()
        });
        if is_late {
            give_way(context);
        }
        any
    }
}

impl<R> Clone for InFlight<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R> Default for InFlight<R> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

/// Has the task go on when the runtime has looked at its other tasks, and at the network.
fn give_way(context: &mut Context<'_>) {
    let _ = pin!(tokio::task::yield_now()).poll(context);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A request that panics has its call's task for itself, which ends with it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
impl<R> Request<R> {
    pub(crate) fn is_in_flight(&self) -> bool {
        lock(&self.0).is_in_flight()
    }

    /// Waits for it, and takes its result.
    pub(crate) async fn result(self) -> R
    where
        R: Send + 'static,
    {
        self.arrived().await;
        match self.take() {
            Poll::Ready(Some(result)) => result,
            _ => panic!("it was taken before"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    #[tokio::test]
    async fn a_body_is_taken_in_while_its_writer_waits_for_room() {
        let in_flight = InFlight::default();
        let (body, mut pieces) = mpsc::channel::<u8>(1);
        let arrival = in_flight.start(async move {
            let mut whole = Vec::new();
            while let Some(piece) = pieces.recv().await {
                whole.push(piece);
            }
            whole
        });
        let call = async {
            // The request is asked for only after all of its body has been written.
            for piece in 0..5 {
                body.send(piece).await.unwrap();
            }
            drop(body);
            arrival.result().await
        };
        assert_eq!(in_flight.drive_with(call).await, [0, 1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn requests_that_compute_give_way_after_a_slice_each_and_all_have_their_turn() {
        let in_flight = InFlight::default();
        let costly = || async { std::thread::sleep(SLICE) };
        let arrivals: Vec<_> = (0..20).map(|_| in_flight.start(costly())).collect();
        let call = async {
            // Wakes up on arrivals only.
            let mut left = arrivals;
            poll_fn(|_| {
                left.retain(Request::is_in_flight);
                match left.is_empty() {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                }
            })
            .await;
        };
        let mut work = pin!(in_flight.drive_with(call));
        let mut longest = Duration::ZERO;
        let mut polls = 0;
        poll_fn(|context| {
            let begun = Instant::now();
            let poll = work.as_mut().poll(context);
            longest = longest.max(begun.elapsed());
            polls += 1;
            poll
        })
        .await;
        assert!(polls >= 20, "{polls}");
        assert!(longest < 10 * SLICE, "{longest:?}");
    }

    #[tokio::test]
    async fn a_request_that_nobody_waits_for_any_more_is_given_up() {
        let in_flight = InFlight::default();
        let held = Arc::new(());
        let kept = Arc::clone(&held);
        let arrival = in_flight.start(async move {
            let _kept = kept;
            std::future::pending::<()>().await;
        });
        in_flight.drive_with(tokio::task::yield_now()).await;
        assert_eq!(Arc::strong_count(&held), 2);
        drop(arrival);
        assert_eq!(Arc::strong_count(&held), 1);
        in_flight.drive_with(tokio::task::yield_now()).await;
        assert!(in_flight.is_empty());
    }
}

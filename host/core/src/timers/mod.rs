//! Deadlines that are seldom reached. Every call sets several and drops them unused, so setting one has to be
//! cheap: an entry in a map that the ticker looks through at each tick. (tokio's timer wakes a sleeping
//! thread for each deadline that is nearer than all others: two system calls and two thread switches.)
//!
//! An timer rings up to a tick late. Knows nothing of calls.

pub(crate) mod epoch;

use std::{
    collections::BTreeMap,
    future::{Future, poll_fn},
    mem,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

/// All timers that are set. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timers(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    /// By time, then by number: two may be set for the same instant.
    wakers: BTreeMap<(Instant, u64), Waker>,
    last: u64,
}

/// The time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Elapsed;

impl Timers {
    /// A future that is ready at that time.
    pub(crate) fn at(&self, time: Instant) -> Timer {
        Timer {
            timers: self.clone(),
            time,
            set: None,
        }
    }

    /// A future that is ready after that time; what no clock can count to is a year.
    pub(crate) fn after(&self, duration: Duration) -> Timer {
        const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
        let now = Instant::now();
        self.at(now.checked_add(duration).unwrap_or(now + YEAR))
    }

    /// Does the work, unless it takes longer than that.
    pub(crate) async fn timeout<W: Future>(
        &self,
        duration: Duration,
        work: W,
    ) -> Result<W::Output, Elapsed> {
        let mut timer = self.after(duration);
        let mut work = pin!(work);
        poll_fn(|context| match work.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => Pin::new(&mut timer).poll(context).map(|()| Err(Elapsed)),
        })
        .await
    }

    /// Wakes whoever waits for a time up to this one.
    pub(crate) fn fire_due(&self, now: Instant) {
        let due = {
            let mut waiting = self.lock();
            let later = waiting.wakers.split_off(&(now, u64::MAX));
            mem::replace(&mut waiting.wakers, later)
        };
        due.into_values().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while it is held, and a map is never half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A future that is ready at its time. Dropped, it is no longer set.
#[derive(Debug)]
pub(crate) struct Timer {
    timers: Timers,
    time: Instant,
    /// Its number and whom it wakes, once it has been waited for.
    set: Option<(u64, Waker)>,
}

impl Timer {
    /// Returns true if its time has come.
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.time
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if this.is_over() {
            return Poll::Ready(());
        }
        let unchanged = |(_, waker): &(u64, Waker)| waker.will_wake(context.waker());
        if !this.set.as_ref().is_some_and(unchanged) {
            let mut waiting = this.timers.lock();
            let number = match &this.set {
                Some((number, _)) => *number,
                None => {
                    waiting.last += 1;
                    waiting.last
                }
            };
            waiting
                .wakers
                .insert((this.time, number), context.waker().clone());
            this.set = Some((number, context.waker().clone()));
        }
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some((number, _)) = self.set {
            self.timers.lock().wakers.remove(&(self.time, number));
        }
    }
}

#[cfg(test)]
impl Timers {
    /// Timers with a thread of their own that rings them.
    pub(crate) fn ticking() -> Self {
        let timers = Self::default();
        let weak = Arc::downgrade(&timers.0);
        std::thread::spawn(move || {
            while let Some(strong) = weak.upgrade() {
                Self(strong).fire_due(Instant::now());
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        timers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn bell() -> (Arc<Bell>, Waker) {
        let bell = Arc::new(Bell(AtomicUsize::new(0)));
        (Arc::clone(&bell), bell.into())
    }

    #[test]
    fn those_whose_time_has_come_are_woken_and_no_others() {
        let timers = Timers::default();
        let (bell, waker) = bell();
        let mut context = Context::from_waker(&waker);
        let now = Instant::now();
        let hour = Duration::from_secs(3600);
        let mut early = [timers.at(now + hour), timers.at(now + hour)];
        let mut late = timers.at(now + 3 * hour);
        for timer in early.iter_mut().chain([&mut late]) {
            assert!(Pin::new(timer).poll(&mut context).is_pending());
        }
        timers.fire_due(now);
        assert_eq!(bell.0.load(Ordering::Relaxed), 0);
        timers.fire_due(now + 2 * hour);
        assert_eq!(bell.0.load(Ordering::Relaxed), 2);
        drop((early, late));
        assert!(timers.lock().wakers.is_empty());
    }

    #[test]
    fn an_alarm_that_moves_to_another_task_wakes_that_one() {
        let timers = Timers::default();
        let mut timer = timers.after(Duration::from_secs(3600));
        let ((first, first_waker), (second, second_waker)) = (bell(), bell());
        for waker in [&first_waker, &second_waker] {
            let mut context = Context::from_waker(waker);
            assert!(Pin::new(&mut timer).poll(&mut context).is_pending());
        }
        timers.fire_due(Instant::now() + Duration::from_secs(7200));
        assert_eq!(first.0.load(Ordering::Relaxed), 0);
        assert_eq!(second.0.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_time_that_no_clock_reaches_is_only_far_away() {
        let mut timer = Timers::default().after(Duration::MAX);
        let (_, waker) = bell();
        let pending = Pin::new(&mut timer).poll(&mut Context::from_waker(&waker));
        assert!(pending.is_pending());
    }
}

//! The time that a future keeps its thread. The rest of its time it waits: for a place, for Prometheus.

use std::{
    future::{Future, poll_fn},
    time::{Duration, Instant},
};

/// Does the work, and adds up how long it is polled.
pub(super) async fn timed<W: Future>(work: W, busy: &mut Duration) -> W::Output {
    // A call's future is large, and lies in others': here it leaves the stack.
    let mut work = Box::pin(work);
    poll_fn(|context| {
        let begun = Instant::now();
        let poll = work.as_mut().poll(context);
        *busy += begun.elapsed();
        poll
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_is_not_being_busy() {
        let (waits, works) = (Duration::from_millis(200), Duration::from_millis(20));
        let mut busy = Duration::ZERO;
        let begun = Instant::now();
        let work = async {
            tokio::time::sleep(waits).await;
            std::thread::sleep(works);
        };
        timed(work, &mut busy).await;
        assert!(busy >= works, "{busy:?}");
        assert!(busy + waits <= begun.elapsed(), "{busy:?}");
    }
}

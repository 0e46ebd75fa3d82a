//! How long a future keeps its thread. The rest of its time it waits: for a place, for Prometheus.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

/// A future that adds up how long it is polled.
pub(super) struct Busy<'a, F> {
    work: Pin<Box<F>>,
    busy: &'a mut Duration,
}

impl<'a, F: Future> Busy<'a, F> {
    pub(super) fn new(work: F, busy: &'a mut Duration) -> Self {
        Self {
            work: Box::pin(work),
            busy,
        }
    }
}

impl<F: Future> Future for Busy<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        let begun = Instant::now();
        let poll = this.work.as_mut().poll(context);
        *this.busy += begun.elapsed();
        poll
    }
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
        Busy::new(work, &mut busy).await;
        assert!(busy >= works, "{busy:?}");
        assert!(busy + waits <= begun.elapsed(), "{busy:?}");
    }
}

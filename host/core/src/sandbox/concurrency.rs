//! The places of the calls that run, and the line of those that wait for one: first come, first served, and
//! no longer than it may be.
//!
//! Counts. Knows nothing of what a call does.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// Every place is taken, and as many wait as may. Nothing was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueueFull;

/// A place. Dropped, it is the next one's.
#[derive(Debug)]
pub(crate) struct Permit {
    _running: OwnedSemaphorePermit,
}

#[derive(Debug)]
pub(crate) struct ConcurrencyLimit {
    running: Arc<Semaphore>,
    waiting: Semaphore,
    /// The number that may wait.
    line: usize,
}

impl ConcurrencyLimit {
    /// For so many calls that run, and so many that wait.
    pub(crate) fn new(running: u32, waiting: u32) -> Self {
        let permits = |number: u32| (number as usize).min(Semaphore::MAX_PERMITS);
        Self {
            running: Arc::new(Semaphore::new(permits(running))),
            waiting: Semaphore::new(permits(waiting)),
            line: permits(waiting),
        }
    }

    /// Returns true if somebody waits in line.
    pub(crate) fn has_waiting(&self) -> bool {
        self.waiting.available_permits() < self.line
    }

    /// A permit: at once where one is free and nobody waits, else in turn.
    pub(crate) async fn acquire(&self) -> Result<Permit, QueueFull> {
        // Fails also where one is free but promised to somebody in line.
        let running = match Arc::clone(&self.running).try_acquire_owned() {
            Ok(running) => running,
            Err(TryAcquireError::Closed) => return Err(QueueFull),
            Err(TryAcquireError::NoPermits) => {
                let _waiting = self.waiting.try_acquire().map_err(|_| QueueFull)?;
                Arc::clone(&self.running)
                    .acquire_owned()
                    .await
                    .map_err(|_| QueueFull)?
            }
        };
        Ok(Permit { _running: running })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Poll, Waker},
    };

    #[test]
    fn the_line_is_served_in_order_and_has_an_end() {
        let concurrency = ConcurrencyLimit::new(1, 2);
        let mut context = Context::from_waker(Waker::noop());
        let mut first = pin!(concurrency.acquire());
        let Poll::Ready(Ok(running)) = first.as_mut().poll(&mut context) else {
            panic!("the first has to wait");
        };
        let mut second = pin!(concurrency.acquire());
        let mut third = pin!(concurrency.acquire());
        assert!(!concurrency.has_waiting());
        assert!(second.as_mut().poll(&mut context).is_pending());
        assert!(third.as_mut().poll(&mut context).is_pending());
        assert!(concurrency.has_waiting());
        let one_too_many = pin!(concurrency.acquire()).poll(&mut context);
        assert!(matches!(one_too_many, Poll::Ready(Err(QueueFull))));

        drop(running);
        // The place is the second's, whoever asks first.
        assert!(third.as_mut().poll(&mut context).is_pending());
        let Poll::Ready(Ok(running)) = second.as_mut().poll(&mut context) else {
            panic!("the second was passed over");
        };
        drop(running);
        assert!(matches!(
            third.as_mut().poll(&mut context),
            Poll::Ready(Ok(_))
        ));
    }

    #[test]
    fn one_who_gives_up_waiting_leaves_the_line() {
        let concurrency = ConcurrencyLimit::new(1, 1);
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(_running)) = pin!(concurrency.acquire()).poll(&mut context) else {
            panic!("the first has to wait");
        };
        {
            let mut impatient = pin!(concurrency.acquire());
            assert!(impatient.as_mut().poll(&mut context).is_pending());
        }
        assert!(pin!(concurrency.acquire()).poll(&mut context).is_pending());
    }
}

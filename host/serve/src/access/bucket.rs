//! A bucket that fills with time, and of which each request takes one.

use std::time::{Duration, Instant};

use super::allowance::Rate;

/// The fill of a bucket. The rate is given each time, so that it may change in between.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    taken: f64,
    at: Instant,
}

impl Bucket {
    /// A full one.
    pub(super) fn full(now: Instant) -> Self {
        Self {
            taken: 0.0,
            at: now,
        }
    }

    /// Takes one.
    ///
    /// # Errors
    /// The time until there is a token for one more request.
    pub(super) fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.taken = (self.taken - passed * rate.per_second).max(0.0);
        self.at = self.at.max(now);
        let over = self.taken + 1.0 - f64::from(rate.burst);
        if over > 0.0 {
            return Err(
                Duration::try_from_secs_f64(over / rate.per_second).unwrap_or(Duration::MAX)
            );
        }
        self.taken += 1.0;
        Ok(())
    }

    /// Returns true if it is full again, so that nothing is lost with it.
    pub(super) fn is_full(&self, rate: Rate, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.taken <= passed * rate.per_second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        per_second: 2.0,
        burst: 3,
    };

    #[test]
    fn a_burst_and_then_so_many_a_second() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        for _ in 0..3 {
            assert_eq!(bucket.take(RATE, start), Ok(()));
        }
        assert_eq!(bucket.take(RATE, start), Err(Duration::from_millis(500)));
        let later = start + Duration::from_millis(500);
        assert_eq!(bucket.take(RATE, later), Ok(()));
        assert!(bucket.take(RATE, later).is_err());
    }

    #[test]
    fn a_long_pause_gives_no_more_than_a_burst() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        let later = start + Duration::from_secs(3600);
        let given = (0..10).filter(|_| bucket.take(RATE, later).is_ok()).count();
        assert_eq!(given, 3);
        assert!(!bucket.is_full(RATE, later));
        assert!(bucket.is_full(RATE, later + Duration::from_secs(2)));
    }

    #[test]
    fn what_is_refused_takes_nothing() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        for _ in 0..1000 {
            let _ = bucket.take(RATE, start);
        }
        assert_eq!(
            bucket.take(RATE, start + Duration::from_millis(500)),
            Ok(())
        );
    }

    #[test]
    fn a_clock_that_stands_or_goes_back_gives_nothing() {
        let start = Instant::now() + Duration::from_secs(10);
        let mut bucket = Bucket::full(start);
        let earlier = start - Duration::from_secs(5);
        let given = (0..10)
            .filter(|_| bucket.take(RATE, earlier).is_ok())
            .count();
        assert_eq!(given, 3);
        assert!(bucket.take(RATE, start).is_err());
    }
}

//! The two clocks of the cache: the time of day says what is final, the other one how old an answer is.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A wall clock that was set back by less than that was only corrected.
const CORRECTION: Duration = Duration::from_secs(10);

/// An instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    /// The time of day, since the epoch.
    pub(super) wall: Duration,
    /// By the clock that nobody sets.
    pub(super) steady: Instant,
}

impl Now {
    pub(super) fn read() -> Self {
        Self {
            // A clock before 1970 finds nothing final.
            wall: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default(),
            steady: Instant::now(),
        }
    }

    /// Returns true if it was that instant, in whole Unix seconds, or later.
    pub(super) fn is_past(&self, instant: i64) -> bool {
        i64::try_from(self.wall.as_secs()).is_ok_and(|now| now >= instant)
    }

    /// The time that has passed since `earlier`.
    pub(super) fn since(&self, earlier: &Self) -> Duration {
        self.steady.saturating_duration_since(earlier.steady)
    }

    /// Returns true if the time of day was set back since then: answers that were final by the clock of then may not
    /// have been.
    pub(super) fn was_set_back_since(&self, earlier: &Self) -> bool {
        self.wall + CORRECTION < earlier.wall + self.since(earlier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn later(now: Now, wall: Duration, steady: Duration) -> Now {
        Now {
            wall: now.wall + wall,
            steady: now.steady + steady,
        }
    }

    #[test]
    fn a_clock_that_runs_was_not_set_back_nor_one_that_was_set_forward() {
        let then = Now::read();
        assert!(!later(then, HOUR, HOUR).was_set_back_since(&then));
        assert!(!later(then, 5 * HOUR, HOUR).was_set_back_since(&then));
        // Corrected by a second.
        let corrected = later(then, HOUR - Duration::from_secs(1), HOUR);
        assert!(!corrected.was_set_back_since(&then));
    }

    #[test]
    fn a_clock_that_falls_behind_was_set_back_even_when_it_has_caught_up_with_the_hour() {
        let then = Now::read();
        assert!(later(then, Duration::ZERO, HOUR).was_set_back_since(&then));
        // Two hours later by one clock, one hour by the other.
        assert!(later(then, HOUR, 2 * HOUR).was_set_back_since(&then));
    }
}

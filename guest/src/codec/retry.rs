//! Which failures another attempt may mend, and how long to wait before it.

use std::num::NonZeroU32;

use super::failure::Failure;

/// Attempts in all. With the waits below the last comes within a second of the first: longer outages are
/// the caller's to wait out.
const ATTEMPTS: u32 = 4;
/// Prometheus answers 500 for a fault of its own, which seldom passes by itself.
const ATTEMPTS_AFTER_500: u32 = 2;
/// The wait before the second attempt, in milliseconds; each further one is twice as long.
const FIRST_WAIT: u64 = 100;

/// The attempts of one call.
#[derive(Debug)]
pub struct Attempts {
    made: u32,
    random: u64,
}

impl Attempts {
    /// Before the first. The seed, any number, spreads the waits of callers that failed together.
    pub fn new(seed: u64) -> Self {
        Self {
            made: 0,
            // xorshift stands still at zero.
            random: seed | 1,
        }
    }

    /// How many milliseconds to wait after this failure before the next attempt; none: it is final.
    ///
    /// `retry_after` is the response's header of that name in seconds, if it has one.
    pub fn next_after(
        &mut self,
        failure: &Failure,
        retry_after: Option<NonZeroU32>,
    ) -> Option<u64> {
        self.made += 1;
        let allowed = match failure {
            Failure::ConnectionFailed(_) | Failure::Interrupted(_) => ATTEMPTS,
            Failure::FailedToGetMetric { status, .. } => match status {
                429 | 502 | 503 | 504 => ATTEMPTS,
                500 => ATTEMPTS_AFTER_500,
                _ => return None,
            },
            // The caller's, the host's, or a deadline that has passed; Prometheus's own among them.
            _ => return None,
        };
        if self.made >= allowed {
            return None;
        }
        let longest = FIRST_WAIT << (self.made - 1);
        let jittered = longest / 2 + self.random_below(longest / 2 + 1);
        let asked_for = retry_after.map_or(0, |seconds| u64::from(seconds.get()) * 1000);
        Some(jittered.max(asked_for))
    }

    /// xorshift64: spread is all that is needed.
    fn random_below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16) -> Failure {
        Failure::FailedToGetMetric {
            status,
            error_type: None,
            message: String::new(),
        }
    }

    fn waits(failure: &Failure) -> Vec<u64> {
        let mut attempts = Attempts::new(7);
        std::iter::from_fn(|| attempts.next_after(failure, None))
            .take(100)
            .collect()
    }

    #[test]
    fn a_broken_connection_and_a_busy_server_are_tried_again_a_few_times() {
        for failure in [
            Failure::ConnectionFailed(String::new()),
            Failure::Interrupted(String::new()),
            refused(429),
            refused(502),
            refused(503),
            refused(504),
        ] {
            assert_eq!(waits(&failure).len(), 3, "{failure:?}");
        }
        assert_eq!(waits(&refused(500)).len(), 1);
    }

    #[test]
    fn what_another_attempt_cannot_mend_is_final() {
        for failure in [
            refused(400),
            refused(404),
            refused(422),
            Failure::TimedOut(String::new()),
            Failure::MalformedResponse(String::new()),
            Failure::Denied(String::new()),
        ] {
            assert!(waits(&failure).is_empty(), "{failure:?}");
        }
    }

    #[test]
    fn waits_double_and_are_spread_over_half_their_length() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let mut attempts = Attempts::new(seed);
            for longest in [100, 200, 400] {
                let wait = attempts.next_after(&refused(503), None).unwrap();
                assert!((longest / 2..=longest).contains(&wait), "{wait}");
                seen.insert(wait);
            }
        }
        assert!(seen.len() > 50);
    }

    #[test]
    fn a_server_that_says_when_is_not_asked_before() {
        let wait = Attempts::new(1).next_after(&refused(429), NonZeroU32::new(2));
        assert_eq!(wait, Some(2000));
    }
}

//! The requests that each caller has made and has under way, by its name.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{allowance::Allowance, bucket::Bucket};

/// Callers that are remembered. One takes some two hundred bytes; beyond that, those who have nothing under way and have
/// not asked lately are forgotten.
const MOST_CALLERS: usize = 10_000;

/// The time to wait where places are taken: a call takes a tenth of a second as a rule, and a header says seconds.
const PLACES_AGAIN: Duration = Duration::from_secs(1);

/// The caller whose requests are counted together. A token of the access file and the subject of a signed one are never
/// the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Principal {
    /// A token of the access file, by its name.
    Token(Arc<str>),
    /// The subject of a signed token.
    Subject(Arc<str>),
}

impl Principal {
    /// As it is called, whichever it is.
    pub(super) fn name(&self) -> Arc<str> {
        match self {
            Self::Token(name) | Self::Subject(name) => Arc::clone(name),
        }
    }
}

/// The callers, each with what it has asked. Clones are one.
#[derive(Debug, Clone, Default)]
pub(super) struct Meters(Arc<Mutex<HashMap<Principal, Meter>>>);

#[derive(Debug)]
struct Meter {
    bucket: Bucket,
    running: u32,
    allowance: Allowance,
}

/// A request under way. Dropped, it is not.
#[derive(Debug)]
pub struct Permit {
    meters: Meters,
    principal: Principal,
}

/// More than a caller may ask. Nothing was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany {
    pub(super) retry_after: Duration,
}

impl Meters {
    /// Counts a request.
    pub(super) fn enter(
        &self,
        principal: Principal,
        allowance: Allowance,
        now: Instant,
    ) -> Result<Permit, TooMany> {
        let mut meters = self.held();
        // If all are busy there are more: each is the subject of a token that somebody signed.
        if meters.len() >= MOST_CALLERS && !meters.contains_key(&principal) {
            meters.retain(|_, meter| !meter.is_idle(now));
        }
        let meter = meters.entry(principal.clone()).or_insert_with(|| Meter {
            bucket: Bucket::full(now),
            running: 0,
            allowance,
        });
        meter.enter(allowance, now)?;
        drop(meters);
        Ok(Permit {
            meters: self.clone(),
            principal,
        })
    }

    /// Nothing that is done under this lock can leave half of it.
    fn held(&self) -> MutexGuard<'_, HashMap<Principal, Meter>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meter {
    fn enter(&mut self, allowance: Allowance, now: Instant) -> Result<(), TooMany> {
        // As the access file has it now: it may have changed since.
        self.allowance = allowance;
        let later = |retry_after| TooMany { retry_after };
        if let Some(rate) = allowance.rate {
            self.bucket.take(rate, now).map_err(later)?;
        }
        if self.running >= allowance.concurrent {
            return Err(later(PLACES_AGAIN));
        }
        self.running += 1;
        Ok(())
    }

    fn is_idle(&self, now: Instant) -> bool {
        let rate = self.allowance.rate;
        self.running == 0 && rate.is_none_or(|rate| self.bucket.is_full(rate, now))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(meter) = self.meters.held().get_mut(&self.principal) {
            meter.running = meter.running.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::allowance::Rate;

    const TWO_AT_ONCE: Allowance = Allowance {
        rate: None,
        concurrent: 2,
    };

    fn token(name: &str) -> Principal {
        Principal::Token(name.into())
    }

    #[test]
    fn a_caller_has_so_many_under_way_and_takes_none_of_anothers() {
        let (meters, now) = (Meters::default(), Instant::now());
        let enter = |principal: &Principal| meters.enter(principal.clone(), TWO_AT_ONCE, now);
        let (a, b) = (token("a"), token("b"));
        let first = enter(&a).unwrap();
        let _second = enter(&a).unwrap();
        assert_eq!(enter(&a).unwrap_err().retry_after, PLACES_AGAIN);
        assert!(enter(&b).is_ok());
        drop(first);
        assert!(enter(&a).is_ok());
    }

    #[test]
    fn a_subject_that_is_called_like_a_token_is_somebody_else() {
        let (meters, now) = (Meters::default(), Instant::now());
        let one = Allowance {
            concurrent: 1,
            ..TWO_AT_ONCE
        };
        let _token = meters.enter(token("a"), one, now).unwrap();
        assert!(
            meters
                .enter(Principal::Subject("a".into()), one, now)
                .is_ok()
        );
    }

    #[test]
    fn requests_beyond_the_rate_are_refused_with_the_time_until_the_next() {
        let (meters, now) = (Meters::default(), Instant::now());
        let allowance = Allowance {
            rate: Some(Rate {
                per_second: 0.5,
                burst: 1,
            }),
            concurrent: 2,
        };
        drop(meters.enter(token("a"), allowance, now).unwrap());
        let refused = meters.enter(token("a"), allowance, now).unwrap_err();
        assert_eq!(refused.retry_after, Duration::from_secs(2));
    }

    #[test]
    fn however_many_subjects_there_are_those_who_left_are_forgotten() {
        let (meters, now) = (Meters::default(), Instant::now());
        let subject = |n: usize| Principal::Subject(n.to_string().into());
        let busy = meters.enter(subject(0), TWO_AT_ONCE, now).unwrap();
        let _also_busy = meters.enter(subject(0), TWO_AT_ONCE, now).unwrap();
        for n in 1..3 * MOST_CALLERS {
            assert!(meters.enter(subject(n), TWO_AT_ONCE, now).is_ok());
        }
        assert!(meters.held().len() <= MOST_CALLERS);
        // A busy caller is not forgotten: that would be a new allowance.
        assert!(meters.enter(subject(0), TWO_AT_ONCE, now).is_err());
        drop(busy);
    }
}

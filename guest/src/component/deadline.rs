//! The end of a call's time, and waiting that never goes beyond it.

use std::cell::OnceCell;
use std::num::NonZeroU32;

use wasip2::clocks::monotonic_clock::{Instant, now, subscribe_instant};
use wasip2::io::poll::{Pollable, poll};

use crate::codec::Failure;
use crate::domain::Settings;

/// Nanoseconds in a millisecond.
pub(super) const NANOS: u64 = 1_000_000;

/// The end of a call's time, as something that can be waited for.
pub(super) struct Deadline {
    /// Made when it is first waited for: what a host has at hand needs no waiting.
    over: OnceCell<Pollable>,
    /// Nanoseconds on the monotonic clock.
    end: Instant,
    millis: NonZeroU32,
    begin: Instant,
    /// The time of day at the beginning, Unix milliseconds.
    time_of_day: Option<i64>,
}

impl Deadline {
    /// From now on, for as long as is configured.
    pub(super) fn new(settings: &Settings) -> Self {
        let (begin, millis) = (now(), settings.timeout);
        Self {
            over: OnceCell::new(),
            end: begin.saturating_add(u64::from(millis.get()) * NANOS),
            millis,
            begin,
            time_of_day: settings.now,
        }
    }

    /// The time of day, Unix milliseconds; none: it is not known.
    pub(super) fn time_of_day(&self) -> Option<i64> {
        let since = now().saturating_sub(self.begin) / NANOS;
        Some(self.time_of_day?.saturating_add_unsigned(since))
    }

    fn over(&self) -> &Pollable {
        self.over.get_or_init(|| subscribe_instant(self.end))
    }

    /// A number that differs from call to call.
    pub(super) fn seed(&self) -> u64 {
        self.end
    }

    /// Returns true if more than this much time is left.
    pub(super) fn leaves(&self, millis: u64) -> bool {
        now().saturating_add(millis.saturating_mul(NANOS)) < self.end
    }

    /// Waits for something, or for the end.
    pub(super) fn wait(&self, ready: &Pollable) -> Result<(), Failure> {
        match poll(&[ready, self.over()]).contains(&1) {
            false => Ok(()),
            true => Err(self.passed()),
        }
    }

    /// Waits until one of several is ready, or for the end; gives the places of those that are.
    pub(super) fn wait_any<'a>(
        &'a self,
        ready: impl Iterator<Item = &'a Pollable>,
    ) -> Result<Vec<u32>, Failure> {
        let mut all: Vec<&Pollable> = vec![self.over()];
        all.extend(ready);
        let mut places = poll(&all);
        match places.contains(&0) {
            true => Err(self.passed()),
            false => {
                for place in &mut places {
                    *place -= 1;
                }
                Ok(places)
            }
        }
    }

    /// The failure of a call whose time is over.
    pub(super) fn passed(&self) -> Failure {
        Failure::TimedOut(format!("no complete answer within {} ms", self.millis))
    }
}

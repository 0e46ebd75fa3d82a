//! The protocol of an answer to a range query: points that were asked for, in the order of time, each series once and
//! each of its labels once.
//! Proxies that merge or move answers break it, and what is built on such numbers is wrong without a word.

use std::collections::BTreeSet;

use super::error::DecodeError;
use super::labels::Labels;
use crate::domain::{Digest, Grid};

/// The series that have come in so far, and the points that may come.
#[derive(Debug)]
pub(super) struct Protocol {
    /// Unix milliseconds.
    first: i64,
    last: i64,
    step: i64,
    /// The latest point of the series that is coming in.
    latest: Option<i64>,
    labels: BTreeSet<Digest>,
}

impl Protocol {
    pub(super) fn new(grid: &Grid) -> Self {
        Self {
            first: grid.start() * 1000,
            last: grid.end() * 1000,
            step: i64::from(grid.step()) * 1000,
            latest: None,
            labels: BTreeSet::new(),
        }
    }

    /// Further points of a series, in the order in which they came.
    pub(super) fn check_samples(&mut self, timestamps: &[i64]) -> Result<(), DecodeError> {
        let (Some(&begin), Some(&end)) = (timestamps.first(), timestamps.last()) else {
            return Ok(());
        };
        self.check_sample(begin)?;
        // Mostly none is missing after it, and then nothing more has to be looked at: a loop without a way out.
        let pairs = timestamps.iter().zip(timestamps.iter().skip(1));
        let has_gaps = pairs.fold(false, |has_gaps, (a, b)| {
            has_gaps | (b.wrapping_sub(*a) != self.step)
        });
        let points = (self.last - begin) / self.step + 1;
        if !has_gaps && i64::try_from(timestamps.len()).is_ok_and(|count| count <= points) {
            self.latest = Some(end);
            return Ok(());
        }
        let mut later = timestamps.iter().skip(1);
        later.try_for_each(|&at| self.check_sample(at))
    }

    fn check_sample(&mut self, at: i64) -> Result<(), DecodeError> {
        if self.latest.is_some_and(|latest| at <= latest) {
            return Err(DecodeError::NotAscending(at));
        }
        if at > self.last || at < self.first || (at - self.first) % self.step != 0 {
            return Err(DecodeError::NotAsked(at));
        }
        self.latest = Some(at);
        Ok(())
    }

    /// The labels of a series: each has a name, and no other one has it.
    pub(super) fn check_labels(&self, labels: &Labels) -> Result<(), DecodeError> {
        let names = || labels.iter().map(|(name, _)| name);
        // As servers write them: in order, and then none is there twice.
        if names().is_sorted_by(|a, b| a < b) && names().next() != Some("") {
            return Ok(());
        }
        let mut seen = BTreeSet::new();
        for name in names() {
            if name.is_empty() {
                return Err(DecodeError::Labels("one is empty"));
            }
            if !seen.insert(name) {
                return Err(DecodeError::Labels("one is there twice"));
            }
        }
        Ok(())
    }

    /// A series is complete.
    pub(super) fn end_series(&mut self, labels: &Labels) -> Result<(), DecodeError> {
        self.latest = None;
        let digest = labels
            .iter()
            .fold(Digest::of(&[]), |digest, (name, value)| {
                // A byte that is in no text stands between them.
                digest
                    .and(name.as_bytes())
                    .and(&[0xff])
                    .and(value.as_bytes())
                    .and(&[0xff])
            });
        match self.labels.insert(digest) {
            true => Ok(()),
            false => Err(DecodeError::Twice),
        }
    }
}

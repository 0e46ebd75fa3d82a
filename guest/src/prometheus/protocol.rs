//! The protocol of an answer to a range query: points that were asked for, in the order of time, each series once and
//! each of its labels once.
//! Proxies that merge or move answers break it, and what is built on such numbers is wrong without a word.

use std::collections::BTreeSet;

use super::error::DecodeError;
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
        for &at in timestamps {
            // Mostly the next one, and then nothing more has to be looked at.
            let is_next = self.latest.is_some_and(|latest| at == latest + self.step);
            if self.latest.is_some_and(|latest| at <= latest) {
                return Err(DecodeError::NotAscending(at));
            }
            if at > self.last || at < self.first || !(is_next || (at - self.first) % self.step == 0)
            {
                return Err(DecodeError::NotAsked(at));
            }
            self.latest = Some(at);
        }
        Ok(())
    }

    /// The labels of a series: each has a name, and no other one has it.
    pub(super) fn check_labels(&self, labels: &[(String, String)]) -> Result<(), DecodeError> {
        let mut names = BTreeSet::new();
        for (name, _) in labels {
            if name.is_empty() {
                return Err(DecodeError::Labels("one is empty"));
            }
            if !names.insert(name) {
                return Err(DecodeError::Labels("one is there twice"));
            }
        }
        Ok(())
    }

    /// A series is complete.
    pub(super) fn end_series(&mut self, labels: &[(String, String)]) -> Result<(), DecodeError> {
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

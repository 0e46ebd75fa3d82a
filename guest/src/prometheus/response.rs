//! A response of any status while it comes in: 200 is decoded, anything else is a refusal.

use super::budget::Budget;
use super::decode::{Decoded, Decoder, Series};
use super::error::AnswerError;
use super::refusal::{Refusal, refused};
use super::remarks;
use crate::domain::Grid;

const OK: u16 = 200;

#[derive(Debug)]
pub(super) enum Response {
    Success(Box<Decoder>),
    Refusal(Refusal),
}

impl Response {
    pub(super) fn new(status: u16, budget: Budget) -> Self {
        match status {
            OK => Self::Success(Box::new(Decoder::new(budget))),
            _ => Self::Refusal(Refusal::new(status)),
        }
    }

    /// A series has at most so many samples.
    pub(super) fn reserve(&mut self, samples: usize) {
        if let Self::Success(decoder) = self {
            decoder.reserve(samples);
        }
    }

    /// Its series have points on this grid, and each labels of its own.
    pub(super) fn hold_to(&mut self, grid: &Grid) {
        if let Self::Success(decoder) = self {
            decoder.hold_to(grid);
        }
    }

    /// Keeps of the labels of a series only these.
    pub(super) fn keep_labels(&mut self, names: &[&'static str]) {
        if let Self::Success(decoder) = self {
            decoder.keep_labels(names);
        }
    }

    pub(super) fn feed(&mut self, piece: &[u8]) -> Result<(), AnswerError> {
        match self {
            Self::Success(decoder) => decoder.feed(piece)?,
            Self::Refusal(refusal) => refusal.feed(piece),
        }
        Ok(())
    }

    /// The cost of the answer so far, of the budget.
    pub(super) fn spent(&self) -> u64 {
        match self {
            Self::Success(decoder) => decoder.spent(),
            Self::Refusal(_) => 0,
        }
    }

    /// Takes out what there is of the series.
    pub(super) fn take(&mut self) -> Result<Vec<Series>, AnswerError> {
        match self {
            Self::Success(decoder) => Ok(decoder.take()?),
            Self::Refusal(_) => Ok(Vec::new()),
        }
    }

    /// Ends the body: gives the decoded answer, which is no refusal.
    pub(super) fn finish(self) -> Result<Decoded, AnswerError> {
        let mut decoded = match self {
            Self::Success(decoder) => decoder.finish()?,
            Self::Refusal(refusal) => return Err(refusal.finish()),
        };
        match decoded.refusal.take() {
            Some((error_type, message)) => Err(refused(OK, error_type, message)),
            None => {
                remarks::sort(&mut decoded);
                Ok(decoded)
            }
        }
    }
}

//! The memory that an answer may take: Prometheus's answers are not trusted.

use super::error::DecodeError;

/// The cost of a series besides its labels and samples.
pub(super) const SERIES_BYTES: u64 = 64;
/// A timestamp and a value.
pub(super) const SAMPLE_BYTES: u64 = 16;

/// The memory budget of one answer.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    maximum: u64,
    left: u64,
}

impl Budget {
    /// At most so many bytes: 16 a sample, 64 a series, and the labels.
    pub fn bytes(maximum: u64) -> Self {
        Self {
            maximum,
            left: maximum,
        }
    }

    /// The cost of samples.
    pub fn cost_of_samples(samples: usize) -> u64 {
        SAMPLE_BYTES * samples as u64
    }

    /// The cost of a series without samples.
    pub fn cost_of_labels(labels: &[(String, String)]) -> u64 {
        let texts = labels.iter().map(|(name, value)| name.len() + value.len());
        SERIES_BYTES + texts.sum::<usize>() as u64
    }

    /// The number of samples that it is enough for.
    pub(super) fn samples(&self) -> usize {
        usize::try_from(self.left / SAMPLE_BYTES).unwrap_or(usize::MAX)
    }

    pub(super) fn spent(&self) -> u64 {
        self.maximum - self.left
    }

    /// Gives back all that was spent.
    pub(super) fn refill(&mut self) {
        self.left = self.maximum;
    }

    pub(super) fn spend(&mut self, bytes: u64) -> Result<(), DecodeError> {
        self.left = self
            .left
            .checked_sub(bytes)
            .ok_or(DecodeError::OverBudget {
                maximum: self.maximum,
            })?;
        Ok(())
    }
}

//! How much of our memory an answer may take: Prometheus's answers are not trusted.

use super::error::DecodeError;

/// What an answer may cost.
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

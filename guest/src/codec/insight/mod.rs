//! The verbs of `insight` without I/O: which ranges each asks for, and what their answers come to.

mod failure;
mod rank;
mod summarize;
mod totals;
mod watching;

pub use rank::{Rank, Ranked};
pub use summarize::{Group, Summarize, SummaryResult};
pub use watching::{FindAnomalies, FindOutliers, WatchResult, Watched};

use super::failure::Failure;
use super::query_range::{QueryRange, RangeResult};
use crate::domain::insight::{InsightError, MOST_GROUPS};

/// A verb over whole ranges.
pub trait Insight {
    /// The result of the verb.
    type Result;

    /// Lists the queries to send, all at once.
    fn queries(&self) -> Vec<QueryRange>;

    /// Lists the further queries to send once those answers are there; none for most verbs.
    fn more(&self, _answers: &[RangeResult]) -> Vec<QueryRange> {
        Vec::new()
    }

    /// Computes the result from the answers, which are in the order of the queries, and then of [`more`](Self::more).
    ///
    /// # Errors
    /// More groups, or more work, than a call may cost.
    fn result(&self, answers: Vec<RangeResult>) -> Result<Self::Result, Failure>;
}

/// The next answer, which has no more groups than are looked at.
fn groups_of(answers: &mut impl Iterator<Item = RangeResult>) -> Result<RangeResult, Failure> {
    let range = answers.next().ok_or_else(Failure::no_answer)?;
    match range.answer.series.len() {
        found if found > MOST_GROUPS => Err(InsightError::ManyGroups {
            most: MOST_GROUPS,
            found,
        }
        .into()),
        _ => Ok(range),
    }
}

#[cfg(test)]
mod tests;

//! Errors of the arguments of these verbs, each with what would be accepted.

use crate::domain::QueryError;

/// The reason why an argument is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InsightError {
    /// The query itself.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A quantile that is none.
    #[error("{given}; accepted is a number from 0 to 1, such as 0.95")]
    Quantile {
        /// The field in the contract.
        field: &'static str,
        /// The value that was given.
        given: String,
    },
    /// More quantiles than a summary has.
    #[error("{given} quantiles; accepted are at most {most}")]
    ManyQuantiles {
        /// The number that was given.
        given: usize,
        /// The most that are accepted.
        most: usize,
    },
    /// A number outside of its range.
    #[error("{given}; accepted is {accepted}")]
    OutOfRange {
        /// The field in the contract.
        field: &'static str,
        /// The value that was given.
        given: String,
        /// The values that would be accepted.
        accepted: &'static str,
    },
    /// The sum of what does not add up.
    #[error(
        "a percentage of capacity, and a statistic other than the mean over time, do not add up: the sum of all others would be none of theirs; accepted is false"
    )]
    NoSumOfOthers,
    /// A total of what has none.
    #[error(
        "{0} has no total over time; accepted is another score, such as avg or max, or a level or a counter that is read per second"
    )]
    NoTotal(&'static str),
    /// A season that does not fall on points.
    #[error("{season} s; accepted is a multiple of the step, {step} s")]
    SeasonOffStep {
        /// The season.
        season: u32,
        /// The step.
        step: u32,
    },
    /// A lookback in which nothing repeats.
    #[error("{lookback} s; accepted is at least {least} s, {why}")]
    ShortLookback {
        /// The lookback that was asked for.
        lookback: u32,
        /// The least that is accepted.
        least: u32,
        /// The reason why so much is needed.
        why: &'static str,
    },
    /// Members that are not told apart by what has members.
    #[error(
        "a metric's name or a value type has no members; accepted are agent-id, kernel-id, session-id, user-id and project-id"
    )]
    NoMembers,
    /// A range and what must lie before it are longer than is allowed.
    #[error(
        "a range of {range} s and the {lookback} s before it, which are learnt from, are longer than `max-range`"
    )]
    LongLookback {
        /// Seconds of the range.
        range: u64,
        /// Seconds before it.
        lookback: u64,
        /// The most seconds that both may have.
        maximum: u64,
    },
    /// More groups than are looked at.
    #[error("more than {most} groups: a filter, or a coarser grouping, makes fewer")]
    ManyGroups {
        /// The most that are accepted.
        most: usize,
        /// The number found.
        found: usize,
    },
    /// More work than a call may cost.
    #[error(
        "the bands read {needed} values: a longer step, a shorter range or lookback, or fewer groups make fewer"
    )]
    ManyEvaluations {
        /// The most that are accepted.
        most: u64,
        /// The number needed.
        needed: u64,
    },
}

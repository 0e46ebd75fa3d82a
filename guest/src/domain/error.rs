//! The faults of a query or of the configuration: one variant a fault, each with the forms that are accepted.

use super::duration::DurationError;

/// A limit that a query can run into before anything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The longest range, in seconds.
    MaxRange,
    /// The most points a series may have.
    MaxPoints,
    /// The most bytes a result may hold.
    MaxResultBytes,
}

impl Limit {
    /// Its name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxRange => "max-range",
            Self::MaxPoints => "max-points",
            Self::MaxResultBytes => "max-result-bytes",
        }
    }
}

/// A fault for which a query is refused before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A time that cannot be read.
    #[error("{field} {text:?} cannot be read as a time{hint}")]
    UnreadableTime {
        /// `start` or `end`.
        field: &'static str,
        /// The text that was given, its head if it is long.
        text: String,
        /// The form that it may have been meant for, or empty.
        hint: &'static str,
    },
    /// The range ends before it starts.
    #[error("end {end:?} is before start {start:?}")]
    EndBeforeStart {
        /// The text of the start.
        start: String,
        /// The text of the end.
        end: String,
    },
    /// A step of zero.
    #[error("a step of 0 never reaches the end; accepted is at least 1 second, or none")]
    ZeroStep,
    /// No metric name.
    #[error("empty; accepted is the name of a metric, such as `cpu_util`, `mem` or `net_rx`")]
    EmptyMetricName,
    /// A filter that is set, but to nothing.
    #[error(
        "empty: it would match the series without the label; accepted is an identifier, or none"
    )]
    EmptyFilter {
        /// The field in the contract, such as `labels.kernel-id`.
        field: &'static str,
    },
    /// A configured number that must be at least one.
    #[error("0; accepted is at least 1, or none for the default")]
    ZeroSetting {
        /// The field in the contract, such as `config.timeout`.
        field: &'static str,
    },
    /// A configured window that is no duration.
    #[error("{text:?}: {source}")]
    Timewindow {
        /// The text that was given, its head if it is long.
        text: String,
        /// The fault.
        source: DurationError,
    },
    /// More values of an identifier than make sense in one query.
    #[error(
        "{given} values; accepted are at most {most}: ask in several queries, or for what they have in common"
    )]
    ManyValues {
        /// The field in the contract, such as `labels.kernel-id`.
        field: &'static str,
        /// The number of values.
        given: usize,
        /// The most that are accepted.
        most: usize,
    },
    /// A quantile that is none.
    #[error("{0}; accepted is a number from 0 to 1, such as 0.95")]
    Quantile(String),
    /// Members that are not told apart by what has members.
    #[error(
        "a metric's name or a value type has no members; accepted are agent-id, kernel-id, session-id, user-id and project-id"
    )]
    NoMembers,
    /// The latest of values that have no order.
    #[error(
        "`last` is a statistic over time; accepted over members are avg, max, min and quantile"
    )]
    LastOfMembers,
    /// A window for values at an instant.
    #[error(
        "the members' values are those of one instant; accepted is none, or a statistic over time or both"
    )]
    WindowOfInstant,
    /// A window in which a sample may be missing.
    #[error(
        "{window} s; accepted is at least {least} s, two sample intervals, or none for the step"
    )]
    ShortWindow {
        /// The window that was asked for, in seconds.
        window: u32,
        /// The least that is accepted, in seconds.
        least: u64,
    },
    /// A time zone that there is not.
    #[error("{0}; accepted are seconds east of UTC, -86400 to 86400, or none")]
    UtcOffset(i32),
    /// No point that could stand for the range is over yet.
    #[error(
        "no point of a step of {step} s lies within the range and before the present; accepted is at most {accepted} s, the length of the range, or none for a step that is chosen"
    )]
    StepBeyondPresent {
        /// The step in seconds.
        step: u32,
        /// A step that has a point, in seconds.
        accepted: u64,
    },
    /// Values of all members in pieces or pages.
    #[error(
        "values of all members within a window are not given in pieces or pages; accepted is a statistic over time or over members, or query-range"
    )]
    PooledPieces,
    /// Fewer points than a range has ends.
    #[error("{0}; accepted is at least 2, the two ends of the range, or none for the default")]
    FewPoints(u32),
    /// More requests than make sense in one call.
    #[error(
        "the range takes {needed} requests; accepted are at most {most}: a longer interval, a longer step, or a shorter range"
    )]
    ManyChunks {
        /// The number of requests.
        needed: u64,
        /// The most that are accepted.
        most: u64,
    },
    /// A cursor that was not given for this query.
    #[error(
        "it was not given for this query and these options; accepted is what the page before gave as `next`, or none for the first page"
    )]
    ForeignCursor,
    /// More than a limit allows.
    #[error("{} is {maximum}, {requested} asked for", limit.name())]
    LimitExceeded {
        /// The limit that was exceeded.
        limit: Limit,
        /// The most that it allows.
        maximum: u64,
        /// The amount that the query asks for.
        requested: u64,
    },
}

impl QueryError {
    /// The forms of time that are accepted, for the message of a range that is not.
    pub const ACCEPTED_TIMES: &'static str = "RFC 3339 (`2026-01-31T09:30:00+09:00`, `…Z`), ISO 8601 without an offset (read as UTC), \
         a date (`2026-01-31`), or Unix seconds (`1769851800`, `1769851800.5`), years 1 to 9999; end not before start";
}

/// The head of a text from outside, short enough for a message.
pub(crate) fn head(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
    }
}

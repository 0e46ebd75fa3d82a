//! The faults of an answer.

use crate::domain::Limit;

/// A fault in the bytes of an answer with status 200.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are not the JSON that Prometheus writes.
    #[error("expected {expected} at byte {at}")]
    Unexpected {
        /// The token that would have been right.
        expected: &'static str,
        /// Its position, in bytes from the start of the body.
        at: u64,
    },
    /// The body ended too early.
    #[error("the answer stops half-way, after {at} bytes: expected {expected}")]
    Truncated {
        /// The token that was to come.
        expected: &'static str,
        /// The length of the body.
        at: u64,
    },
    /// The body is empty.
    #[error("the answer is empty")]
    Empty,
    /// A name or a label value that goes on and on.
    #[error("a string at byte {at} is longer than {most} bytes")]
    LongString {
        /// The position at which it starts.
        at: u64,
        /// The most that is read.
        most: usize,
    },
    /// The JSON lacks a part without which it means nothing.
    #[error("the answer has no {0}")]
    Missing(&'static str),
    /// The result is of a type that holds no numbers.
    #[error("the result is a string, not series")]
    StringResult,
    /// The result is of a type that Prometheus does not have.
    #[error("the result is of the type {0:?}; known are matrix, vector, scalar and string")]
    UnknownResultType(String),
    /// The points of a series are not in the order of time.
    #[error("the times of a series do not ascend at {0} (Unix milliseconds)")]
    NotAscending(i64),
    /// A point that was not asked for.
    #[error("a point at {0} (Unix milliseconds) was not asked for")]
    NotAsked(i64),
    /// A label without a name, or two of one name in a series: no server that keeps series has either.
    #[error("the labels of a series have no names of their own: {0}")]
    Labels(&'static str),
    /// Two series that cannot be told apart.
    #[error("two series have the same labels")]
    Twice,
    /// More than the budget allows.
    #[error("{} is {maximum}", Limit::MaxResultBytes.name())]
    OverBudget {
        /// The most bytes that a result may hold.
        maximum: u64,
    },
}

/// The reason why an answer holds no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Prometheus said no.
    #[error("status {status}, {}: {message}", error_type.as_deref().unwrap_or("no error type"))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// `errorType`; none: the body was not Prometheus's JSON.
        error_type: Option<String>,
        /// `error`, or the head of the body.
        message: String,
    },
    /// A limit of the server's own, in its words.
    #[error("the server allows less: {0}")]
    Limited(String),
    /// Prometheus gave up: its own timeout.
    #[error("Prometheus gave up: {0}")]
    TimedOut(String),
    /// The answer cannot be understood.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
}

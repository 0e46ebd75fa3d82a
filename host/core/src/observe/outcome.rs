//! The classes of how calls end, by the names that the metrics and the log use: the contract's own for what the
//! plugin says, the host's for what befalls the plugin.

use crate::contract::error::CallError;

/// The caller dropped the call's future.
pub(crate) const CANCELLED: &str = "cancelled";

/// The host does not let out what the call needs.
const DENIED: &str = "denied";

/// The word for the outcome of a call.
pub(super) fn of<R>(result: &Result<R, CallError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(error) => of_error(error),
    }
}

fn of_error(error: &CallError) -> &'static str {
    match error {
        CallError::Service(error) | CallError::Chunk { error, .. } => error.class(),
        CallError::Unsupported { .. } => "unsupported",
        CallError::StreamEnded => "stream-ended",
        CallError::Overloaded { .. } => "overloaded",
        CallError::TimedOut { .. } => "plugin-ended",
        CallError::Trapped { .. } => "trapped",
        CallError::MemoryLimit { .. } => "memory-limit",
        CallError::AnswerTooLarge { .. } => "answer-too-large",
        CallError::StreamTooLarge { .. } => "stream-too-large",
        CallError::TooManyLabels { .. } => "too-many-labels",
        CallError::Instantiate { .. } => "not-instantiated",
        CallError::Denied(_) | CallError::OutOfScope(_) => DENIED,
        CallError::OutOfResources { .. } => "out-of-resources",
        CallError::BrokenContract { .. } => "broken-contract",
    }
}

//! The errors of a call, one variant a failure: the plugin's own, and the host's.
//!
//! Knows nothing of how the failures come about.

use std::{fmt, time::Duration};

use chrono::{DateTime, SecondsFormat};
use metric_scope::ScopeRefusal;

use super::{
    bindings::exports::backendai::metric::types::Error as WitError,
    deny_reason::DenyReason,
    types::{FailedToGetMetric, InvalidArgument, InvalidTimeRange, LimitExceeded, Span},
};

/// The cause of a failure inside wasmtime.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The reason why a call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The plugin says so: the query, Prometheus, or the way to it.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// As [`Service`](Self::Service), of one chunk of a range: its request failed.
    #[error("{error} (in the chunk from {} to {})", utc(chunk.start), utc(chunk.end))]
    Chunk {
        /// The error.
        error: ServiceError,
        /// The span that the request asked for.
        chunk: Span,
    },
    /// The plugin lacks the verb: it was built before the interface was there, or without it.
    #[error("the plugin has no {verb}: it does not export {interface}")]
    Unsupported {
        /// The verb's name in the contract.
        verb: &'static str,
        /// The interface that it belongs to.
        interface: &'static str,
    },
    /// A stream was asked for more after an earlier `next` had failed or been given up. The pieces until then are not
    /// all there is.
    #[error("the stream ended before its time: an earlier piece failed or was given up")]
    StreamEnded,
    /// As many calls run and wait as may. Nothing was begun: it can be tried again when there is less to do.
    #[error("{running} calls run and {waiting} wait: no more are taken")]
    Overloaded {
        /// [`Limits::concurrent_calls`](crate::Limits::concurrent_calls).
        running: u32,
        /// [`Limits::waiting_calls`](crate::Limits::waiting_calls).
        waiting: u32,
    },
    /// The plugin did not answer in time and was ended.
    #[error("the plugin was ended after {after:?} without an answer")]
    TimedOut {
        /// The limit, [`Limits::call_timeout`](crate::Limits::call_timeout).
        after: Duration,
    },
    /// The plugin crashed. A bug of the plugin.
    #[error("the plugin crashed")]
    Trapped {
        /// The trap, with the plugin's backtrace.
        source: BoxError,
    },
    /// The plugin crashed after it was refused more memory, or a larger table.
    #[error("the plugin needs more than the {maximum} bytes of memory that it is granted")]
    MemoryLimit {
        /// [`Limits::memory_bytes`](crate::Limits::memory_bytes).
        maximum: u64,
        /// The trap that followed.
        source: BoxError,
    },
    /// The plugin handed over more than it may at once.
    #[error("the plugin's answer takes more than the {maximum} bytes that it is granted")]
    AnswerTooLarge {
        /// [`Limits::hostcall_bytes`](crate::Limits::hostcall_bytes).
        maximum: u64,
        /// wasmtime's words.
        source: BoxError,
    },
    /// The plugin's stream goes on beyond what a stream may be.
    #[error("the plugin's stream has more than the {maximum} {limit} that it is granted")]
    StreamTooLarge {
        /// `bytes` or `series`.
        limit: &'static str,
        /// [`Limits::stream_bytes`](crate::Limits::stream_bytes) or
        /// [`Limits::stream_series`](crate::Limits::stream_series).
        maximum: u64,
    },
    /// A series of the answer has too many labels, or all of them together have too many names of labels.
    #[error("the answer has more than {maximum} {what}")]
    TooManyLabels {
        /// The excess: `labels in one series`, or `names of labels`.
        what: &'static str,
        /// [`Limits::labels_per_series`](crate::Limits::labels_per_series) or
        /// [`Limits::label_names`](crate::Limits::label_names).
        maximum: usize,
    },
    /// No instance of the plugin can be made.
    #[error("the plugin cannot be instantiated")]
    Instantiate {
        /// wasmtime's reason.
        source: BoxError,
    },
    /// The plugin hands out a request that the host would not let out.
    #[error("denied by the host: {0}")]
    Denied(#[from] DenyReason),
    /// The plugin hands out a request, or says that it asks a query, that cannot be narrowed to the service's scope.
    #[error("denied by the scope: {0}")]
    OutOfScope(#[from] ScopeRefusal),
    /// The system has no more file descriptors, threads or memory for this process, so no instance can be made. It says
    /// nothing of the plugin.
    #[error("the system has no more file descriptors, threads or memory for a call")]
    OutOfResources {
        /// The system's reason.
        source: BoxError,
    },
    /// The plugin's answer contradicts the contract. A bug of the plugin, or a lie.
    #[error("the plugin's answer breaks the contract: {reason}")]
    BrokenContract {
        /// The reason.
        reason: String,
    },
}

impl CallError {
    /// The plugin's own error, be it of the whole call or of one chunk. None: it is the host's.
    pub fn service(&self) -> Option<&ServiceError> {
        match self {
            Self::Service(error) | Self::Chunk { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// The plugin's own error: the contract's `variant error`, one to one.
///
/// As JSON it carries the contract's names: `{"invalid-argument": {"field": …, "reason": …}}`.
#[derive(Debug, Clone, PartialEq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceError {
    /// The caller: the times cannot be read, or end before they start.
    #[error("invalid time range: {}; accepted: {}", .0.reason, .0.accepted)]
    InvalidTimeRange(InvalidTimeRange),
    /// The caller: another part of the query, or the operator: of the configuration.
    #[error("invalid {}: {}", .0.field, .0.reason)]
    InvalidArgument(InvalidArgument),
    /// Prometheus answered, and said no.
    #[error("{}", Failed(.0))]
    FailedToGetMetric(#[serde(with = "FailedToGetMetricNames")] FailedToGetMetric),
    /// No answer came: wrong address, nothing listens there, or the connection broke.
    #[error("no connection to Prometheus: {0}")]
    ConnectionFailed(String),
    /// The deadline passed, in the plugin or in Prometheus.
    #[error("timed out: {0}")]
    TimedOut(String),
    /// Something answered that does not speak Prometheus's protocol, or stopped half-way.
    #[error("not a Prometheus answer: {0}")]
    MalformedResponse(String),
    /// The query asks for more than is allowed.
    #[error("{}", Excess(.0))]
    LimitExceeded(LimitExceeded),
    /// The server did not see all data, and [`Config::partial`](crate::Config::partial) does not accept that.
    #[error("partial answer: {0}")]
    PartialAnswer(String),
    /// The host's policy does not let this request out.
    #[error("denied by the host: {0}")]
    Denied(String),
}

/// The record's names in the contract, where they differ from Rust's.
impl ServiceError {
    /// Its name in the contract, such as `invalid-time-range`.
    pub const fn class(&self) -> &'static str {
        match self {
            Self::InvalidTimeRange(_) => "invalid-time-range",
            Self::InvalidArgument(_) => "invalid-argument",
            Self::FailedToGetMetric(_) => "failed-to-get-metric",
            Self::ConnectionFailed(_) => "connection-failed",
            Self::TimedOut(_) => "timed-out",
            Self::MalformedResponse(_) => "malformed-response",
            Self::LimitExceeded(_) => "limit-exceeded",
            Self::PartialAnswer(_) => "partial-answer",
            Self::Denied(_) => "denied",
        }
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(remote = "FailedToGetMetric", rename_all = "kebab-case")]
struct FailedToGetMetricNames {
    status: u16,
    error_type: Option<String>,
    message: String,
}

impl From<WitError> for ServiceError {
    fn from(error: WitError) -> Self {
        match error {
            WitError::InvalidTimeRange(e) => Self::InvalidTimeRange(e),
            WitError::InvalidArgument(e) => Self::InvalidArgument(e),
            WitError::FailedToGetMetric(e) => Self::FailedToGetMetric(e),
            WitError::ConnectionFailed(e) => Self::ConnectionFailed(e),
            WitError::TimedOut(e) => Self::TimedOut(e),
            WitError::MalformedResponse(e) => Self::MalformedResponse(e),
            WitError::LimitExceeded(e) => Self::LimitExceeded(e),
            WitError::PartialAnswer(e) => Self::PartialAnswer(e),
            WitError::Denied(e) => Self::Denied(e),
        }
    }
}

struct Failed<'a>(&'a FailedToGetMetric);

impl fmt::Display for Failed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prometheus refused with status {}", self.0.status)?;
        if let Some(error_type) = &self.0.error_type {
            write!(f, " ({error_type})")?;
        }
        write!(f, ": {}", self.0.message)
    }
}

/// An instant in words; beyond the calendar, its milliseconds.
fn utc(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis).map_or_else(
        || millis.to_string(),
        |time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
    )
}

struct Excess<'a>(&'a LimitExceeded);

impl fmt::Display for Excess<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LimitExceeded {
            limit,
            maximum,
            requested,
            message,
        } = self.0;
        write!(f, "limit {limit} exceeded")?;
        let mut separator = ": ";
        if let Some(maximum) = maximum {
            write!(f, "{separator}at most {maximum} is allowed")?;
            separator = ", ";
        }
        if let Some(requested) = requested {
            write!(f, "{separator}{requested} was asked for")?;
            separator = ", ";
        }
        match message {
            Some(message) => write!(f, "{separator}{message}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_errors_serialize_under_the_names_of_the_contract() {
        let error = ServiceError::FailedToGetMetric(FailedToGetMetric {
            status: 422,
            error_type: Some("execution".into()),
            message: "too many samples".into(),
        });
        let json = serde_json::json!({
            "failed-to-get-metric": {
                "status": 422, "error-type": "execution", "message": "too many samples"
            }
        });
        assert_eq!(serde_json::to_value(&error).unwrap(), json);
        assert_eq!(serde_json::from_value::<ServiceError>(json).unwrap(), error);
        assert_eq!(
            serde_json::to_value(ServiceError::InvalidArgument(InvalidArgument {
                field: "step".into(),
                reason: "0 is no step".into()
            }))
            .unwrap(),
            serde_json::json!({"invalid-argument": {"field": "step", "reason": "0 is no step"}})
        );
    }

    #[test]
    fn service_errors_read_as_sentences() {
        let refusal = ServiceError::FailedToGetMetric(FailedToGetMetric {
            status: 503,
            error_type: None,
            message: "starting".into(),
        });
        assert_eq!(
            refusal.to_string(),
            "Prometheus refused with status 503: starting"
        );
        let excess = ServiceError::LimitExceeded(LimitExceeded {
            limit: "max-points".into(),
            maximum: Some(11001),
            requested: Some(86400),
            message: None,
        });
        assert_eq!(
            excess.to_string(),
            "limit max-points exceeded: at most 11001 is allowed, 86400 was asked for"
        );
        let of_the_server = ServiceError::LimitExceeded(LimitExceeded {
            limit: "server".into(),
            maximum: None,
            requested: None,
            message: Some("query processing would load too many samples".into()),
        });
        assert_eq!(
            of_the_server.to_string(),
            "limit server exceeded: query processing would load too many samples"
        );
    }
}

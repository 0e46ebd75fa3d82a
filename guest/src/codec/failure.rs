//! The failures of a verb, in the classes of the contract: each says who can mend it.

use crate::domain::live::LiveError;
use crate::domain::preset::PresetError;
use crate::domain::verdict::VerdictError;
use crate::domain::{FarInstant, Limit, QueryError};
use crate::prometheus::{AddressError, AnswerError, DecodeError};

/// The contract's `variant error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The caller's times.
    InvalidTimeRange {
        /// The fault.
        reason: String,
        /// The forms that are accepted.
        accepted: &'static str,
    },
    /// Another part of the query, or of the configuration.
    InvalidArgument {
        /// The field in the contract.
        field: String,
        /// The fault, and the forms that are accepted.
        reason: String,
    },
    /// Prometheus said no.
    FailedToGetMetric {
        /// The HTTP status.
        status: u16,
        /// Prometheus's `errorType`.
        error_type: Option<String>,
        /// Prometheus's message, or the head of the body.
        message: String,
    },
    /// No answer came.
    ConnectionFailed(String),
    /// The deadline passed.
    TimedOut(String),
    /// Something answered that does not speak the protocol.
    MalformedResponse(String),
    /// The answer broke off. To the contract a malformed response, too, but another attempt may mend it.
    Interrupted(String),
    /// More was asked for than is allowed.
    LimitExceeded {
        /// The limit's name.
        limit: &'static str,
        /// The most that is allowed; none: the server did not say.
        maximum: Option<u64>,
        /// The amount that was asked for; none: it was not counted to the end.
        requested: Option<u64>,
        /// The server's words, where the limit is the server's.
        message: Option<String>,
    },
    /// The server did not see all data, and that is not accepted.
    PartialAnswer(String),
    /// The host's policy.
    Denied(String),
}

impl Failure {
    /// A result larger than `max-result-bytes`.
    pub(super) fn over_budget(maximum: u64) -> Self {
        Self::LimitExceeded {
            limit: Limit::MaxResultBytes.name(),
            maximum: Some(maximum),
            requested: None,
            message: None,
        }
    }

    /// The failure of an exchange that ended before it began.
    pub fn no_answer() -> Self {
        Self::Interrupted("no answer came".to_owned())
    }
}

fn invalid_argument(field: &str, reason: &impl ToString) -> Failure {
    Failure::InvalidArgument {
        field: field.to_owned(),
        reason: reason.to_string(),
    }
}

impl From<AddressError> for Failure {
    fn from(error: AddressError) -> Self {
        invalid_argument("config.address", &error)
    }
}

impl From<FarInstant> for Failure {
    fn from(error: FarInstant) -> Self {
        invalid_argument("at", &error)
    }
}

impl From<PresetError> for Failure {
    fn from(error: PresetError) -> Self {
        invalid_argument(error.field(), &error)
    }
}

impl From<LiveError> for Failure {
    fn from(error: LiveError) -> Self {
        invalid_argument(error.field(), &error)
    }
}

impl From<VerdictError> for Failure {
    fn from(error: VerdictError) -> Self {
        match error {
            VerdictError::Query(error) => error.into(),
            error => invalid_argument(error.field(), &error),
        }
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        match &error {
            QueryError::UnreadableTime { .. } | QueryError::EndBeforeStart { .. } => {
                Self::InvalidTimeRange {
                    reason: error.to_string(),
                    accepted: QueryError::ACCEPTED_TIMES,
                }
            }
            QueryError::LimitExceeded {
                limit,
                maximum,
                requested,
            } => Self::LimitExceeded {
                limit: limit.name(),
                maximum: Some(*maximum),
                requested: Some(*requested),
                message: None,
            },
            QueryError::ZeroStep => invalid_argument("step", &error),
            QueryError::EmptyMetricName => invalid_argument("metric-name", &error),
            QueryError::EmptyFilter { field } | QueryError::ZeroSetting { field } => {
                invalid_argument(field, &error)
            }
            QueryError::ManyValues { field, .. } => invalid_argument(field, &error),
            QueryError::Quantile(_) | QueryError::LastOfMembers => {
                invalid_argument("pointwise.statistic", &error)
            }
            QueryError::NoMembers | QueryError::PooledPieces => {
                invalid_argument("pointwise.over", &error)
            }
            QueryError::WindowOfInstant | QueryError::ShortWindow { .. } => {
                invalid_argument("pointwise.window", &error)
            }
            QueryError::UtcOffset(_) => invalid_argument("utc-offset", &error),
            QueryError::StepBeyondPresent { .. } => invalid_argument("step", &error),
            QueryError::FewPoints(_) => invalid_argument("options.max-points", &error),
            QueryError::ManyChunks { .. } => invalid_argument("options.interval", &error),
            QueryError::ForeignCursor => invalid_argument("cursor", &error),
            QueryError::Timewindow { .. } => invalid_argument("config.timewindow", &error),
        }
    }
}

impl From<AnswerError> for Failure {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Refused {
                status,
                error_type,
                message,
            } => Self::FailedToGetMetric {
                status,
                error_type,
                message,
            },
            AnswerError::TimedOut(_) => Self::TimedOut(error.to_string()),
            AnswerError::Malformed(DecodeError::OverBudget { maximum }) => {
                Self::over_budget(maximum)
            }
            AnswerError::Limited(message) => Self::LimitExceeded {
                limit: "server",
                maximum: None,
                requested: None,
                message: Some(message),
            },
            AnswerError::Malformed(error) => Self::MalformedResponse(error.to_string()),
        }
    }
}

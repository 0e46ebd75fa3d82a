//! The exit codes, one a class of error, and which error of the library belongs to which class.
//! It writes nothing: [`crate::failure`] does.

use std::process::ExitCode;

use metric_host::{CallError, ConfigError, HostError, LoadError, ServiceError};
use metric_serve::ServeError;

/// The exit code of the command line. The numbers are part of its interface: scripts rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Success = 0,
    /// Anything without a code of its own, such as output that cannot be written.
    Other = 1,
    /// The command line cannot be understood: an unknown flag, a duration without a unit. The caller mends it.
    Usage = 2,
    /// The query cannot be asked: `invalid-time-range`, `invalid-argument`, an address that is none. The caller mends it.
    InvalidQuery = 3,
    /// Prometheus answered, and said no: `failed-to-get-metric`.
    Refused = 4,
    /// No connection to Prometheus: `connection-failed`. The operator mends it.
    CannotConnect = 5,
    /// The deadline passed: `timed-out`.
    TimedOut = 6,
    /// The host's policy does not let the request out: `denied`.
    Denied = 7,
    /// The plugin is not there, cannot be loaded, asks for what it must not have, trapped,
    /// or broke the contract.
    PluginBroken = 8,
    /// At least one conformance test failed.
    ConformanceFailed = 9,
    /// The query asks for more than is allowed: `limit-exceeded`, or more than the sandbox grants.
    LimitExceeded = 10,
    /// Something answered that does not speak Prometheus's protocol: `malformed-response`.
    MalformedResponse = 11,
    /// The doctor found at least one thing that fails.
    DoctorFailed = 12,
    /// The server did not see all data, and `--partial` was not given: `partial-answer`.
    PartialAnswer = 13,
    /// The system has no more file descriptors, threads or memory for this process. The operator mends it.
    OutOfResources = 14,
    /// Something is out of the ordinary, and `--fail-on-anomaly` was given.
    AnomalyFound = 15,
}

impl Exit {
    /// The class of error in a word, for documents.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Exit::Success => "success",
            Exit::Other => "other",
            Exit::Usage => "usage",
            Exit::InvalidQuery => "invalid-query",
            Exit::Refused => "refused",
            Exit::CannotConnect => "cannot-connect",
            Exit::TimedOut => "timed-out",
            Exit::Denied => "denied",
            Exit::PluginBroken => "plugin-broken",
            Exit::ConformanceFailed => "conformance-failed",
            Exit::LimitExceeded => "limit-exceeded",
            Exit::MalformedResponse => "malformed-response",
            Exit::DoctorFailed => "doctor-failed",
            Exit::PartialAnswer => "partial-answer",
            Exit::OutOfResources => "out-of-resources",
            Exit::AnomalyFound => "anomaly-found",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

impl From<&CallError> for Exit {
    fn from(error: &CallError) -> Self {
        match error {
            CallError::Service(error) | CallError::Chunk { error, .. } => error.into(),
            CallError::TimedOut { .. } => Exit::TimedOut,
            CallError::Denied(_) | CallError::OutOfScope(_) => Exit::Denied,
            // A limit of the sandbox is like the others: a smaller query fits into it.
            CallError::MemoryLimit { .. }
            | CallError::AnswerTooLarge { .. }
            | CallError::StreamTooLarge { .. }
            | CallError::TooManyLabels { .. }
            | CallError::Overloaded { .. } => Exit::LimitExceeded,
            CallError::OutOfResources { .. } => Exit::OutOfResources,
            _ => Exit::PluginBroken,
        }
    }
}

impl From<&ServiceError> for Exit {
    fn from(error: &ServiceError) -> Self {
        match error {
            ServiceError::InvalidTimeRange(_) | ServiceError::InvalidArgument(_) => {
                Exit::InvalidQuery
            }
            ServiceError::FailedToGetMetric(_) => Exit::Refused,
            ServiceError::ConnectionFailed(_) => Exit::CannotConnect,
            ServiceError::TimedOut(_) => Exit::TimedOut,
            ServiceError::MalformedResponse(_) => Exit::MalformedResponse,
            ServiceError::LimitExceeded(_) => Exit::LimitExceeded,
            ServiceError::PartialAnswer(_) => Exit::PartialAnswer,
            ServiceError::Denied(_) => Exit::Denied,
        }
    }
}

impl From<&HostError> for Exit {
    fn from(error: &HostError) -> Self {
        match error {
            HostError::OutOfResources { .. } => Exit::OutOfResources,
            _ => Exit::Other,
        }
    }
}

impl From<&LoadError> for Exit {
    fn from(error: &LoadError) -> Self {
        match error {
            LoadError::OutOfResources { .. } => Exit::OutOfResources,
            _ => Exit::PluginBroken,
        }
    }
}

impl From<&ConfigError> for Exit {
    fn from(error: &ConfigError) -> Self {
        match error {
            ConfigError::Address { .. } | ConfigError::SetByBackend { .. } => Exit::InvalidQuery,
            _ => Exit::Other,
        }
    }
}

impl From<&ServeError> for Exit {
    fn from(error: &ServeError) -> Self {
        match error {
            // Flags that are wrong or missing.
            ServeError::Unguarded(_) | ServeError::Access(_) => Exit::Usage,
            ServeError::System(_) => Exit::OutOfResources,
            _ => Exit::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_host::{InvalidArgument, LimitExceeded};

    #[test]
    fn the_classes_of_error_end_differently() {
        let service = |error| Exit::from(&CallError::Service(error));
        let exits = [
            service(ServiceError::InvalidArgument(InvalidArgument {
                field: String::new(),
                reason: String::new(),
            })),
            service(ServiceError::ConnectionFailed(String::new())),
            service(ServiceError::TimedOut(String::new())),
            service(ServiceError::MalformedResponse(String::new())),
            service(ServiceError::LimitExceeded(LimitExceeded {
                limit: String::new(),
                maximum: Some(1),
                requested: None,
                message: None,
            })),
            service(ServiceError::PartialAnswer(String::new())),
            service(ServiceError::Denied(String::new())),
        ];
        assert_eq!(exits.map(|exit| exit as u8), [3, 5, 6, 11, 10, 13, 7]);
    }

    #[test]
    fn what_the_system_lacks_is_not_the_plugins_fault() {
        let source = || "too many open files".into();
        assert_eq!(
            Exit::from(&LoadError::OutOfResources { source: source() }),
            Exit::OutOfResources
        );
        assert_eq!(
            Exit::from(&CallError::OutOfResources { source: source() }),
            Exit::OutOfResources
        );
        assert_eq!(
            Exit::from(&LoadError::Compile { source: source() }),
            Exit::PluginBroken
        );
    }

    #[test]
    fn a_plugin_that_breaks_its_word_is_broken_and_a_slow_one_is_late() {
        assert_eq!(
            Exit::from(&CallError::BrokenContract {
                reason: String::new()
            }),
            Exit::PluginBroken
        );
        assert_eq!(
            Exit::from(&CallError::TimedOut {
                after: std::time::Duration::ZERO
            }),
            Exit::TimedOut
        );
    }
}

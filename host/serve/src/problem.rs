//! Problem details (RFC 9457): whatever is not answered, in one form.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use metric_host::{CallError, LimitExceeded, ServiceError};
use serde::Serialize;
use serde_json::Value;

use crate::access::Refusal;

/// Seconds after which it is worth to try again where there was no place, or Prometheus had none.
const SHORTLY: u64 = 1;

/// The reason why a request is not answered. In a response it is written by [`Problem::write`], which knows the
/// request's id.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    /// A word for programs, such as `invalid-argument`.
    kind: &'static str,
    detail: String,
    /// The contract's error, in the schema's form.
    error: Option<Value>,
    /// Seconds.
    retry_after: Option<u64>,
    challenge: Option<&'static str>,
}

#[derive(Serialize)]
struct Document<'a> {
    /// A name, not an address: there is nothing to fetch.
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Value>,
    request_id: &'a str,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            detail: detail.into(),
            error: None,
            retry_after: None,
            challenge: None,
        }
    }

    pub(crate) fn invalid(field: &str, reason: impl Into<String>) -> Self {
        Self::of_service(&ServiceError::InvalidArgument(
            metric_host::InvalidArgument {
                field: field.to_owned(),
                reason: reason.into(),
            },
        ))
    }

    pub(crate) fn unavailable(kind: &'static str, detail: impl Into<String>) -> Self {
        Self {
            retry_after: Some(SHORTLY),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, kind, detail)
        }
    }

    fn of_service(error: &ServiceError) -> Self {
        let status = match error {
            ServiceError::InvalidTimeRange(_) | ServiceError::InvalidArgument(_) => {
                StatusCode::BAD_REQUEST
            }
            ServiceError::LimitExceeded(_) => StatusCode::UNPROCESSABLE_ENTITY,
            // It has no place, or too much to do: what we say of ourselves then.
            ServiceError::FailedToGetMetric(refusal) if matches!(refusal.status, 429 | 503) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            ServiceError::TimedOut(_) => StatusCode::GATEWAY_TIMEOUT,
            ServiceError::Denied(_) => StatusCode::FORBIDDEN,
            ServiceError::FailedToGetMetric(_)
            | ServiceError::ConnectionFailed(_)
            | ServiceError::MalformedResponse(_)
            | ServiceError::PartialAnswer(_) => StatusCode::BAD_GATEWAY,
        };
        Self {
            error: Some(error.to_document()),
            retry_after: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(SHORTLY),
            ..Self::new(status, error.class(), error.to_string())
        }
    }

    /// The error as the schema writes it. None: the contract has none for it.
    pub(crate) fn error(&self) -> Option<&Value> {
        self.error.as_ref()
    }

    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The response, once it is known which request it belongs to.
    pub(crate) fn write(&self, request_id: &str) -> Response {
        let document = Document {
            r#type: format!("urn:backendai:metric:problem:{}", self.kind),
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            detail: &self.detail,
            error: self.error.as_ref(),
            request_id,
        };
        // Texts and numbers are always written.
        let text = serde_json::to_string(&document).unwrap_or_default();
        let mut response = (self.status, text).into_response();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        // The next answer may be another, and is for another, too.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if let Some(challenge) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }

    /// The problem of a response that the router made without one.
    pub(crate) fn of_router(response: &Response) -> Option<Self> {
        match response.status() {
            StatusCode::METHOD_NOT_ALLOWED => Some(Self::new(
                response.status(),
                "method-not-allowed",
                "this path is not asked by this method; the header Allow names those that are accepted",
            )),
            _ => None,
        }
    }
}

/// Carried as an extension until its request's id is written into it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self {
            retry_after: refusal.retry_after(),
            challenge: refusal.challenge(),
            ..Self::new(refusal.status(), refusal.as_str(), refusal.to_string())
        }
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        let limit = |limit: &str, maximum: u64| {
            let excess = ServiceError::LimitExceeded(LimitExceeded {
                limit: limit.to_owned(),
                maximum: Some(maximum),
                requested: None,
                message: Some(error.to_string()),
            });
            Self {
                detail: error.to_string(),
                ..Self::of_service(&excess)
            }
        };
        match &error {
            CallError::Service(of_service)
            | CallError::Chunk {
                error: of_service, ..
            } => Self {
                // With the chunk, where there is one.
                detail: error.to_string(),
                ..Self::of_service(of_service)
            },
            CallError::TimedOut { .. } => Self {
                detail: error.to_string(),
                ..Self::of_service(&ServiceError::TimedOut(error.to_string()))
            },
            CallError::Denied(_) | CallError::OutOfScope(_) => Self {
                detail: error.to_string(),
                ..Self::of_service(&ServiceError::Denied(error.to_string()))
            },
            CallError::MemoryLimit { maximum, .. } => limit("memory", *maximum),
            CallError::AnswerTooLarge { maximum, .. } => limit("answer", *maximum),
            CallError::StreamTooLarge { maximum, .. } => limit("stream", *maximum),
            CallError::TooManyLabels { maximum, .. } => limit("labels", *maximum as u64),
            CallError::Overloaded { .. } => Self::unavailable("overloaded", error.to_string()),
            CallError::OutOfResources { .. } => {
                Self::unavailable("out-of-resources", error.to_string())
            }
            CallError::Unsupported { .. } => Self::new(
                StatusCode::NOT_IMPLEMENTED,
                "unsupported",
                error.to_string(),
            ),
            // The plugin's fault. The details of the crash are for the log, not for callers.
            _ => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "plugin-failed",
                error.to_string(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_host::{FailedToGetMetric, InvalidTimeRange, ScopeRefusal};
    use std::time::Duration;

    fn refused(status: u16) -> ServiceError {
        ServiceError::FailedToGetMetric(FailedToGetMetric {
            status,
            error_type: None,
            message: "no".into(),
        })
    }

    #[test]
    fn every_class_of_error_has_its_status() {
        let of_service = |error: ServiceError| Problem::from(CallError::Service(error));
        let source = || "why".into();
        for (problem, status, kind, class) in [
            (
                of_service(ServiceError::InvalidTimeRange(InvalidTimeRange {
                    reason: String::new(),
                    accepted: String::new(),
                })),
                400,
                "invalid-time-range",
                "invalid_time_range",
            ),
            (
                Problem::invalid("f", "r"),
                400,
                "invalid-argument",
                "invalid_argument",
            ),
            (
                of_service(refused(422)),
                502,
                "failed-to-get-metric",
                "failed_to_get_metric",
            ),
            (
                of_service(refused(503)),
                503,
                "failed-to-get-metric",
                "failed_to_get_metric",
            ),
            (
                of_service(refused(429)),
                503,
                "failed-to-get-metric",
                "failed_to_get_metric",
            ),
            (
                of_service(ServiceError::ConnectionFailed(String::new())),
                502,
                "connection-failed",
                "connection_failed",
            ),
            (
                of_service(ServiceError::MalformedResponse(String::new())),
                502,
                "malformed-response",
                "malformed_response",
            ),
            (
                of_service(ServiceError::PartialAnswer(String::new())),
                502,
                "partial-answer",
                "partial_answer",
            ),
            (
                of_service(ServiceError::TimedOut(String::new())),
                504,
                "timed-out",
                "timed_out",
            ),
            (
                of_service(ServiceError::Denied(String::new())),
                403,
                "denied",
                "denied",
            ),
            (
                CallError::TimedOut {
                    after: Duration::ZERO,
                }
                .into(),
                504,
                "timed-out",
                "timed_out",
            ),
            (
                CallError::MemoryLimit {
                    maximum: 1,
                    source: source(),
                }
                .into(),
                422,
                "limit-exceeded",
                "limit_exceeded",
            ),
            (
                CallError::AnswerTooLarge {
                    maximum: 1,
                    source: source(),
                }
                .into(),
                422,
                "limit-exceeded",
                "limit_exceeded",
            ),
            (
                CallError::OutOfScope(ScopeRefusal::MissingQuery).into(),
                403,
                "denied",
                "denied",
            ),
            (
                CallError::Overloaded {
                    running: 1,
                    waiting: 1,
                }
                .into(),
                503,
                "overloaded",
                "",
            ),
            (
                CallError::OutOfResources { source: source() }.into(),
                503,
                "out-of-resources",
                "",
            ),
            (
                CallError::Trapped { source: source() }.into(),
                500,
                "plugin-failed",
                "",
            ),
        ] {
            assert_eq!((problem.status.as_u16(), problem.kind), (status, kind));
            let found = problem.error().map(|error| error["type"].as_str().unwrap());
            assert_eq!(found.unwrap_or_default(), class);
            assert_eq!(problem.retry_after.is_some(), status == 503, "{kind}");
        }
    }
}

//! Problem details (RFC 9457): whatever is not answered, in one form.

use serde_json::{Map, Value, json};

use crate::server::Response;
use crate::settings::{SettingError, variable_of};

/// Seconds after which it is worth to try again where Prometheus had no place.
const SHORTLY: &str = "1";

/// The reason why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: u16,
    /// A word for programs, such as `invalid-argument`.
    kind: String,
    detail: String,
    /// The contract's error, as the plugin wrote it.
    error: Option<Map<String, Value>>,
    /// The methods of the path.
    allow: Option<&'static str>,
}

impl Problem {
    /// A problem that the contract has no error for.
    pub fn new(status: u16, kind: &str, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind: kind.to_owned(),
            detail: detail.into(),
            error: None,
            allow: None,
        }
    }

    /// A path that is there, but not by this method.
    pub fn other_method(allow: &'static str) -> Self {
        let detail = format!("this path is not asked so; accepted is {allow}");
        Self {
            allow: Some(allow),
            ..Self::new(405, "method-not-allowed", detail)
        }
    }

    /// An error of the contract, as the JSON interface writes it.
    pub fn of_error(error: Map<String, Value>) -> Self {
        let text = |name: &str| error.get(name).and_then(Value::as_str);
        let class = text("type").unwrap_or_default();
        let Some(status) = status_of(class, error.get("status").and_then(Value::as_u64)) else {
            return Self::broken_contract();
        };
        Self {
            detail: detail_of(class, &error),
            kind: class.replace('_', "-"),
            status,
            error: Some(error),
            allow: None,
        }
    }

    /// The same, where a fault of the configuration is the operator's unless the caller set that field.
    pub fn of_answer(error: Map<String, Value>, of_the_caller: &[&str]) -> Self {
        let field = error.get("field").and_then(Value::as_str);
        let field = field.and_then(|field| field.strip_prefix("config."));
        let operators = field.filter(|field| !of_the_caller.contains(&&*field.replace('-', "_")));
        match operators.and_then(variable_of) {
            Some(variable) => {
                let reason = error.get("reason").and_then(Value::as_str);
                Self::misconfigured(format!("{variable}: {}", reason.unwrap_or_default()))
            }
            None => Self::of_error(error),
        }
    }

    /// An environment variable that cannot be used.
    pub fn misconfigured(detail: impl Into<String>) -> Self {
        Self::new(500, "misconfigured", detail)
    }

    /// The same, as why Prometheus cannot be asked: to be tried again. A misconfiguration stays that.
    pub fn not_ready(self) -> Self {
        match self.error {
            None => self,
            Some(_) => Self {
                status: 503,
                kind: "not-ready".to_owned(),
                ..self
            },
        }
    }

    /// The plugin answered what the contract does not have.
    pub fn broken_contract() -> Self {
        Self::new(
            500,
            "plugin-failed",
            "the plugin's answer breaks the contract",
        )
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The response.
    pub fn response(self) -> Response {
        let mut document = json!({
            // A name, not an address: there is nothing to fetch.
            "type": format!("urn:backendai:metric:problem:{}", self.kind),
            "title": title(self.status),
            "status": self.status,
            "detail": self.detail,
        });
        if let (Value::Object(document), Some(error)) = (&mut document, self.error) {
            document.insert("error".to_owned(), error.into());
        }
        let mut response = Response::new(
            self.status,
            "application/problem+json",
            document.to_string(),
        );
        if let Some(allow) = self.allow {
            response.headers.push(("allow", allow));
        }
        if self.status == 503 {
            response.headers.push(("retry-after", SHORTLY));
        }
        response
    }
}

impl From<SettingError> for Problem {
    fn from(error: SettingError) -> Self {
        Self::misconfigured(error.to_string())
    }
}

/// The status of an error's class, as `wit/schema/http.json` has it. `refusal` is Prometheus's own status.
fn status_of(class: &str, refusal: Option<u64>) -> Option<u16> {
    Some(match class {
        "invalid_time_range" | "invalid_argument" => 400,
        "denied" => 403,
        "limit_exceeded" => 422,
        // It has no place, or too much to do.
        "failed_to_get_metric" if matches!(refusal, Some(429 | 503)) => 503,
        "failed_to_get_metric" | "connection_failed" | "malformed_response" | "partial_answer" => {
            502
        }
        "timed_out" => 504,
        _ => return None,
    })
}

/// The error in a sentence.
fn detail_of(class: &str, error: &Map<String, Value>) -> String {
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = |name: &str| error.get(name).and_then(Value::as_u64);
    let (reason, message) = (text("reason"), text("message"));
    match class {
        "invalid_time_range" => {
            format!(
                "invalid time range: {reason}; accepted: {}",
                text("accepted")
            )
        }
        "invalid_argument" => format!("invalid {}: {reason}", text("field")),
        "failed_to_get_metric" => {
            let status = number("status").unwrap_or_default();
            format!("Prometheus refused with status {status}: {message}")
        }
        "connection_failed" => format!("no connection to Prometheus: {message}"),
        "timed_out" => format!("timed out: {message}"),
        "malformed_response" => format!("not a Prometheus answer: {message}"),
        "partial_answer" => format!("partial answer: {message}"),
        "denied" => format!("denied by the platform: {message}"),
        _ => {
            let maximum = number("maximum").map(|most| format!("at most {most} is allowed"));
            let requested = number("requested").map(|asked| format!("{asked} was asked for"));
            let message = (!message.is_empty()).then(|| message.to_owned());
            let parts: Vec<String> = [maximum, requested, message]
                .into_iter()
                .flatten()
                .collect();
            format!("limit {} exceeded: {}", text("limit"), parts.join(", "))
        }
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Payload Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn every_class_of_error_has_the_status_of_the_table() {
        let table: Value =
            serde_json::from_str(include_str!("../../../wit/schema/http.json")).unwrap();
        for (class, status) in table["statuses"].as_object().unwrap() {
            let problem = Problem::of_error(error(&json!({"type": class, "message": "m"})));
            assert_eq!(json!(problem.status), *status, "{class}");
            assert_eq!(problem.kind, class.replace('_', "-"));
        }
        for status in [429, 503] {
            let refused = json!({"type": "failed_to_get_metric", "status": status, "error_type": null, "message": "m"});
            let response = Problem::of_error(error(&refused)).response();
            assert_eq!(
                json!(response.status),
                table["failed_to_get_metric_with_429_or_503"]
            );
            assert!(response.headers.contains(&("retry-after", "1")));
        }
        assert_eq!(
            Problem::of_error(error(&json!({"type": "odd"}))).status,
            500
        );
        assert_eq!(Problem::of_error(Map::new()).status, 500);
    }

    #[test]
    fn the_schema_has_no_class_that_the_table_lacks() {
        let schema: Value = serde_json::from_str(include_str!(
            "../../../wit/schema/metric-service.schema.json"
        ))
        .unwrap();
        let cases = schema["$defs"]["error"]["oneOf"].as_array().unwrap();
        for case in cases {
            let class = case["properties"]["type"]["const"].as_str().unwrap();
            assert!(status_of(class, None).is_some(), "{class}");
        }
    }

    #[test]
    fn a_problem_says_what_was_wrong_and_carries_the_contracts_error() {
        let excess = json!({"type": "limit_exceeded", "limit": "max-range", "maximum": 60, "requested": 61, "message": null});
        let response = Problem::of_error(error(&excess)).response();
        assert_eq!(response.content_type, "application/problem+json");
        assert_eq!(
            serde_json::from_str::<Value>(&response.body).unwrap(),
            json!({
                "type": "urn:backendai:metric:problem:limit-exceeded",
                "title": "Unprocessable Entity",
                "status": 422,
                "detail": "limit max-range exceeded: at most 60 is allowed, 61 was asked for",
                "error": excess,
            })
        );
    }

    #[test]
    fn a_fault_of_the_configuration_is_the_operators_unless_the_caller_set_it() {
        let wrong = |field: &str| {
            error(&json!({"type": "invalid_argument", "field": field, "reason": "r"}))
        };
        let problem = Problem::of_answer(wrong("config.address"), &["timewindow"]);
        assert_eq!(
            (problem.status, &*problem.detail),
            (500, "METRIC_ADDRESS: r")
        );
        let problem = Problem::of_answer(wrong("config.sample-interval"), &[]);
        assert_eq!(problem.detail, "METRIC_SAMPLE_INTERVAL: r");
        let problem = Problem::of_answer(wrong("config.timewindow"), &["timewindow"]);
        assert_eq!(problem.status, 400);
        assert_eq!(Problem::of_answer(wrong("step"), &[]).status, 400);
    }
}

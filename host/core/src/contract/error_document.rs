//! The contract's errors as the JSON interfaces write them: `{"type": "invalid_argument", "field": …, "reason": …}`, a bare
//! text as `message`. Described by `error` in `wit/schema/metric-service.schema.json`.

use serde_json::{Map, Value};

use super::error::ServiceError;

impl ServiceError {
    /// The error as an object of the schema's `error`.
    pub fn to_document(&self) -> Value {
        // An enumeration with a payload: one member, named as its case.
        let Ok(Value::Object(case)) = serde_json::to_value(self) else {
            return Value::Null;
        };
        let mut document = Map::new();
        for (case, payload) in case {
            document.insert("type".to_owned(), case.replace('-', "_").into());
            match payload {
                Value::Object(fields) => document.extend(renamed(fields, '-', '_')),
                message => {
                    document.insert("message".to_owned(), message);
                }
            }
        }
        document.into()
    }

    /// The error of such an object; further members are left out. None: it is no error of the contract.
    pub(crate) fn from_document(mut document: Map<String, Value>) -> Option<Self> {
        let Some(Value::String(case)) = document.remove("type") else {
            return None;
        };
        let of_record = |document| Value::Object(renamed(document, '_', '-'));
        let of_text = |mut document: Map<String, Value>| document.remove("message");
        let payload = match case.as_str() {
            "connection_failed" | "timed_out" | "malformed_response" | "partial_answer"
            | "denied" => of_text(document)?,
            _ => of_record(document),
        };
        let case = Map::from_iter([(case.replace('_', "-"), payload)]);
        serde_json::from_value(case.into()).ok()
    }
}

/// The members, their names spelled with `to` for `from`.
pub(crate) fn renamed(fields: Map<String, Value>, from: char, to: char) -> Map<String, Value> {
    let to = to.to_string();
    fields
        .into_iter()
        .map(|(name, value)| (name.replace(from, &to), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::types::{
        FailedToGetMetric, InvalidArgument, InvalidTimeRange, LimitExceeded,
    };
    use serde_json::json;

    #[test]
    fn every_error_of_the_contract_is_written_and_read_in_the_form_of_the_schema() {
        let errors = [
            (
                ServiceError::InvalidTimeRange(InvalidTimeRange {
                    reason: "r".into(),
                    accepted: "a".into(),
                }),
                json!({"type": "invalid_time_range", "reason": "r", "accepted": "a"}),
            ),
            (
                ServiceError::InvalidArgument(InvalidArgument {
                    field: "labels.kernel-id".into(),
                    reason: "r".into(),
                }),
                json!({"type": "invalid_argument", "field": "labels.kernel-id", "reason": "r"}),
            ),
            (
                ServiceError::FailedToGetMetric(FailedToGetMetric {
                    status: 422,
                    error_type: Some("execution".into()),
                    message: "m".into(),
                }),
                json!({"type": "failed_to_get_metric", "status": 422, "error_type": "execution", "message": "m"}),
            ),
            (
                ServiceError::LimitExceeded(LimitExceeded {
                    limit: "max-points".into(),
                    maximum: Some(11_001),
                    requested: None,
                    message: None,
                }),
                json!({"type": "limit_exceeded", "limit": "max-points", "maximum": 11_001, "requested": null, "message": null}),
            ),
            (
                ServiceError::ConnectionFailed("m".into()),
                json!({"type": "connection_failed", "message": "m"}),
            ),
            (
                ServiceError::TimedOut("m".into()),
                json!({"type": "timed_out", "message": "m"}),
            ),
            (
                ServiceError::MalformedResponse("m".into()),
                json!({"type": "malformed_response", "message": "m"}),
            ),
            (
                ServiceError::PartialAnswer("m".into()),
                json!({"type": "partial_answer", "message": "m"}),
            ),
            (
                ServiceError::Denied("m".into()),
                json!({"type": "denied", "message": "m"}),
            ),
        ];
        for (error, document) in errors {
            assert_eq!(error.to_document(), document);
            let Value::Object(document) = document else {
                panic!("an object");
            };
            assert_eq!(ServiceError::from_document(document), Some(error));
        }
    }

    #[test]
    fn what_is_no_error_of_the_contract_is_none() {
        for text in [
            r#"{}"#,
            r#"{"type": 1}"#,
            r#"{"type": "surprise", "message": "m"}"#,
            r#"{"type": "timed_out"}"#,
            r#"{"type": "timed_out", "message": 5}"#,
            r#"{"type": "invalid_argument", "field": "f"}"#,
        ] {
            let document = serde_json::from_str(text).unwrap();
            assert_eq!(ServiceError::from_document(document), None, "{text}");
        }
    }
}

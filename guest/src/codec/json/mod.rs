//! The verbs with JSON texts in and out, for hosts in dynamically typed languages, to which a list of numbers
//! is costly and a string is not. The texts are described by `wit/schema/metric-service.schema.json`.
//!
//! [`Request`] is what comes in; [`answer`] writes what goes out.

mod decisions;
mod document;
mod family;
mod insight;
mod insight_request;
mod planned;
mod range;
mod reason;
mod request;

pub use decisions::{
    LiveRequest, MetricQuestionRequest, PresetRequest, QuestionRequest, RunResults, RunsRequest,
    read_responses,
};
use document::Document;
pub use document::answer;
pub use family::FamilyRequest;
pub use planned::half;
pub use range::{BatchResults, Page};
pub use request::{Detection, Request};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Call as _, QueryMetric, read_whole};
    use proptest::prelude::*;

    /// The answer of the exported function.
    fn metric_response(request: &str, body: &str) -> String {
        answer(&Request::read(request).and_then(|r| {
            let call = QueryMetric::new(r.config(), &r.query()?)?;
            let _ = call.request();
            read_whole(&call, r.status()?, body)
        }))
    }

    proptest! {
        #[test]
        fn whatever_comes_in_json_goes_out(request in any::<String>(), body in any::<String>()) {
            let text = metric_response(&request, &body);
            let refused = r#"{"error":{"type":"invalid_argument","field":"request""#;
            prop_assert!(text.starts_with(refused), "{}", text);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        }

        #[test]
        fn whatever_a_field_holds_json_goes_out(
            field in proptest::sample::select(vec!["metric_name", "start", "end"]), value in any::<String>(), body in any::<String>(),
        ) {
            let mut query = serde_json::json!({"metric_name": "mem", "start": "0", "end": "60"});
            query[field] = value.into();
            let request = serde_json::json!({"config": {"address": "h:1"}, "status": 200, "query": query});
            let text = metric_response(&request.to_string(), &body);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        }
    }
}

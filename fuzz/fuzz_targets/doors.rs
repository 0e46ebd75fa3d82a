//! The verbs with JSON texts in and out: whatever comes in, one JSON document of the contract's shape goes out.
//! An input: the request, then the body of Prometheus's answer.

#![no_main]

use libfuzzer_sys::fuzz_target;
use metric_fuzz::parts;
use metric_service::codec::json::{Detection, Request, answer};
use metric_service::codec::{Call as _, QueryMetadata, QueryMetric, read_whole};
use serde_json::Value;

fuzz_target!(|input: &[u8]| {
    let [request, body] = parts(input);
    let (request, body) = (request.unwrap_or_default(), body.unwrap_or_default());
    let read = || Request::read(&request);

    check(&answer(&Detection::answer(&request)), |result| {
        result.is_string()
    });
    let promql = read().and_then(|r| Ok(QueryMetric::new(r.config(), &r.query()?)?.promql()));
    check(&answer(&promql), |result| result.is_string());

    let requests = [
        answer(&read().and_then(|r| Ok(QueryMetadata::new(r.config())?.request()))),
        answer(&read().and_then(|r| Ok(QueryMetric::new(r.config(), &r.query()?)?.request()))),
    ];
    for text in requests {
        check(&text, |request| {
            ["method", "scheme", "authority", "path_with_query", "body"]
                .iter()
                .all(|field| request[field].is_string())
                && request["headers"].is_array()
        });
    }

    let names =
        read().and_then(|r| read_whole(&QueryMetadata::new(r.config())?, r.status()?, &body));
    check(&answer(&names), |result| {
        let is_metric =
            |metric: &Value| metric["name"].is_string() && metric["metric_type"].is_string();
        result["metrics"]
            .as_array()
            .is_some_and(|metrics| metrics.iter().all(is_metric))
            && result["partial"].is_boolean()
    });
    let series = read().and_then(|r| {
        read_whole(
            &QueryMetric::new(r.config(), &r.query()?)?,
            r.status()?,
            &body,
        )
    });
    check(&answer(&series), |result| {
        let all_series = result["series"].as_array();
        result["promql"].is_string()
            && result["step"].is_u64()
            && result["start"].is_i64()
            && all_series.is_some_and(|all| all.iter().all(is_series))
    });
});

fn is_series(series: &Value) -> bool {
    let (Some(times), Some(values)) =
        (series["timestamps"].as_array(), series["values"].as_array())
    else {
        return false;
    };
    let is_value = |value: &Value| {
        value.is_number() || matches!(value.as_str(), Some("NaN" | "+Inf" | "-Inf"))
    };
    series["labels"].is_object()
        && times.len() == values.len()
        && times.iter().all(Value::is_i64)
        && values.iter().all(is_value)
}

/// `{"result": …}` as it should be, or `{"error": …}` with its case and that case's fields.
fn check(text: &str, is_right: impl Fn(&Value) -> bool) {
    let document: Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let members = document.as_object().expect("an object");
    assert_eq!(members.len(), 1, "{text}");
    if let Some(result) = members.get("result") {
        assert!(is_right(result), "{text}");
        return;
    }
    let error = &document["error"];
    let fields: &[&str] = match error["type"].as_str() {
        Some("invalid_time_range") => &["reason", "accepted"],
        Some("invalid_argument") => &["field", "reason"],
        Some(
            "failed_to_get_metric"
            | "connection_failed"
            | "timed_out"
            | "malformed_response"
            | "partial_answer"
            | "denied",
        ) => &["message"],
        Some("limit_exceeded") => &["limit"],
        other => panic!("no case of the contract: {other:?} in {text}"),
    };
    assert!(
        fields.iter().all(|field| error[field].is_string()),
        "{text}"
    );
}

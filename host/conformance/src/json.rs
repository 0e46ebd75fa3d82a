//! The JSON interfaces: a call as the text that goes in, and the text that comes out as the answer of a typed interface.
//! Knows the names of the contract in both spellings, and nothing of who is asked.

use serde_json::{Map, Value, json};

use crate::case::{Call, PROMETHEUS};
use crate::input::ConfigInput;
use crate::sent::SentRequest;

/// The text that goes in.
pub(crate) fn request(config: &ConfigInput, call: &Call) -> String {
    match call {
        Call::DetectMetricType {
            metric_name,
            value_type,
        } => json!({ "metric_name": metric_name, "value_type": value_type }),
        Call::MetadataRequest | Call::QueryMetadata(_) => json!({ "config": config }),
        Call::MetadataResponse { status, .. } => json!({ "config": config, "status": status }),
        Call::BuildPromql(query) | Call::MetricRequest(query) | Call::QueryMetric { query, .. } => {
            json!({ "config": config, "query": query })
        }
        Call::MetricResponse { query, status, .. } => {
            json!({ "config": config, "query": query, "status": status })
        }
        Call::Json { request, .. } | Call::JsonCodec { request, .. } => {
            let address = config.address.as_deref().unwrap_or_default();
            return request.replace(PROMETHEUS, address);
        }
    }
    .to_string()
}

/// The text that came out, in the shape of [`crate::answer`].
pub(crate) fn answer(call: &Call, text: &str) -> Value {
    translated(call, text).unwrap_or_else(|reason| json!({ "broken": reason }))
}

fn translated(call: &Call, text: &str) -> Result<Value, String> {
    let answer: Map<String, Value> = serde_json::from_str(text)
        .map_err(|error| format!("the answer is no JSON object: {error}"))?;
    if matches!(call, Call::Json { .. } | Call::JsonCodec { .. }) {
        // The case is about the text itself.
        return Ok(Value::Object(answer));
    }
    let mut members = answer.into_iter();
    match (members.next(), members.next()) {
        (Some((key, value)), None) if key == "result" => {
            Ok(json!({ "result": result(call, value)? }))
        }
        (Some((key, Value::Object(fields))), None) if key == "error" => {
            Ok(json!({ "error": error(fields)? }))
        }
        _ => Err("the answer is neither a result nor an error".to_owned()),
    }
}

fn result(call: &Call, value: Value) -> Result<Value, String> {
    match call {
        Call::DetectMetricType { .. } | Call::BuildPromql(_) => Ok(value),
        Call::MetadataRequest | Call::MetricRequest(_) => http_request(value),
        Call::MetadataResponse { .. } | Call::QueryMetadata(_) => metadata(value),
        // The fields inside of a series have the same names on both sides.
        Call::MetricResponse { .. } | Call::QueryMetric { .. } => {
            Ok(Value::Object(kebab_keys(object(value)?)))
        }
        Call::Json { .. } | Call::JsonCodec { .. } => Ok(value),
    }
}

/// `type` names the case; its payload's fields stand beside it, a bare text as `message`.
fn error(mut fields: Map<String, Value>) -> Result<Value, String> {
    let Some(Value::String(case)) = fields.remove("type") else {
        return Err("an error without a type".to_owned());
    };
    let payload = match case.as_str() {
        "connection_failed" | "timed_out" | "malformed_response" | "partial_answer" | "denied" => {
            fields.remove("message").unwrap_or_default()
        }
        _ => Value::Object(kebab_keys(fields)),
    };
    Ok(json!({ case.replace('_', "-"): payload }))
}

fn http_request(value: Value) -> Result<Value, String> {
    let mut fields = object(value)?;
    let mut text = |name: &str| match fields.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(format!("a request without `{name}`")),
    };
    let mut request = SentRequest {
        method: text("method")?,
        scheme: Some(text("scheme")?),
        authority: Some(text("authority")?),
        path_with_query: text("path_with_query")?,
        body: text("body")?,
        ..SentRequest::default()
    };
    let headers = fields.remove("headers").unwrap_or_default();
    request.headers = serde_json::from_value(headers)
        .map_err(|error| format!("headers are a list of pairs: {error}"))?;
    Ok(request.to_value())
}

fn metadata(value: Value) -> Result<Value, String> {
    let mut fields = kebab_keys(object(value)?);
    match fields.remove("metrics") {
        Some(Value::Array(metrics)) => {
            let metrics = metrics.into_iter().map(metric).collect::<Result<_, _>>()?;
            fields.insert("metrics".to_owned(), metrics);
            Ok(Value::Object(fields))
        }
        _ => Err("an answer without a list of `metrics`".to_owned()),
    }
}

/// The catalogue's entry stands beside the name, and is null where it knows nothing.
fn metric(value: Value) -> Result<Value, String> {
    let mut fields = kebab_keys(object(value)?);
    let name = fields.remove("name");
    let metric_type = fields.remove("metric-type");
    let known = fields.values().any(|value| !value.is_null());
    let catalogue = known.then_some(fields);
    Ok(json!({ "name": name, "metric-type": metric_type, "catalogue": catalogue }))
}

fn object(value: Value) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(fields) => Ok(fields),
        other => Err(format!("not an object: {other}")),
    }
}

fn kebab_keys(fields: Map<String, Value>) -> Map<String, Value> {
    fields
        .into_iter()
        .map(|(name, value)| (name.replace('_', "-"), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query() -> Call {
        let query = json!({"metric-name": "a-b", "group-by": ["agent-id"], "labels": {"kernel-id": "k-1"},
                   "pointwise": {"statistic": {"quantile": 0.95}, "over": {"members": "kernel-id"}}});
        Call::MetricRequest(serde_json::from_value(query).unwrap())
    }

    #[test]
    fn names_are_spelled_with_underscores_and_values_stay() {
        let config: ConfigInput = serde_json::from_value(json!({"max-range": 5})).unwrap();
        let text = request(&config.at("h-1:9".to_owned()), &query());
        let text: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(text["config"]["address"], "h-1:9");
        assert_eq!(text["config"]["max_range"], 5);
        assert_eq!(text["query"]["metric_name"], "a-b");
        assert_eq!(text["query"]["group_by"], json!(["agent_id"]));
        assert_eq!(text["query"]["labels"]["kernel_id"], json!(["k-1"]));
        let pointwise = &text["query"]["pointwise"];
        assert_eq!(pointwise["statistic"], json!({"quantile": 0.95}));
        assert_eq!(pointwise["over"], json!({"members": "kernel_id"}));
    }

    #[test]
    fn errors_become_the_variants_of_the_contract() {
        for (text, answer_) in [
            (
                r#"{"error":{"type":"timed_out","message":"m"}}"#,
                json!({"error": {"timed-out": "m"}}),
            ),
            (
                r#"{"error":{"type":"failed_to_get_metric","status":400,"error_type":"x","message":"m"}}"#,
                json!({"error": {"failed-to-get-metric": {"status": 400, "error-type": "x", "message": "m"}}}),
            ),
        ] {
            assert_eq!(answer(&query(), text), answer_);
        }
    }

    #[test]
    fn what_the_catalogue_does_not_know_has_no_entry() {
        let metric = |text: &str| metric(serde_json::from_str(text).unwrap()).unwrap();
        let unknown = metric(r#"{"name":"x","metric_type":"gauge","unit":null}"#);
        assert_eq!(unknown["catalogue"], Value::Null);
        let known = metric(r#"{"name":"x","metric_type":"gauge","rate_unit":"bytes/s"}"#);
        assert_eq!(known["catalogue"], json!({"rate-unit": "bytes/s"}));
    }

    #[test]
    fn an_answer_of_another_shape_is_broken() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"result":1,"error":{}}"#,
            r#"{"error":{}}"#,
            r#"{"result":7}"#,
        ] {
            assert!(answer(&query(), text)["broken"].is_string(), "{text}");
        }
    }
}

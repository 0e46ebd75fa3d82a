//! The outcome of a call, as JSON in the WIT's own names: `{"result": …}`, `{"error": {case: payload}}`,
//! or `{"broken": text}` where the call did not return at all. Values that JSON lacks are `"NaN"`, `"+Inf"`, `"-Inf"`.

use serde_json::{Map, Number, Value, json};

use crate::sent::SentRequest;
use metric_host::{
    CallError, HttpRequest, MetadataResult, MetricMetadata, MetricResult, MetricType, Series,
    ValueType,
};

/// Turns the outcome of a call into JSON.
pub(crate) fn answer<T>(outcome: Result<T, CallError>, to_value: impl FnOnce(T) -> Value) -> Value {
    match outcome {
        Ok(result) => json!({ "result": to_value(result) }),
        Err(CallError::Service(error)) => json!({ "error": error }),
        Err(broken) => json!({ "broken": chain(&broken) }),
    }
}

/// An error and its sources, outermost first.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}

pub(crate) fn metric_type(value: MetricType) -> Value {
    json!(value.as_str())
}

pub(crate) fn request(request: HttpRequest) -> Value {
    SentRequest {
        method: request.method.as_str().to_owned(),
        scheme: Some(request.scheme.as_str().to_owned()),
        authority: Some(request.authority),
        path_with_query: request.path_with_query,
        headers: request.headers,
        body: request.body,
    }
    .to_value()
}

pub(crate) fn result(result: MetricResult) -> Value {
    json!({
        "promql": result.promql,
        "metric-type": metric_type(result.metric_type),
        "unit": result.unit,
        "step": result.step,
        "start": result.start,
        "end": result.end,
        "series": result.series.into_iter().map(series).collect::<Vec<_>>(),
        "warnings": result.warnings,
        "infos": result.infos,
        "partial": result.partial,
    })
}

fn series(series: Series) -> Value {
    let mut labels = Map::new();
    for (name, value) in series.labels {
        // A name given twice must not vanish in the map: mark it, so that no expectation fits.
        if let Some(first) = labels.insert(name.clone(), Value::String(value)) {
            labels.insert(format!("{name} (given twice)"), first);
        }
    }
    json!({
        "labels": labels,
        "timestamps": series.timestamps,
        "values": series.values.into_iter().map(number).collect::<Vec<_>>(),
    })
}

fn number(value: f64) -> Value {
    match Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => json!("NaN"),
        None if value > 0.0 => json!("+Inf"),
        None => json!("-Inf"),
    }
}

pub(crate) fn metadata(result: MetadataResult) -> Value {
    json!({
        "metrics": result.metrics.into_iter().map(metric).collect::<Vec<_>>(),
        "warnings": result.warnings,
        "infos": result.infos,
        "partial": result.partial,
    })
}

fn metric(metric: MetricMetadata) -> Value {
    let catalogue = metric.catalogue.map(|entry| {
        json!({
            "description": entry.description,
            "unit": entry.unit,
            "rate-unit": entry.rate_unit,
            "category": entry.category.as_str(),
            "cumulative": entry.cumulative,
            "value-types": entry.value_types.into_iter().map(ValueType::as_str).collect::<Vec<_>>(),
        })
    });
    json!({ "name": metric.name, "metric-type": metric_type(metric.metric_type), "catalogue": catalogue })
}

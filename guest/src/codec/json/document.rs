//! The text that goes out: `{"result": …}` or `{"error": …}`, written as it is made.

use serde::ser::{Serialize, SerializeMap, SerializeStruct as _, Serializer};

use crate::codec::{Failure, Metadata, MetricResult};
use crate::domain::{Category, MetricType};
use crate::prometheus::Series;

/// The answer of a verb, as text.
pub fn answer<T: Serialize, E: Serialize>(result: &Result<T, E>) -> String {
    // Only a map with keys that are not strings, or a type's own refusal, can fail; ours have neither.
    serde_json::to_string(&Document::of(result)).unwrap_or_default()
}

/// A result or an error, under the name of which it is.
pub(super) enum Document<'a, T, E> {
    Result(&'a T),
    Error(&'a E),
}

impl<'a, T, E> Document<'a, T, E> {
    pub(super) fn of(result: &'a Result<T, E>) -> Self {
        match result {
            Ok(result) => Self::Result(result),
            Err(error) => Self::Error(error),
        }
    }
}

impl<T: Serialize, E: Serialize> Serialize for Document<'_, T, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Result(result) => map.serialize_entry("result", result)?,
            Self::Error(error) => map.serialize_entry("error", error)?,
        }
        map.end()
    }
}

impl Serialize for MetricResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("metric_result", 10)?;
        out.serialize_field("promql", &self.plan.promql)?;
        out.serialize_field("metric_type", &self.plan.metric_type)?;
        out.serialize_field("unit", &self.plan.unit)?;
        out.serialize_field("step", &self.plan.grid.step())?;
        out.serialize_field("start", &(self.plan.grid.start() * 1000))?;
        out.serialize_field("end", &(self.plan.grid.end() * 1000))?;
        out.serialize_field("series", &self.series)?;
        out.serialize_field("warnings", &self.warnings)?;
        out.serialize_field("infos", &self.infos)?;
        out.serialize_field("partial", &self.partial)?;
        out.end()
    }
}

impl Serialize for Series {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("series", 3)?;
        out.serialize_field("labels", &Labels(&self.labels))?;
        out.serialize_field("timestamps", &self.timestamps)?;
        out.serialize_field("values", &Values(&self.values))?;
        out.end()
    }
}

/// The labels of a series, as an object.
pub(super) struct Labels<'a>(pub(super) &'a [(String, String)]);

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Numbers, as a list.
pub(super) struct Values<'a>(pub(super) &'a [f64]);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|&value| Value(value)))
    }
}

/// A number, or Prometheus's word where JSON has none.
pub(super) struct Value(pub(super) f64);

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            v if v.is_finite() => serializer.serialize_f64(v),
            v if v.is_nan() => serializer.serialize_str("NaN"),
            v if v > 0.0 => serializer.serialize_str("+Inf"),
            _ => serializer.serialize_str("-Inf"),
        }
    }
}

impl Serialize for MetricType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Gauge => "gauge",
            Self::Rate => "rate",
            Self::Diff => "diff",
        })
    }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let known = self.catalogue.as_ref();
        let value_types: Vec<_> = self
            .value_types
            .iter()
            .map(|value_type| value_type.label_value())
            .collect();
        let mut out = serializer.serialize_struct("metadata", 8)?;
        out.serialize_field("name", &self.name)?;
        out.serialize_field("metric_type", &self.metric_type)?;
        out.serialize_field("description", &known.map(|entry| &entry.description))?;
        out.serialize_field("unit", &known.map(crate::domain::CatalogueEntry::unit))?;
        out.serialize_field(
            "rate_unit",
            &known.map(crate::domain::CatalogueEntry::rate_unit),
        )?;
        out.serialize_field("category", &known.map(|entry| entry.category))?;
        out.serialize_field("cumulative", &known.map(|entry| entry.cumulative))?;
        out.serialize_field("value_types", &known.map(|_| value_types))?;
        out.end()
    }
}

impl Serialize for Category {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Network => "network",
            Self::Disk => "disk",
            Self::Accelerator => "accelerator",
        })
    }
}

impl Serialize for Failure {
    /// `type` names the case; its payload's fields stand beside it, a bare text as `message`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(None)?;
        write_failure(self, &mut out)?;
        out.end()
    }
}

/// The entries of a failure, beside which others may stand.
pub(super) fn write_failure<M: SerializeMap>(
    failure: &Failure,
    out: &mut M,
) -> Result<(), M::Error> {
    let case = match failure {
        Failure::InvalidTimeRange { .. } => "invalid_time_range",
        Failure::InvalidArgument { .. } => "invalid_argument",
        Failure::FailedToGetMetric { .. } => "failed_to_get_metric",
        Failure::ConnectionFailed(_) => "connection_failed",
        Failure::TimedOut(_) => "timed_out",
        Failure::MalformedResponse(_) | Failure::Interrupted(_) => "malformed_response",
        Failure::LimitExceeded { .. } => "limit_exceeded",
        Failure::PartialAnswer(_) => "partial_answer",
        Failure::Denied(_) => "denied",
    };
    out.serialize_entry("type", case)?;
    match failure {
        Failure::InvalidTimeRange { reason, accepted } => {
            out.serialize_entry("reason", reason)?;
            out.serialize_entry("accepted", accepted)
        }
        Failure::InvalidArgument { field, reason } => {
            out.serialize_entry("field", field)?;
            out.serialize_entry("reason", reason)
        }
        Failure::FailedToGetMetric {
            status,
            error_type,
            message,
        } => {
            out.serialize_entry("status", status)?;
            out.serialize_entry("error_type", error_type)?;
            out.serialize_entry("message", message)
        }
        Failure::LimitExceeded {
            limit,
            maximum,
            requested,
            message,
        } => {
            out.serialize_entry("limit", limit)?;
            out.serialize_entry("maximum", maximum)?;
            out.serialize_entry("requested", requested)?;
            out.serialize_entry("message", message)
        }
        Failure::ConnectionFailed(message)
        | Failure::TimedOut(message)
        | Failure::MalformedResponse(message)
        | Failure::Interrupted(message)
        | Failure::PartialAnswer(message)
        | Failure::Denied(message) => out.serialize_entry("message", message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::json::Request;
    use crate::codec::{QueryMetadata, QueryMetric, read_whole};

    const REQUEST: &str = r#"{"config":{"address":"h:1"},"status":200,"query":{"metric_name":"mem","start":"0","end":"300","step":60}}"#;

    #[test]
    fn a_result_is_written_in_columns_and_odd_values_as_words() {
        let request = Request::read(REQUEST).unwrap();
        let call = QueryMetric::new(request.config(), &request.query().unwrap()).unwrap();
        let body = r#"{"status":"success","infos":["i"],"data":{"result":[{"metric":{"a":"\"1"},"values":[[0,"0.1"],[60,"NaN"],[120,"+Inf"],[180,"-Inf"],[240,"-0"],[300,"1e300"]]}]}}"#;
        assert_eq!(
            answer(&read_whole(&call, 200, body)),
            concat!(
                r#"{"result":{"promql":"sum by (value_type)(backendai_container_utilization{container_metric_name=\"mem\"})","#,
                r#""metric_type":"gauge","unit":"bytes","step":60,"start":0,"end":300000,"series":[{"labels":{"a":"\"1"},"#,
                r#""timestamps":[0,60000,120000,180000,240000,300000],"values":[0.1,"NaN","+Inf","-Inf",-0.0,1e+300]}],"warnings":[],"infos":["i"],"partial":false}}"#
            )
        );
    }

    #[test]
    fn a_failure_names_its_case_and_carries_its_fields() {
        let request = Request::read(REQUEST).unwrap();
        let call = QueryMetadata::new(request.config()).unwrap();
        assert_eq!(
            answer(&read_whole(&call, 404, "404 page not found")),
            r#"{"error":{"type":"failed_to_get_metric","status":404,"error_type":null,"message":"404 page not found"}}"#
        );
    }

    #[test]
    fn what_the_catalogue_does_not_know_is_null() {
        let request = Request::read(REQUEST).unwrap();
        let call = QueryMetadata::new(request.config()).unwrap();
        let text = answer(&read_whole(
            &call,
            200,
            r#"{"status":"success","data":["x"]}"#,
        ));
        assert_eq!(
            text,
            r#"{"result":{"metrics":[{"name":"x","metric_type":"gauge","description":null,"unit":null,"rate_unit":null,"category":null,"cumulative":null,"value_types":null}],"warnings":[],"infos":[],"partial":false}}"#
        );
    }
}

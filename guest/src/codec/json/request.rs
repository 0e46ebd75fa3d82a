//! The text that comes in: the contract's records, with `_` for `-`, unknown names refused.
//!
//! Each document spells out the fields of the type that it is read into, of which the inner rings know no serde.

use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::insight_request::numbers;
use crate::codec::{ConfigInput, Failure};
use crate::domain::insight::{DetectionInput, RankingInput, ToleranceInput};
use crate::domain::verdict::Combine;
use crate::domain::{
    Dimension, LabelFilter, LabelSchema, MetricQuery, MetricType, Over, Pointwise,
    RangeOptionsInput, Statistic, ValueFilter, ValueSource, ValueType, detect_metric_type,
};
use crate::prometheus::{Backend, RequestMethod};

/// The request of a verb: all have `config`, the others as the verb needs them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    config: ConfigInput,
    query: Option<MetricQuery>,
    queries: Option<Vec<MetricQuery>>,
    #[serde(default)]
    options: RangeOptionsInput,
    cursor: Option<String>,
    status: Option<u16>,
    #[serde(default, deserialize_with = "numbers")]
    quantiles: Vec<f64>,
    ranking: Option<RankingInput>,
    #[serde(default)]
    detection: DetectionInput,
    #[serde(default)]
    tolerance: ToleranceInput,
    member: Option<Dimension>,
    source: Option<ValueSource>,
    #[serde(default)]
    filter: ValueFilter,
}

/// The request of `detect-metric-type`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detection {
    metric_name: String,
    #[serde(default)]
    value_type: Option<ValueType>,
}

pub(super) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::InvalidArgument {
        field: "request".to_owned(),
        reason: error.to_string(),
    })
}

pub(super) fn missing(field: &str) -> Failure {
    Failure::InvalidArgument {
        field: format!("request.{field}"),
        reason: "missing, and this verb needs it".to_owned(),
    }
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    /// `invalid-argument`, field `request`: what is wrong with the text, and where.
    pub fn read(text: &str) -> Result<Self, Failure> {
        read(text)
    }

    /// The configuration.
    pub fn config(&self) -> ConfigInput {
        self.config.clone()
    }

    /// The query.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn query(&self) -> Result<MetricQuery, Failure> {
        self.query.clone().ok_or_else(|| missing("query"))
    }

    /// Several queries.
    ///
    /// # Errors
    /// Fails if there is no list of them.
    pub fn queries(&self) -> Result<Vec<MetricQuery>, Failure> {
        self.queries.clone().ok_or_else(|| missing("queries"))
    }

    /// The options of a range.
    pub fn options(&self) -> RangeOptionsInput {
        self.options.clone()
    }

    /// The cursor of a page.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// The quantiles of a summary.
    pub fn quantiles(&self) -> Vec<f64> {
        self.quantiles.clone()
    }

    /// The ranking of groups.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn ranking(&self) -> Result<RankingInput, Failure> {
        self.ranking.ok_or_else(|| missing("ranking"))
    }

    /// Returns the settings of the detection.
    pub fn detection(&self) -> DetectionInput {
        self.detection
    }

    /// Returns the tolerance of deviations.
    pub fn tolerance(&self) -> ToleranceInput {
        self.tolerance
    }

    /// The dimension that tells members apart.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn member(&self) -> Result<Dimension, Failure> {
        self.member.ok_or_else(|| missing("member"))
    }

    /// The label or dimension whose values are wanted.
    ///
    /// # Errors
    /// Fails if the request names none.
    pub fn source(&self) -> Result<ValueSource, Failure> {
        self.source.clone().ok_or_else(|| missing("source"))
    }

    /// Returns the filter of values.
    pub fn filter(&self) -> ValueFilter {
        self.filter.clone()
    }

    /// The status of a response.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn status(&self) -> Result<u16, Failure> {
        self.status.ok_or_else(|| missing("status"))
    }
}

impl Detection {
    /// Reads a request of `detect-metric-type`, and answers it.
    ///
    /// # Errors
    /// `invalid-argument`, field `request`.
    pub fn answer(text: &str) -> Result<MetricType, Failure> {
        let Self {
            metric_name,
            value_type,
        } = read(text)?;
        Ok(detect_metric_type(&metric_name, value_type))
    }
}

/// Reads a type as a document with the same fields.
macro_rules! read_as {
    ($($type:ty: $document:ident),+) => {
        $(impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $document::deserialize(deserializer)
            }
        })+
    };
}

pub(super) use read_as;

read_as!(
    ConfigInput: ConfigDocument,
    RangeOptionsInput: OptionsDocument,
    MetricQuery: QueryDocument,
    LabelFilter: LabelsDocument,
    Pointwise: PointwiseDocument,
    Statistic: StatisticDocument,
    Over: OverDocument
);

#[derive(Deserialize)]
#[serde(
    remote = "ConfigInput",
    deny_unknown_fields,
    expecting = "struct ConfigDocument"
)]
struct ConfigDocument {
    address: String,
    timewindow: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    label_schema: LabelSchema,
    sample_interval: Option<u32>,
    max_range: Option<u32>,
    max_points: Option<u32>,
    max_result_bytes: Option<u64>,
    timeout: Option<u32>,
    #[serde(default, deserialize_with = "or_default")]
    method: RequestMethod,
    #[serde(default, deserialize_with = "or_default")]
    backend: Backend,
    #[serde(default)]
    partial: bool,
    now: Option<i64>,
}

/// A value, or its default for `null`.
pub(super) fn or_default<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Deserialize)]
#[serde(
    remote = "RangeOptionsInput",
    deny_unknown_fields,
    expecting = "struct OptionsDocument"
)]
struct OptionsDocument {
    #[serde(default)]
    cached: bool,
    max_points: Option<u32>,
    interval: Option<u32>,
    freshness: Option<u32>,
    concurrency: Option<u32>,
    #[serde(default)]
    partial: bool,
}

#[derive(Deserialize)]
#[serde(
    remote = "MetricQuery",
    deny_unknown_fields,
    expecting = "struct QueryDocument"
)]
struct QueryDocument {
    metric_name: String,
    start: String,
    end: String,
    step: Option<u32>,
    #[serde(default)]
    labels: LabelFilter,
    #[serde(default)]
    group_by: Vec<Dimension>,
    metric_type: Option<MetricType>,
    pointwise: Option<Pointwise>,
    utc_offset: Option<i32>,
}

#[derive(Deserialize)]
#[serde(
    remote = "LabelFilter",
    deny_unknown_fields,
    expecting = "struct LabelsDocument"
)]
struct LabelsDocument {
    value_type: Option<ValueType>,
    #[serde(default, deserialize_with = "values")]
    agent_id: Vec<String>,
    #[serde(default, deserialize_with = "values")]
    kernel_id: Vec<String>,
    #[serde(default, deserialize_with = "values")]
    session_id: Vec<String>,
    #[serde(default, deserialize_with = "values")]
    user_id: Vec<String>,
    #[serde(default, deserialize_with = "values")]
    project_id: Vec<String>,
}

fn values<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_any(Values)
}

/// The values of an identifier: a text, or a list of them. Read by hand: an untagged enumeration would bring a second
/// reader of all of JSON along.
struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a list of strings, or null")
    }

    fn visit_unit<E>(self) -> Result<Vec<String>, E> {
        Ok(Vec::new())
    }

    fn visit_str<E>(self, value: &str) -> Result<Vec<String>, E> {
        Ok(vec![value.to_owned()])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Vec<String>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list))
    }
}

#[derive(Deserialize)]
#[serde(
    remote = "Pointwise",
    deny_unknown_fields,
    expecting = "struct PointwiseDocument"
)]
struct PointwiseDocument {
    statistic: Statistic,
    over: Over,
    window: Option<u32>,
}

/// A name, or `{"quantile": 0.95}`.
#[derive(Deserialize)]
#[serde(
    remote = "Statistic",
    rename_all = "snake_case",
    expecting = "enum StatisticDocument"
)]
enum StatisticDocument {
    Avg,
    Max,
    Min,
    Last,
    #[serde(deserialize_with = "quantile")]
    Quantile(f64),
}

pub(super) fn quantile<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    exact(
        deserializer,
        "a quantile is a number from 0 to 1, such as 0.95",
    )
}

/// A number to the last bit, as every other interface takes it: `serde_json` by itself may be a bit off, and its feature
/// against that costs 40 kB.
pub(super) fn exact<'de, D: Deserializer<'de>>(
    deserializer: D,
    accepted: &'static str,
) -> Result<f64, D::Error> {
    let text = <&RawValue>::deserialize(deserializer)?.get();
    text.parse().map_err(|_| D::Error::custom(accepted))
}

/// `"time"`, `{"members": "kernel_id"}`, `{"both": "kernel_id"}`.
#[derive(Deserialize)]
#[serde(
    remote = "Over",
    rename_all = "snake_case",
    expecting = "enum OverDocument"
)]
enum OverDocument {
    Time,
    Members(Dimension),
    Both(Dimension),
}

/// Reads a value of an enumeration by its name.
macro_rules! read_by_name {
    ($($type:ident { $($name:literal: $value:ident),+ })+) => {
        $(impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                by_name(deserializer, &[$(($name, Self::$value)),+])
            }
        })+
    };
}

pub(super) use read_by_name;

read_by_name! {
    ValueType { "usage": Usage, "capacity": Capacity, "current": Current, "pct": Pct }
    MetricType { "gauge": Gauge, "rate": Rate, "diff": Diff }
    LabelSchema { "documented": Documented, "agent": Agent }
    Dimension {
        "agent_id": AgentId, "kernel_id": KernelId, "session_id": SessionId, "user_id": UserId,
        "project_id": ProjectId, "metric_name": MetricName, "value_type": ValueType
    }
    RequestMethod { "auto": Auto, "post": Post, "get": Get }
    Backend {
        "auto": Auto, "prometheus": Prometheus, "thanos": Thanos, "mimir": Mimir, "victoria": Victoria,
        "victoria_cluster": VictoriaCluster
    }
    Combine { "max": Max, "min": Min, "avg": Avg, "sum": Sum }
}

pub(super) fn by_name<'de, T: Copy, D: Deserializer<'de>>(
    deserializer: D,
    names: &[(&str, T)],
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    let found = names.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = names.iter().map(|(name, _)| *name).collect();
        D::Error::custom(format_args!(
            "unknown name {text:?}, accepted is one of {}",
            names.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> String {
        match Request::read(text) {
            Err(Failure::InvalidArgument { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_quantile_is_read_to_the_last_bit() {
        let read = |text: &str| {
            let text = format!(r#"{{"statistic":{{"quantile":{text}}},"over":"time"}}"#);
            serde_json::from_str::<Pointwise>(&text).map(|pointwise| pointwise.statistic)
        };
        for part in [0.24530355881209126_f64, 0.95, 5e-324, 1.0] {
            let Ok(Statistic::Quantile(found)) = read(&part.to_string()) else {
                panic!("{part}")
            };
            assert_eq!(found.to_bits(), part.to_bits(), "{part}");
        }
        for wrong in ["\"0.5\"", "null", "[]", "\"NaN\""] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("a quantile is a number"), "{error}");
        }
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let text =
            r#"{"config":{"address":"h:1"},"query":{"metric_name":"mem","start":"0","end":"1"}}"#;
        let request = Request::read(text).unwrap();
        assert_eq!(request.config().address, "h:1");
        assert_eq!(request.query().unwrap().labels, LabelFilter::default());
        assert!(
            matches!(request.status(), Err(Failure::InvalidArgument { field, .. }) if field == "request.status")
        );
    }

    #[test]
    fn what_is_unknown_or_of_another_type_is_refused_with_what_is_accepted() {
        assert!(reason(r#"{"config":{"adress":"x"}}"#).contains("expected one of `address`"));
        assert!(
            reason(r#"{"config":{"address":"x","label_schema":"agents"}}"#)
                .contains("documented, agent")
        );
        assert!(reason(r#"{"config":{"address":5}}"#).contains("expected a string"));
        assert!(reason(r#"{"config":{"address":"x"},"query":{"metric_name":"m","start":"0","end":"1","step":-1}}"#).contains("u32"));
        for (text, expected) in [
            (r#"{"config":5}"#, "expected struct ConfigDocument"),
            (
                r#"{"config":{"address":"x"},"options":5}"#,
                "expected struct OptionsDocument",
            ),
            (
                r#"{"config":{"address":"x"},"query":5}"#,
                "expected struct QueryDocument",
            ),
        ] {
            assert!(reason(text).contains(expected), "{}", reason(text));
        }
        let of_null =
            r#"{"config":{"address":"x","label_schema":null,"method":null,"backend":null}}"#;
        assert_eq!(
            Request::read(of_null).unwrap().config().backend,
            Backend::Auto
        );
        assert!(reason("").contains("EOF"));
        assert!(reason("[]").contains("line 1"));
    }

    #[test]
    fn a_filter_is_a_text_or_a_list_and_a_statistic_says_of_what() {
        let query = |labels: &str, pointwise: &str| {
            let text = format!(
                r#"{{"config":{{"address":"h:1"}},"query":{{"metric_name":"mem","start":"0","end":"1","labels":{labels},"pointwise":{pointwise}}}}}"#
            );
            Request::read(&text).unwrap().query().unwrap()
        };
        let quantile = query(
            r#"{"kernel_id":["a","b"],"agent_id":"c","user_id":null}"#,
            r#"{"statistic":{"quantile":0.9},"over":{"members":"kernel_id"}}"#,
        );
        assert_eq!(quantile.labels.kernel_id, ["a", "b"]);
        assert_eq!(quantile.labels.agent_id, ["c"]);
        assert_eq!(
            quantile.pointwise,
            Some(Pointwise {
                statistic: Statistic::Quantile(0.9),
                over: Over::Members(Dimension::KernelId),
                window: None,
            })
        );
        let max = query("{}", r#"{"statistic":"max","over":"time","window":60}"#);
        assert_eq!(max.pointwise.unwrap().window, Some(60));
    }

    #[test]
    fn the_type_is_detected_by_name() {
        let detect = |text| Detection::answer(text).unwrap();
        assert_eq!(
            detect(r#"{"metric_name":"cpu_util","value_type":"current"}"#),
            MetricType::Diff
        );
        assert_eq!(detect(r#"{"metric_name":"cpu_util"}"#), MetricType::Gauge);
    }
}

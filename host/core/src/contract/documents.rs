//! The contract's records in the form of its JSON interfaces, which `wit/schema/metric-service.schema.json` describes:
//! `_` for `-`, what is left out has its default, unknown names are refused.
//!
//! Each is a module for `serde`: `#[serde(with = "metric_host::documents::query")] query: MetricQuery`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::value::RawValue;

use super::types::{
    Backend, Config, Dimension, LabelFilter, LabelSchema, MetricQuery, MetricType, Over, Pointwise,
    RangeOptions, RequestMethod, Statistic, UnknownName, ValueType,
};

/// The schema's `config`.
pub mod config {
    use super::{Config, ConfigDocument, Serializer};

    /// Writes one.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(config: &Config, serializer: S) -> Result<S::Ok, S::Error> {
        ConfigDocument::serialize(config, serializer)
    }
}

/// The schema's `query`.
pub mod query {
    use super::{Deserializer, MetricQuery, QueryDocument, Serializer};

    /// Reads one.
    ///
    /// # Errors
    /// A member that is missing, unknown or of another form.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<MetricQuery, D::Error> {
        QueryDocument::deserialize(deserializer)
    }

    /// Writes one.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(query: &MetricQuery, serializer: S) -> Result<S::Ok, S::Error> {
        QueryDocument::serialize(query, serializer)
    }
}

/// The schema's `range_options`.
pub mod range_options {
    use super::{Deserializer, OptionsDocument, RangeOptions};

    /// Reads them.
    ///
    /// # Errors
    /// A member that is unknown or of another form.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<RangeOptions, D::Error> {
        OptionsDocument::deserialize(deserializer)
    }
}

/// The fields of the configuration that a request may set. They change what one answer means to the one who asks, and
/// nothing of where and with how much it is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestConfig {
    /// In the place of [`Config::partial`].
    #[serde(deserialize_with = "given")]
    pub partial: Option<bool>,
    /// In the place of [`Config::timewindow`].
    #[serde(deserialize_with = "given")]
    pub timewindow: Option<Option<String>>,
}

/// A value that is there, be it null.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[derive(Serialize)]
#[serde(remote = "Config")]
struct ConfigDocument {
    address: String,
    timewindow: Option<String>,
    #[serde(with = "name")]
    label_schema: LabelSchema,
    sample_interval: Option<u32>,
    max_range: Option<u32>,
    max_points: Option<u32>,
    max_result_bytes: Option<u64>,
    timeout: Option<u32>,
    #[serde(with = "name")]
    method: RequestMethod,
    #[serde(with = "name")]
    backend: Backend,
    partial: bool,
    now: Option<i64>,
}

#[derive(Deserialize, Serialize)]
#[serde(remote = "MetricQuery", deny_unknown_fields)]
struct QueryDocument {
    metric_name: String,
    start: String,
    end: String,
    step: Option<u32>,
    #[serde(default, with = "LabelsDocument")]
    labels: LabelFilter,
    #[serde(default, with = "names")]
    group_by: Vec<Dimension>,
    #[serde(default, with = "optional_name")]
    metric_type: Option<MetricType>,
    #[serde(default, with = "optional_pointwise")]
    pointwise: Option<Pointwise>,
    utc_offset: Option<i32>,
}

#[derive(Deserialize, Serialize)]
#[serde(remote = "LabelFilter", deny_unknown_fields)]
struct LabelsDocument {
    #[serde(default, with = "optional_name")]
    value_type: Option<ValueType>,
    #[serde(default, deserialize_with = "one_or_more")]
    agent_id: Vec<String>,
    #[serde(default, deserialize_with = "one_or_more")]
    kernel_id: Vec<String>,
    #[serde(default, deserialize_with = "one_or_more")]
    session_id: Vec<String>,
    #[serde(default, deserialize_with = "one_or_more")]
    user_id: Vec<String>,
    #[serde(default, deserialize_with = "one_or_more")]
    project_id: Vec<String>,
}

#[derive(Deserialize)]
#[serde(remote = "RangeOptions", deny_unknown_fields)]
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

#[derive(Deserialize, Serialize)]
#[serde(remote = "Pointwise", deny_unknown_fields)]
struct PointwiseDocument {
    #[serde(with = "StatisticDocument")]
    statistic: Statistic,
    #[serde(with = "OverDocument")]
    over: Over,
    window: Option<u32>,
}

/// A name, or `{"quantile": 0.95}`.
#[derive(Deserialize, Serialize)]
#[serde(remote = "Statistic", rename_all = "snake_case")]
enum StatisticDocument {
    Avg,
    Max,
    Min,
    Last,
    Quantile(#[serde(deserialize_with = "exact")] f64),
}

/// `"time"`, `{"members": "kernel_id"}`, `{"both": "kernel_id"}`.
#[derive(Deserialize, Serialize)]
#[serde(remote = "Over", rename_all = "snake_case")]
enum OverDocument {
    Time,
    Members(#[serde(with = "name")] Dimension),
    Both(#[serde(with = "name")] Dimension),
}

/// A value of an enumeration of the contract, by its name.
struct Named<T>(T);

impl<'de, T: FromStr<Err = UnknownName>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        // The contract's own spelling is not that of its JSON.
        let spelled: String = name
            .chars()
            .map(|character| match character {
                '_' => '-',
                '-' => '_',
                other => other,
            })
            .collect();
        spelled
            .parse()
            .map(Self)
            .map_err(|UnknownName { accepted, .. }| {
                let accepted: Vec<_> = accepted.iter().map(|name| name.replace('-', "_")).collect();
                D::Error::custom(format_args!(
                    "unknown name {name:?}, accepted is one of {}",
                    accepted.join(", ")
                ))
            })
    }
}

impl<T: fmt::Display> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_string().replace('-', "_"))
    }
}

mod name {
    use super::{
        Deserialize, Deserializer, FromStr, Named, Serialize, Serializer, UnknownName, fmt,
    };

    pub(super) fn serialize<T: fmt::Display, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Named(value).serialize(serializer)
    }

    pub(super) fn deserialize<'de, T: FromStr<Err = UnknownName>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        Named::deserialize(deserializer).map(|Named(value)| value)
    }
}

mod optional_name {
    use super::{
        Deserialize, Deserializer, FromStr, Named, Serialize, Serializer, UnknownName, fmt,
    };

    pub(super) fn serialize<T: fmt::Display, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Named).serialize(serializer)
    }

    pub(super) fn deserialize<'de, T: FromStr<Err = UnknownName>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let named: Option<Named<T>> = Option::deserialize(deserializer)?;
        Ok(named.map(|Named(value)| value))
    }
}

mod names {
    use super::{Deserialize, Deserializer, FromStr, Named, Serializer, UnknownName, fmt};

    pub(super) fn serialize<T: fmt::Display, S: Serializer>(
        values: &[T],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(Named))
    }

    pub(super) fn deserialize<'de, T: FromStr<Err = UnknownName>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<T>, D::Error> {
        let named: Vec<Named<T>> = Vec::deserialize(deserializer)?;
        Ok(named.into_iter().map(|Named(value)| value).collect())
    }
}

mod optional_pointwise {
    use super::{Deserialize, Deserializer, Pointwise, PointwiseDocument, Serialize, Serializer};

    #[derive(Deserialize, Serialize)]
    struct Read(#[serde(with = "PointwiseDocument")] Pointwise);

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Pointwise>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(Read).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Pointwise>, D::Error> {
        let read: Option<Read> = Option::deserialize(deserializer)?;
        Ok(read.map(|Read(pointwise)| pointwise))
    }
}

/// A list, one text of it, or null for an empty one.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a string, a list of strings, or null")]
    enum Texts {
        One(String),
        More(Vec<String>),
        None,
    }
    Ok(match Texts::deserialize(deserializer)? {
        Texts::One(text) => vec![text],
        Texts::More(texts) => texts,
        Texts::None => Vec::new(),
    })
}

/// A number to the last bit, which `serde_json` by itself may miss.
fn exact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let text = <Box<RawValue>>::deserialize(deserializer)?;
    let accepted = "a quantile is a number from 0 to 1, such as 0.95";
    text.get().parse().map_err(|_| D::Error::custom(accepted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[derive(Debug, PartialEq, Deserialize, Serialize)]
    struct Query(#[serde(with = "query")] MetricQuery);

    #[derive(Debug, Deserialize)]
    struct Options(#[serde(with = "range_options")] RangeOptions);

    fn read(text: &str) -> Result<Query, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn everything_that_a_query_can_say_is_read_and_written() {
        let document = json!({
            "metric_name": "mem", "start": "0", "end": "60", "step": 5, "group_by": ["kernel_id"],
            "labels": {
                "value_type": "current", "agent_id": ["a"], "kernel_id": ["k", "l"], "session_id": [], "user_id": [],
                "project_id": [],
            },
            "metric_type": "gauge", "utc_offset": 3600,
            "pointwise": {"statistic": {"quantile": 0.24530355881209126}, "over": {"members": "agent_id"}, "window": 60},
        });
        let mut query = MetricQuery::new("mem", "0", "60");
        query.step = Some(5);
        query.group_by = vec![Dimension::KernelId];
        query.labels.value_type = Some(ValueType::Current);
        query.labels.agent_id = vec!["a".into()];
        query.labels.kernel_id = vec!["k".into(), "l".into()];
        query.metric_type = Some(MetricType::Gauge);
        query.utc_offset = Some(3600);
        let statistic = Statistic::Quantile(0.245_303_558_812_091_26);
        query.pointwise = Some(Pointwise::over_members(statistic, Dimension::AgentId).within(60));
        let query = Query(query);
        assert_eq!(read(&document.to_string()).unwrap(), query);
        assert_eq!(serde_json::to_value(&query).unwrap(), document);
    }

    #[test]
    fn a_filter_is_a_list_its_only_value_or_null() {
        let text = r#"{"metric_name": "m", "start": "0", "end": "1", "labels": {"agent_id": "a", "user_id": null}}"#;
        let Query(query) = read(text).unwrap();
        assert_eq!(query.labels.agent_id, ["a"]);
        assert_eq!(query.labels.user_id, [] as [&str; 0]);
    }

    #[test]
    fn what_is_unknown_or_of_another_form_is_refused() {
        let query = r#"{"metric_name": "m", "start": "0", "end": "1""#;
        assert!(read(&format!("{query}}}")).is_ok());
        for rest in [
            r#""odd": 1"#,
            r#""group_by": ["pod"]"#,
            r#""group_by": ["kernel-id"]"#,
            r#""labels": {"kernel-id": "k"}"#,
            r#""labels": {"kernel_id": 5}"#,
            r#""metric_type": "Gauge""#,
            r#""pointwise": {"statistic": "avg"}"#,
            r#""pointwise": {"statistic": {"quantile": "0.5"}, "over": "time"}"#,
            r#""step": -1"#,
        ] {
            let text = format!("{query}, {rest}}}");
            assert!(read(&text).is_err(), "{text}");
        }
        let Options(options) = serde_json::from_str(r#"{"partial": true}"#).unwrap();
        assert!(options.partial && !options.cached);
        for text in [r#"{"odd": 1}"#, r#"{"partial": null}"#, "5"] {
            assert!(serde_json::from_str::<Options>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_configuration_is_written_with_every_member_of_the_schema() {
        #[derive(Serialize)]
        struct Written(#[serde(with = "config")] Config);
        let config = Config {
            label_schema: LabelSchema::Agent,
            backend: Backend::VictoriaCluster,
            ..Config::new("h:1")
        };
        let written: Value = serde_json::to_value(Written(config)).unwrap();
        assert_eq!(written["backend"], "victoria_cluster");
        assert_eq!(written["label_schema"], "agent");
        assert_eq!(written["method"], "auto");
        assert_eq!(written.as_object().unwrap().len(), 12);
    }
}

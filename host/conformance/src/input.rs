//! The inputs of a call as the case files write them: the WIT's field names, what is absent is none,
//! and defaults for what a case does not care about; they turn into the records, and, written by `serde`, into the
//! JSON of the contract's JSON interfaces. Knows the contract's records, not what they do.

use std::{fmt::Display, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use metric_host::{
    Backend, Config, Dimension, LabelFilter, LabelSchema, MetricQuery, MetricType, Over, Pointwise,
    RequestMethod, Statistic, ValueType,
};

/// An enumeration of the contract: read by its name there, written as the JSON interfaces name it, with `_`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Named<T>(pub(crate) T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map(Self).map_err(D::Error::custom)
    }
}

impl<T: Display> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_string().replace('-', "_"))
    }
}

/// `statistic`: a name, or `{"quantile": 0.95}`.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all(deserialize = "kebab-case", serialize = "snake_case"))]
pub(crate) enum StatisticInput {
    Avg,
    Max,
    Min,
    Last,
    Quantile(f64),
}

impl From<StatisticInput> for Statistic {
    fn from(input: StatisticInput) -> Self {
        match input {
            StatisticInput::Avg => Self::Avg,
            StatisticInput::Max => Self::Max,
            StatisticInput::Min => Self::Min,
            StatisticInput::Last => Self::Last,
            StatisticInput::Quantile(part) => Self::Quantile(part),
        }
    }
}

/// `over`: `time`, or `{"members": "kernel-id"}`, or `both` likewise.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all(deserialize = "kebab-case", serialize = "snake_case"))]
pub(crate) enum OverInput {
    Time,
    Members(Named<Dimension>),
    Both(Named<Dimension>),
}

impl From<OverInput> for Over {
    fn from(input: OverInput) -> Self {
        match input {
            OverInput::Time => Self::Time,
            OverInput::Members(dimension) => Self::Members(dimension.0),
            OverInput::Both(dimension) => Self::Both(dimension.0),
        }
    }
}

/// `pointwise`.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PointwiseInput {
    statistic: StatisticInput,
    over: OverInput,
    #[serde(default)]
    window: Option<u32>,
}

impl From<PointwiseInput> for Pointwise {
    fn from(input: PointwiseInput) -> Self {
        Self {
            statistic: input.statistic.into(),
            over: input.over.into(),
            window: input.window,
        }
    }
}

/// A list of texts, or the only one of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl From<OneOrMore> for Vec<String> {
    fn from(input: OneOrMore) -> Self {
        match input {
            OneOrMore::One(text) => vec![text],
            OneOrMore::More(texts) => texts,
        }
    }
}

/// Reads a list, a text as the list of it alone, and `null` as an empty one.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let input = Option::<OneOrMore>::deserialize(deserializer)?;
    Ok(input.map(Vec::from).unwrap_or_default())
}

/// `config`. `{prometheus}` in the address stands for the scripted Prometheus.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(
    rename_all(deserialize = "kebab-case", serialize = "snake_case"),
    deny_unknown_fields,
    default
)]
pub(crate) struct ConfigInput {
    pub(crate) address: Option<String>,
    timewindow: Option<String>,
    label_schema: Named<LabelSchema>,
    sample_interval: Option<u32>,
    max_range: Option<u32>,
    max_points: Option<u32>,
    max_result_bytes: Option<u64>,
    timeout: Option<u32>,
    method: Named<RequestMethod>,
    backend: Named<Backend>,
    partial: bool,
    /// Unix milliseconds.
    now: Option<i64>,
}

impl Default for ConfigInput {
    fn default() -> Self {
        Self {
            address: None,
            timewindow: None,
            label_schema: Named(LabelSchema::Documented),
            sample_interval: None,
            max_range: None,
            max_points: None,
            max_result_bytes: None,
            timeout: None,
            method: Named(RequestMethod::Auto),
            backend: Named(Backend::Auto),
            partial: false,
            now: None,
        }
    }
}

impl ConfigInput {
    /// The same, with this address.
    pub(crate) fn at(&self, address: String) -> Self {
        Self {
            address: Some(address),
            ..self.clone()
        }
    }

    /// The record.
    pub(crate) fn to_config(&self) -> Config {
        Config {
            address: self.address.clone().unwrap_or_default(),
            timewindow: self.timewindow.clone(),
            label_schema: self.label_schema.0,
            sample_interval: self.sample_interval,
            max_range: self.max_range,
            max_points: self.max_points,
            max_result_bytes: self.max_result_bytes,
            timeout: self.timeout,
            method: self.method.0,
            backend: self.backend.0,
            partial: self.partial,
            now: self.now,
        }
    }
}

/// `label-filter`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(
    rename_all(deserialize = "kebab-case", serialize = "snake_case"),
    deny_unknown_fields,
    default
)]
pub(crate) struct LabelFilterInput {
    value_type: Option<Named<ValueType>>,
    #[serde(deserialize_with = "one_or_more")]
    agent_id: Vec<String>,
    #[serde(deserialize_with = "one_or_more")]
    kernel_id: Vec<String>,
    #[serde(deserialize_with = "one_or_more")]
    session_id: Vec<String>,
    #[serde(deserialize_with = "one_or_more")]
    user_id: Vec<String>,
    #[serde(deserialize_with = "one_or_more")]
    project_id: Vec<String>,
}

/// `metric-query`. Unless the case says otherwise: `mem`, the first hour of 2026.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(
    rename_all(deserialize = "kebab-case", serialize = "snake_case"),
    deny_unknown_fields,
    default
)]
pub(crate) struct QueryInput {
    metric_name: String,
    start: String,
    end: String,
    step: Option<u32>,
    labels: LabelFilterInput,
    group_by: Vec<Named<Dimension>>,
    metric_type: Option<Named<MetricType>>,
    pointwise: Option<PointwiseInput>,
    utc_offset: Option<i32>,
}

impl Default for QueryInput {
    fn default() -> Self {
        Self {
            metric_name: "mem".to_owned(),
            start: "2026-01-01T00:00:00Z".to_owned(),
            end: "2026-01-01T01:00:00Z".to_owned(),
            step: None,
            labels: LabelFilterInput::default(),
            group_by: Vec::new(),
            metric_type: None,
            pointwise: None,
            utc_offset: None,
        }
    }
}

impl QueryInput {
    /// The record.
    pub(crate) fn to_query(&self) -> MetricQuery {
        let labels = &self.labels;
        MetricQuery {
            metric_name: self.metric_name.clone(),
            start: self.start.clone(),
            end: self.end.clone(),
            step: self.step,
            labels: LabelFilter {
                value_type: labels.value_type.map(|value_type| value_type.0),
                agent_id: labels.agent_id.clone(),
                kernel_id: labels.kernel_id.clone(),
                session_id: labels.session_id.clone(),
                user_id: labels.user_id.clone(),
                project_id: labels.project_id.clone(),
            },
            group_by: self.group_by.iter().map(|dimension| dimension.0).collect(),
            metric_type: self.metric_type.map(|metric_type| metric_type.0),
            pointwise: self.pointwise.map(Into::into),
            utc_offset: self.utc_offset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_filter_is_a_list_or_the_only_value_of_one() {
        let filter: LabelFilterInput = serde_json::from_value(json!({
            "kernel-id": "k", "agent-id": ["a", "b"], "user-id": [], "project-id": null
        }))
        .unwrap();
        assert_eq!(filter.kernel_id, ["k"]);
        assert_eq!(filter.agent_id, ["a", "b"]);
        assert!(filter.user_id.is_empty() && filter.project_id.is_empty());
        assert!(filter.session_id.is_empty());
        let written = serde_json::to_value(filter).unwrap();
        assert_eq!(written["kernel_id"], json!(["k"]));
        assert!(serde_json::from_value::<LabelFilterInput>(json!({"kernel-id": 7})).is_err());
    }

    #[test]
    fn a_statistic_and_what_it_is_over_are_read_by_their_names_in_the_contract() {
        let query: QueryInput = serde_json::from_value(json!({
            "pointwise": {"statistic": {"quantile": 0.5}, "over": {"both": "kernel-id"}, "window": 60},
            "utc-offset": -3600
        }))
        .unwrap();
        let query = query.to_query();
        let expected = Pointwise::over_both(Statistic::Quantile(0.5), Dimension::KernelId);
        assert_eq!(query.pointwise, Some(expected.within(60)));
        assert_eq!(query.utc_offset, Some(-3600));
        let config: ConfigInput = serde_json::from_value(
            json!({"method": "get", "backend": "victoria-cluster", "partial": true, "now": 5}),
        )
        .unwrap();
        let config = config.to_config();
        assert_eq!(config.method, RequestMethod::Get);
        assert_eq!(config.backend, Backend::VictoriaCluster);
        assert!(config.partial && config.now == Some(5));
    }
}

//! The inputs of a call as the case files write them: the WIT's field names, what is absent is none,
//! and defaults for what a case does not care about; they turn into the records, and, written by `serde`, into the
//! JSON of the contract's JSON interfaces. Knows the contract's records, not what they do.

use std::{fmt::Display, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

use metric_host::{Backend, Config, LabelSchema, MetricQuery, RequestMethod, documents};

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

/// `metric-query`. Unless the case says otherwise: `mem`, the first hour of 2026.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(crate) struct QueryInput {
    #[serde(with = "documents::query")]
    query: MetricQuery,
}

impl QueryInput {
    /// The record.
    pub(crate) fn to_query(&self) -> MetricQuery {
        self.query.clone()
    }
}

const METRIC: &str = "mem";
const START: &str = "2026-01-01T00:00:00Z";
const END: &str = "2026-01-01T01:00:00Z";

impl Default for QueryInput {
    fn default() -> Self {
        Self {
            query: MetricQuery::new(METRIC, START, END),
        }
    }
}

impl<'de> Deserialize<'de> for QueryInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let defaults = [("metric_name", METRIC), ("start", START), ("end", END)];
        let mut members: Map<String, Value> = defaults
            .map(|(name, default)| (name.to_owned(), default.into()))
            .into_iter()
            .collect();
        members.extend(in_spelling_of_json(Map::deserialize(deserializer)?));
        let query = documents::query::deserialize(Value::Object(members));
        query.map(|query| Self { query }).map_err(D::Error::custom)
    }
}

/// The members whose texts are names of the contract.
const OF_NAMES: [&str; 3] = ["group_by", "members", "both"];

/// Members with the names that the JSON interfaces have for them, `_` for `-`.
fn in_spelling_of_json(members: Map<String, Value>) -> Map<String, Value> {
    let spelled = |text: &str| text.replace('-', "_");
    let named = |value| match value {
        Value::String(name) => spelled(&name).into(),
        other => other,
    };
    let member = |(name, value): (String, Value)| {
        let name = spelled(&name);
        let value = match value {
            Value::Object(members) => in_spelling_of_json(members).into(),
            Value::Array(names) if OF_NAMES.contains(&&*name) => {
                names.into_iter().map(named).collect()
            }
            value if OF_NAMES.contains(&&*name) => named(value),
            value => value,
        };
        (name, value)
    };
    members.into_iter().map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_host::{Dimension, Pointwise, Statistic};
    use serde_json::json;

    #[test]
    fn a_query_is_written_with_the_names_of_the_contract_and_has_defaults() {
        let query: QueryInput = serde_json::from_value(json!({
            "labels": {"kernel-id": "k-1", "agent-id": ["a", "b"], "user-id": [], "project-id": null},
            "group-by": ["kernel-id"]
        }))
        .unwrap();
        let record = query.to_query();
        assert_eq!(record.metric_name, "mem");
        assert_eq!(record.labels.kernel_id, ["k-1"]);
        assert_eq!(record.labels.agent_id, ["a", "b"]);
        assert!(record.labels.user_id.is_empty() && record.labels.project_id.is_empty());
        assert_eq!(record.group_by, [Dimension::KernelId]);
        let written = serde_json::to_value(query).unwrap();
        assert_eq!(written["labels"]["kernel_id"], json!(["k-1"]));
        assert_eq!(written["group_by"], json!(["kernel_id"]));
        for wrong in [
            json!({"labels": {"kernel-id": 7}}),
            json!({"odd": 1}),
            json!([]),
        ] {
            assert!(serde_json::from_value::<QueryInput>(wrong).is_err());
        }
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

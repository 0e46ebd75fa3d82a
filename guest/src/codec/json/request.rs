//! The text that comes in: the contract's records, with `_` for `-`, unknown names refused.

use serde::{Deserialize, Deserializer};

use crate::codec::{Config, Failure};
use crate::domain::{
    Dimension, LabelFilter, LabelSchema, MetricQuery, MetricType, SettingsInput, ValueType,
    detect_metric_type,
};

/// What a verb takes: all have `config`, the others as the verb needs them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    config: ConfigDocument,
    query: Option<QueryDocument>,
    status: Option<u16>,
}

/// What `detect-metric-type` takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detection {
    metric_name: String,
    #[serde(default)]
    value_type: Option<Name<ValueType>>,
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::InvalidArgument {
        field: "request".to_owned(),
        reason: error.to_string(),
    })
}

fn missing(field: &str) -> Failure {
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
    pub fn config(&self) -> Config {
        let config = &self.config;
        Config {
            address: config.address.clone(),
            settings: SettingsInput {
                timewindow: config.timewindow.clone(),
                label_schema: config
                    .label_schema
                    .map_or_else(LabelSchema::default, |n| n.0),
                sample_interval: config.sample_interval,
                max_range: config.max_range,
                max_points: config.max_points,
                max_result_bytes: config.max_result_bytes,
                timeout: config.timeout,
            },
        }
    }

    /// The query.
    ///
    /// # Errors
    /// When there is none.
    pub fn query(&self) -> Result<MetricQuery, Failure> {
        let query = self.query.as_ref().ok_or_else(|| missing("query"))?;
        let labels = &query.labels;
        Ok(MetricQuery {
            metric_name: query.metric_name.clone(),
            start: query.start.clone(),
            end: query.end.clone(),
            step: query.step,
            labels: LabelFilter {
                value_type: labels.value_type.map(|n| n.0),
                agent_id: labels.agent_id.clone(),
                kernel_id: labels.kernel_id.clone(),
                session_id: labels.session_id.clone(),
                user_id: labels.user_id.clone(),
                project_id: labels.project_id.clone(),
            },
            group_by: query.group_by.iter().map(|n| n.0).collect(),
            metric_type: query.metric_type.map(|n| n.0),
        })
    }

    /// The status of a response.
    ///
    /// # Errors
    /// When there is none.
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
        Ok(detect_metric_type(&metric_name, value_type.map(|n| n.0)))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigDocument {
    address: String,
    timewindow: Option<String>,
    label_schema: Option<Name<LabelSchema>>,
    sample_interval: Option<u32>,
    max_range: Option<u32>,
    max_points: Option<u32>,
    max_result_bytes: Option<u64>,
    timeout: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct QueryDocument {
    metric_name: String,
    start: String,
    end: String,
    step: Option<u32>,
    #[serde(default)]
    labels: LabelsDocument,
    #[serde(default)]
    group_by: Vec<Name<Dimension>>,
    metric_type: Option<Name<MetricType>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelsDocument {
    value_type: Option<Name<ValueType>>,
    agent_id: Option<String>,
    kernel_id: Option<String>,
    session_id: Option<String>,
    user_id: Option<String>,
    project_id: Option<String>,
}

/// A value of an enumeration, by its name.
#[derive(Debug, Clone, Copy)]
struct Name<T>(T);

/// An enumeration and its names.
trait Named: Copy + 'static {
    const NAMES: &'static [(&'static str, Self)];
}

impl Named for ValueType {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("usage", Self::Usage),
        ("capacity", Self::Capacity),
        ("current", Self::Current),
        ("pct", Self::Pct),
    ];
}

impl Named for MetricType {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("gauge", Self::Gauge),
        ("rate", Self::Rate),
        ("diff", Self::Diff),
    ];
}

impl Named for LabelSchema {
    const NAMES: &'static [(&'static str, Self)] =
        &[("documented", Self::Documented), ("agent", Self::Agent)];
}

impl Named for Dimension {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("agent_id", Self::AgentId),
        ("kernel_id", Self::KernelId),
        ("session_id", Self::SessionId),
        ("user_id", Self::UserId),
        ("project_id", Self::ProjectId),
        ("metric_name", Self::MetricName),
        ("value_type", Self::ValueType),
    ];
}

impl<'de, T: Named> Deserialize<'de> for Name<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = T::NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, value)| Self(*value)).ok_or_else(|| {
            let names: Vec<_> = T::NAMES.iter().map(|(name, _)| *name).collect();
            serde::de::Error::custom(format_args!(
                "unknown name {text:?}, accepted is one of {}",
                names.join(", ")
            ))
        })
    }
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
        assert!(reason("").contains("EOF"));
        assert!(reason("[]").contains("line 1"));
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

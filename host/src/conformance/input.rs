//! The inputs of a call as the case files write them: the WIT's field names, what is absent is none,
//! and defaults for what a case does not care about; they turn into the records, and, written by `serde`, into the
//! JSON of the contract's JSON doors. Knows the contract's records, not what they do.

use serde::{Deserialize, Serialize};

use crate::{Config, Dimension, LabelFilter, LabelSchema, MetricQuery, MetricType, ValueType};

/// `metric-type`.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all(deserialize = "kebab-case", serialize = "snake_case"))]
pub(super) enum MetricTypeInput {
    Gauge,
    Rate,
    Diff,
}

impl From<MetricTypeInput> for MetricType {
    fn from(input: MetricTypeInput) -> Self {
        match input {
            MetricTypeInput::Gauge => Self::Gauge,
            MetricTypeInput::Rate => Self::Rate,
            MetricTypeInput::Diff => Self::Diff,
        }
    }
}

/// `value-type`.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all(deserialize = "kebab-case", serialize = "snake_case"))]
pub(super) enum ValueTypeInput {
    Usage,
    Capacity,
    Current,
    Pct,
}

impl From<ValueTypeInput> for ValueType {
    fn from(input: ValueTypeInput) -> Self {
        match input {
            ValueTypeInput::Usage => Self::Usage,
            ValueTypeInput::Capacity => Self::Capacity,
            ValueTypeInput::Current => Self::Current,
            ValueTypeInput::Pct => Self::Pct,
        }
    }
}

/// `dimension`.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all(deserialize = "kebab-case", serialize = "snake_case"))]
pub(super) enum DimensionInput {
    AgentId,
    KernelId,
    SessionId,
    UserId,
    ProjectId,
    MetricName,
    ValueType,
}

impl From<DimensionInput> for Dimension {
    fn from(input: DimensionInput) -> Self {
        match input {
            DimensionInput::AgentId => Self::AgentId,
            DimensionInput::KernelId => Self::KernelId,
            DimensionInput::SessionId => Self::SessionId,
            DimensionInput::UserId => Self::UserId,
            DimensionInput::ProjectId => Self::ProjectId,
            DimensionInput::MetricName => Self::MetricName,
            DimensionInput::ValueType => Self::ValueType,
        }
    }
}

/// `label-schema`.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
#[serde(rename_all(deserialize = "kebab-case", serialize = "snake_case"))]
pub(super) enum LabelSchemaInput {
    #[default]
    Documented,
    Agent,
}

impl From<LabelSchemaInput> for LabelSchema {
    fn from(input: LabelSchemaInput) -> Self {
        match input {
            LabelSchemaInput::Documented => Self::Documented,
            LabelSchemaInput::Agent => Self::Agent,
        }
    }
}

/// `config`. `{prometheus}` in the address stands for the scripted Prometheus.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(
    rename_all(deserialize = "kebab-case", serialize = "snake_case"),
    deny_unknown_fields,
    default
)]
pub(super) struct ConfigInput {
    pub(super) address: Option<String>,
    timewindow: Option<String>,
    label_schema: LabelSchemaInput,
    sample_interval: Option<u32>,
    max_range: Option<u32>,
    max_points: Option<u32>,
    max_result_bytes: Option<u64>,
    timeout: Option<u32>,
}

impl ConfigInput {
    /// The same, with this address.
    pub(super) fn at(&self, address: String) -> Self {
        Self {
            address: Some(address),
            ..self.clone()
        }
    }

    /// The record.
    pub(super) fn to_config(&self) -> Config {
        Config {
            address: self.address.clone().unwrap_or_default(),
            timewindow: self.timewindow.clone(),
            label_schema: self.label_schema.into(),
            sample_interval: self.sample_interval,
            max_range: self.max_range,
            max_points: self.max_points,
            max_result_bytes: self.max_result_bytes,
            timeout: self.timeout,
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
pub(super) struct LabelFilterInput {
    value_type: Option<ValueTypeInput>,
    agent_id: Option<String>,
    kernel_id: Option<String>,
    session_id: Option<String>,
    user_id: Option<String>,
    project_id: Option<String>,
}

/// `metric-query`. Unless the case says otherwise: `mem`, the first hour of 2026.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(
    rename_all(deserialize = "kebab-case", serialize = "snake_case"),
    deny_unknown_fields,
    default
)]
pub(super) struct QueryInput {
    metric_name: String,
    start: String,
    end: String,
    step: Option<u32>,
    labels: LabelFilterInput,
    group_by: Vec<DimensionInput>,
    metric_type: Option<MetricTypeInput>,
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
        }
    }
}

impl QueryInput {
    /// The record.
    pub(super) fn to_query(&self) -> MetricQuery {
        let labels = &self.labels;
        MetricQuery {
            metric_name: self.metric_name.clone(),
            start: self.start.clone(),
            end: self.end.clone(),
            step: self.step,
            labels: LabelFilter {
                value_type: labels.value_type.map(Into::into),
                agent_id: labels.agent_id.clone(),
                kernel_id: labels.kernel_id.clone(),
                session_id: labels.session_id.clone(),
                user_id: labels.user_id.clone(),
                project_id: labels.project_id.clone(),
            },
            group_by: self
                .group_by
                .iter()
                .map(|dimension| (*dimension).into())
                .collect(),
            metric_type: self.metric_type.map(Into::into),
        }
    }
}

//! The flags that take one word out of several, with the help for each word. Those that stand for
//! an enumeration of the contract turn into it.

use clap::ValueEnum;
use metric_host::{Dimension, Fold, LabelSchema, MetricType, ValueType};

use super::output::printable::Escape;

/// How rows of data are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DataFormat {
    /// For people
    Table,
    /// One JSON document
    Json,
    /// One line a value, RFC 4180
    Csv,
}

impl DataFormat {
    /// How a character is written that is not to be printed.
    pub(crate) fn escape(self) -> Escape {
        match self {
            Self::Json => Escape::Json,
            _ => Escape::Text,
        }
    }
}

/// How series are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryFormat {
    /// For people
    Table,
    /// One JSON document
    Json,
    /// One line a value, RFC 4180
    Csv,
    /// A stream of JSON objects, one a line: for answers that are larger than memory
    Ndjson,
}

impl QueryFormat {
    /// How a character is written that is not to be printed.
    pub(crate) fn escape(self) -> Escape {
        match self {
            Self::Json | Self::Ndjson => Escape::Json,
            _ => Escape::Text,
        }
    }
}

/// How a report or a description is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Table,
    /// One JSON document
    Json,
}

impl ReportFormat {
    /// How a character is written that is not to be printed.
    pub(crate) fn escape(self) -> Escape {
        match self {
            Self::Json => Escape::Json,
            _ => Escape::Text,
        }
    }
}

/// How a conformance report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConformanceFormat {
    /// For people
    Table,
    /// One JSON document
    Json,
    /// JUnit's XML, for CI
    Junit,
}

impl ConformanceFormat {
    /// How a character is written that is not to be printed.
    pub(crate) fn escape(self) -> Escape {
        match self {
            Self::Json => Escape::Json,
            _ => Escape::Text,
        }
    }
}

/// Whether something is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// When stdout is a terminal
    Auto,
    /// Into files and pipes too
    Always,
    /// Not even on a terminal
    Never,
}

/// [`LabelSchema`], as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LabelSchemaArg {
    /// As Backend.AI documents them: owner_user_id, owner_project_id, value type usage
    Documented,
    /// As today's agents write them: user_id, project_id, value type current
    Agent,
}

impl From<LabelSchemaArg> for LabelSchema {
    fn from(arg: LabelSchemaArg) -> Self {
        match arg {
            LabelSchemaArg::Documented => LabelSchema::Documented,
            LabelSchemaArg::Agent => LabelSchema::Agent,
        }
    }
}

/// [`ValueType`], as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ValueTypeArg {
    /// What was used, in the documented label schema
    Usage,
    /// How much there is to use
    Capacity,
    /// What was used, as today's agents write it
    Current,
    /// 100 * current / capacity, in percent
    Pct,
}

impl From<ValueTypeArg> for ValueType {
    fn from(arg: ValueTypeArg) -> Self {
        match arg {
            ValueTypeArg::Usage => ValueType::Usage,
            ValueTypeArg::Capacity => ValueType::Capacity,
            ValueTypeArg::Current => ValueType::Current,
            ValueTypeArg::Pct => ValueType::Pct,
        }
    }
}

/// [`MetricType`], as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MetricTypeArg {
    /// A level, read as it is
    Gauge,
    /// A counter of traffic, read as its increase per second
    Rate,
    /// A counter of work done, read as its increase per second
    Diff,
}

impl From<MetricTypeArg> for MetricType {
    fn from(arg: MetricTypeArg) -> Self {
        match arg {
            MetricTypeArg::Gauge => MetricType::Gauge,
            MetricTypeArg::Rate => MetricType::Rate,
            MetricTypeArg::Diff => MetricType::Diff,
        }
    }
}

/// [`Fold`], as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FoldArg {
    /// Their mean
    Avg,
    /// The largest
    Max,
    /// The smallest
    Min,
    /// The latest of them
    Last,
}

impl From<FoldArg> for Fold {
    fn from(arg: FoldArg) -> Self {
        match arg {
            FoldArg::Avg => Fold::Avg,
            FoldArg::Max => Fold::Max,
            FoldArg::Min => Fold::Min,
            FoldArg::Last => Fold::Last,
        }
    }
}

/// [`Dimension`], as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DimensionArg {
    #[value(alias = "agent_id")]
    AgentId,
    #[value(alias = "kernel_id")]
    KernelId,
    #[value(alias = "session_id")]
    SessionId,
    #[value(alias = "user_id")]
    UserId,
    #[value(alias = "project_id")]
    ProjectId,
    #[value(alias = "metric_name")]
    MetricName,
    #[value(alias = "value_type")]
    ValueType,
}

impl From<DimensionArg> for Dimension {
    fn from(arg: DimensionArg) -> Self {
        match arg {
            DimensionArg::AgentId => Dimension::AgentId,
            DimensionArg::KernelId => Dimension::KernelId,
            DimensionArg::SessionId => Dimension::SessionId,
            DimensionArg::UserId => Dimension::UserId,
            DimensionArg::ProjectId => Dimension::ProjectId,
            DimensionArg::MetricName => Dimension::MetricName,
            DimensionArg::ValueType => Dimension::ValueType,
        }
    }
}

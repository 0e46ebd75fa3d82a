//! The flags that take one word out of several, with the help for each word. Those that stand for
//! an enumeration of the contract turn into it.

use clap::ValueEnum;
use metric_host::{
    Backend, Dimension, LabelSchema, MetricType, RequestMethod, Statistic, ValueType,
};

use crate::output::printable::Escape;

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
    /// In percent: of capacity; for cpu_util, of one core
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

/// A [`Statistic`] that has a name, as a flag.
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

impl From<FoldArg> for Statistic {
    fn from(arg: FoldArg) -> Self {
        match arg {
            FoldArg::Avg => Statistic::Avg,
            FoldArg::Max => Statistic::Max,
            FoldArg::Min => Statistic::Min,
            FoldArg::Last => Statistic::Last,
        }
    }
}

/// [`RequestMethod`], as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MethodArg {
    /// POST, and GET after a server that answers POST with 403, 405 or 501
    Auto,
    /// POST with a form, however long the query is
    Post,
    /// GET, the query in the URL
    Get,
}

impl From<MethodArg> for RequestMethod {
    fn from(arg: MethodArg) -> Self {
        match arg {
            MethodArg::Auto => RequestMethod::Auto,
            MethodArg::Post => RequestMethod::Post,
            MethodArg::Get => RequestMethod::Get,
        }
    }
}

/// [`Backend`], as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendArg {
    /// What all of them understand
    Auto,
    /// Prometheus
    Prometheus,
    /// Thanos: asks for whole, deduplicated, raw data
    Thanos,
    /// Mimir or Cortex, at /prometheus
    Mimir,
    /// VictoriaMetrics, a single server
    Victoria,
    /// A cluster of VictoriaMetrics, at /select/0/prometheus: asks for whole data
    VictoriaCluster,
}

impl From<BackendArg> for Backend {
    fn from(arg: BackendArg) -> Self {
        match arg {
            BackendArg::Auto => Backend::Auto,
            BackendArg::Prometheus => Backend::Prometheus,
            BackendArg::Thanos => Backend::Thanos,
            BackendArg::Mimir => Backend::Mimir,
            BackendArg::Victoria => Backend::Victoria,
            BackendArg::VictoriaCluster => Backend::VictoriaCluster,
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

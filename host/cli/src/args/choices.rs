//! The flags that take one word out of several, with the help for each word. Those that stand for
//! an enumeration of the contract turn into it.

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use metric_host::decisions::Combine;
use metric_host::{
    Backend, Dimension, LabelSchema, MetricType, RequestMethod, Statistic, ValueType,
};

use crate::output::printable::Escape;

/// The format of rows of data.
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
    /// The way in which a character is written that is not to be printed.
    pub(crate) fn escape(self) -> Escape {
        match self {
            Self::Json => Escape::Json,
            _ => Escape::Text,
        }
    }
}

/// The format of series.
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
    /// A picture for the terminal, or wherever text stands
    Plot,
    /// A picture for reports and pages
    Svg,
}

impl QueryFormat {
    /// The way in which a character is written that is not to be printed.
    pub(crate) fn escape(self) -> Escape {
        match self {
            Self::Json | Self::Ndjson => Escape::Json,
            _ => Escape::Text,
        }
    }
}

/// The format of a report or a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Table,
    /// One JSON document
    Json,
}

impl ReportFormat {
    /// The way in which a character is written that is not to be printed.
    pub(crate) fn escape(self) -> Escape {
        match self {
            Self::Json => Escape::Json,
            _ => Escape::Text,
        }
    }
}

/// The format of a conformance report.
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
    /// The way in which a character is written that is not to be printed.
    pub(crate) fn escape(self) -> Escape {
        match self {
            Self::Json => Escape::Json,
            _ => Escape::Text,
        }
    }
}

/// The choice of when something is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// When stdout is a terminal
    Auto,
    /// Into files and pipes too
    Always,
    /// Not even on a terminal
    Never,
}

/// A flag for an enumeration of the contract: its values by their names there, each with its help.
fn choice<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
    help: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let values = all
        .iter()
        .map(|&value| PossibleValue::new(name(value)).help(help(value)));
    PossibleValuesParser::new(values).try_map(move |given: String| {
        let chosen = all.iter().find(|&&value| name(value) == given);
        chosen.copied().ok_or(given)
    })
}

/// Parses the schema of the labels of owners and current values.
pub(crate) fn label_schema() -> impl TypedValueParser<Value = LabelSchema> {
    choice(
        LabelSchema::ALL,
        LabelSchema::as_str,
        |schema| match schema {
            LabelSchema::Documented => {
                "As Backend.AI documents them: owner_user_id, owner_project_id, value type usage"
            }
            LabelSchema::Agent => {
                "As today's agents write them: user_id, project_id, value type current"
            }
        },
    )
}

/// Parses the value type of a metric.
pub(crate) fn value_type() -> impl TypedValueParser<Value = ValueType> {
    choice(
        ValueType::ALL,
        ValueType::as_str,
        |value_type| match value_type {
            ValueType::Usage => "What was used, in the documented label schema",
            ValueType::Capacity => "How much there is to use",
            ValueType::Current => "What was used, as today's agents write it",
            ValueType::Pct => "In percent: of capacity; for cpu_util, of one core",
        },
    )
}

/// Parses the type of a metric: it decides how samples are read.
pub(crate) fn metric_type() -> impl TypedValueParser<Value = MetricType> {
    choice(
        MetricType::ALL,
        MetricType::as_str,
        |metric_type| match metric_type {
            MetricType::Gauge => "A level, read as it is",
            MetricType::Rate => "A counter of traffic, read as its increase per second",
            MetricType::Diff => "A counter of work done, read as its increase per second",
        },
    )
}

const NAMED: &[(Statistic, &str, &str)] = &[
    (Statistic::Avg, "avg", "Their mean"),
    (Statistic::Max, "max", "The largest"),
    (Statistic::Min, "min", "The smallest"),
    (Statistic::Last, "last", "The latest of them"),
];

/// The statistic of this name; a percentile has none.
pub(crate) fn statistic_named(text: &str) -> Option<Statistic> {
    let found = NAMED.iter().find(|(_, name, _)| *name == text);
    found.map(|&(statistic, _, _)| statistic)
}

/// A statistic that has a name.
pub(crate) fn named_statistic() -> impl TypedValueParser<Value = Statistic> {
    choice(NAMED, |(_, name, _)| name, |(_, _, help)| help).map(|(statistic, _, _)| statistic)
}

/// Parses the HTTP method by which Prometheus is asked.
pub(crate) fn method() -> impl TypedValueParser<Value = RequestMethod> {
    choice(
        RequestMethod::ALL,
        RequestMethod::as_str,
        |method| match method {
            RequestMethod::Auto => {
                "POST, and GET after a server that answers POST with 403, 405 or 501"
            }
            RequestMethod::Post => "POST with a form, however long the query is",
            RequestMethod::Get => "GET, the query in the URL",
        },
    )
}

/// The backend.
pub(crate) fn backend() -> impl TypedValueParser<Value = Backend> {
    choice(Backend::ALL, Backend::as_str, |backend| match backend {
        Backend::Auto => "What all of them understand",
        Backend::Prometheus => "Prometheus",
        Backend::Thanos => "Thanos: asks for whole, deduplicated, raw data",
        Backend::Mimir => "Mimir or Cortex, at /prometheus",
        Backend::Victoria => "VictoriaMetrics, a single server",
        Backend::VictoriaCluster => {
            "A cluster of VictoriaMetrics, at /select/0/prometheus: asks for whole data"
        }
    })
}

/// `--combine`.
pub(crate) fn combine() -> impl TypedValueParser<Value = Combine> {
    const ALL: &[Combine] = &[Combine::Max, Combine::Min, Combine::Avg, Combine::Sum];
    choice(
        ALL,
        |combine| match combine {
            Combine::Max => "max",
            Combine::Min => "min",
            Combine::Avg => "avg",
            Combine::Sum => "sum",
        },
        |combine| match combine {
            Combine::Max => "The largest",
            Combine::Min => "The smallest",
            Combine::Avg => "Their mean",
            Combine::Sum => "Their sum",
        },
    )
}

/// The dimensions whose values are sums of kernels, and how else they are written.
const SUBJECTS: &[(&str, &str)] = &[
    ("agent-id", "agent_id"),
    ("kernel-id", "kernel_id"),
    ("session-id", "session_id"),
    ("user-id", "user_id"),
    ("project-id", "project_id"),
];

/// A dimension; `agent_id` is the same as `agent-id`.
pub(crate) fn dimension() -> impl TypedValueParser<Value = Dimension> {
    const OTHERS: &[(&str, &str)] = &[("metric-name", "metric_name"), ("value-type", "value_type")];
    one_of([SUBJECTS, OTHERS].concat())
}

/// A dimension whose values are sums of kernels.
pub(crate) fn subject() -> impl TypedValueParser<Value = Dimension> {
    one_of(SUBJECTS.to_vec())
}

fn one_of(names: Vec<(&'static str, &'static str)>) -> impl TypedValueParser<Value = Dimension> {
    let values = names
        .into_iter()
        .map(|(name, alias)| PossibleValue::new(name).alias(alias));
    PossibleValuesParser::new(values).try_map(|given: String| dimension_named(&given).ok_or(given))
}

/// The dimension of this name, with `-` or `_`.
pub(crate) fn dimension_named(name: &str) -> Option<Dimension> {
    let name = name.replace('_', "-");
    let found = Dimension::ALL
        .iter()
        .find(|dimension| dimension.as_str() == name);
    found.copied()
}

//! JSON documents that are written as they are made: a large result is never held a second time as a tree of values.
//!
//! Of the lines of a stream, and for the command line, which prints the same.

use std::io::Write;

use metric_host::{MetricQuery, RangePlan, Series, ValueType};
use serde::{Serialize, Serializer};

/// Writes a document on a line.
///
/// # Errors
/// Fails as writing does.
pub fn line(out: &mut dyn Write, document: &impl Serialize) -> Result<(), serde_json::Error> {
    serde_json::to_writer(&mut *out, document)?;
    out.write_all(b"\n").map_err(serde_json::Error::io)
}

/// The members that tell one query of several from the others.
#[derive(Debug, Serialize)]
pub struct QueryName<'a> {
    metric: &'a str,
    value_type: Option<&'static str>,
}

impl<'a> QueryName<'a> {
    /// The names in this query.
    pub fn of(query: &'a MetricQuery) -> Self {
        Self {
            metric: &query.metric_name,
            value_type: query.labels.value_type.map(ValueType::as_str),
        }
    }
}

/// A document that begins with the query that it belongs to.
#[derive(Debug, Serialize)]
pub struct Named<'a, A> {
    /// The query.
    #[serde(flatten)]
    pub query: QueryName<'a>,
    /// The document.
    #[serde(flatten)]
    pub answer: A,
}

/// A plan without its chunks, of which there may be thousands.
#[derive(Debug, Serialize)]
pub struct PlanDocument<'a> {
    promql: &'a str,
    metric_type: &'static str,
    unit: Option<&'a str>,
    /// Seconds.
    step: u32,
    step_reason: &'a str,
    window: Option<&'a str>,
    window_reason: Option<&'a str>,
    /// Unix milliseconds.
    start: i64,
    /// Unix milliseconds.
    end: i64,
    /// Of a series without gaps.
    points: u64,
    requests: usize,
    warnings: &'a [String],
}

impl<'a> PlanDocument<'a> {
    /// The document of this plan.
    pub fn of(plan: &'a RangePlan) -> Self {
        Self {
            promql: &plan.promql,
            metric_type: plan.metric_type.as_str(),
            unit: plan.unit.as_deref(),
            step: plan.step,
            step_reason: &plan.step_reason,
            window: plan.window.as_deref(),
            window_reason: plan.window_reason.as_deref(),
            start: plan.span.start,
            end: plan.span.end,
            points: points(plan),
            requests: plan.chunks.len(),
            warnings: &plan.warnings,
        }
    }
}

/// The points of a plan's answer, in each series without gaps.
pub fn points(plan: &RangePlan) -> u64 {
    let millis = plan.span.end.abs_diff(plan.span.start);
    millis / (u64::from(plan.step.max(1)) * 1000) + 1
}

/// A series, in columns.
#[derive(Debug)]
pub struct SeriesDocument<'a>(pub &'a Series);

impl Serialize for SeriesDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Columns<'a> {
            labels: Labels<'a>,
            timestamps: &'a [i64],
            values: Each<'a, f64, Value>,
        }
        let Series {
            labels,
            timestamps,
            values,
        } = self.0;
        Columns {
            labels: Labels(labels),
            timestamps,
            values: Each(values, |value| Value(*value)),
        }
        .serialize(serializer)
    }
}

/// Labels, as an object.
#[derive(Debug)]
pub struct Labels<'a>(pub &'a [(String, String)]);

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// A number, or the word that Prometheus has for it where JSON has none.
#[derive(Debug)]
pub struct Value(pub f64);

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            serializer.serialize_f64(self.0)
        } else {
            serializer.serialize_str(not_finite(self.0))
        }
    }
}

/// Prometheus's word for a value that is no finite number.
pub fn not_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    }
}

/// An array, each element turned into its document when its turn comes.
#[derive(Debug)]
pub struct Each<'a, T, D>(pub &'a [T], pub fn(&'a T) -> D);

impl<T, D: Serialize> Serialize for Each<'_, T, D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(self.1))
    }
}

//! JSON documents that are written as they are made: a large result is never held a second time as a tree of values.
//!
//! Of the lines of a stream, and for the command line, which prints the same.

use std::io::Write;

use metric_host::{
    MetricQuery, MetricResult, MissingChunk, RangeAnswer, RangePlan, Series, Span, ValueType,
};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

/// Writes a document on a line.
///
/// # Errors
/// Fails as writing does.
pub fn line(out: &mut dyn Write, document: &impl Serialize) -> Result<(), serde_json::Error> {
    serde_json::to_writer(&mut *out, document)?;
    out.write_all(b"\n").map_err(serde_json::Error::io)
}

/// The members that tell one query of several from the others.
#[derive(Debug, Clone, Copy, Serialize)]
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

    /// The members of what is no container's metric.
    pub fn of_metric(metric: &'a str) -> Self {
        Self {
            metric,
            value_type: None,
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
    step_reason: Option<&'a str>,
    window: Option<&'a str>,
    window_reason: Option<&'a str>,
    /// Unix milliseconds.
    start: i64,
    /// Unix milliseconds.
    end: i64,
    /// Of a series without gaps.
    points: u64,
    /// None: an answer does not tell.
    requests: Option<usize>,
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
            step_reason: Some(&plan.step_reason),
            window: plan.window.as_deref(),
            window_reason: plan.window_reason.as_deref(),
            start: plan.span.start,
            end: plan.span.end,
            points: points_of((plan.span.start, plan.span.end), plan.step),
            requests: Some(plan.chunks.len()),
            warnings: &plan.warnings,
        }
    }

    /// The part of a plan that its answer tells.
    pub fn of_answer(answer: &'a MetricResult) -> Self {
        Self {
            promql: &answer.promql,
            metric_type: answer.metric_type.as_str(),
            unit: answer.unit.as_deref(),
            step: answer.step,
            step_reason: None,
            window: None,
            window_reason: None,
            start: answer.start,
            end: answer.end,
            points: points_of((answer.start, answer.end), answer.step),
            requests: None,
            warnings: &answer.warnings,
        }
    }
}

/// The points of a plan's answer, in each series without gaps.
pub fn points(plan: &RangePlan) -> u64 {
    points_of((plan.span.start, plan.span.end), plan.step)
}

/// Milliseconds, and a step in seconds.
fn points_of((start, end): (i64, i64), step: u32) -> u64 {
    end.abs_diff(start) / (u64::from(step.max(1)) * 1000) + 1
}

/// The answer to a query, without the chunks that it lacks.
#[derive(Debug, Serialize)]
pub struct AnswerDocument<'a> {
    promql: &'a str,
    metric_type: &'static str,
    unit: Option<&'a str>,
    /// Seconds.
    step: u32,
    /// Unix milliseconds.
    start: i64,
    /// Unix milliseconds.
    end: i64,
    series: Each<'a, Series, SeriesDocument<'a>>,
    warnings: &'a [String],
    infos: &'a [String],
    partial: bool,
}

impl<'a> AnswerDocument<'a> {
    /// The document of this answer. `partial`: data may be missing, be it in the answer or beside it.
    pub fn of(answer: &'a MetricResult, partial: bool) -> Self {
        Self {
            promql: &answer.promql,
            metric_type: answer.metric_type.as_str(),
            unit: answer.unit.as_deref(),
            step: answer.step,
            start: answer.start,
            end: answer.end,
            series: Each(&answer.series, SeriesDocument),
            warnings: &answer.warnings,
            infos: &answer.infos,
            partial,
        }
    }
}

/// The answer to a range: `range_result` of the schema.
#[derive(Debug)]
pub struct RangeDocument<'a>(pub &'a RangeAnswer);

impl Serialize for RangeDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Range<'a> {
            answer: AnswerDocument<'a>,
            missing: Each<'a, MissingChunk, Missing>,
        }
        #[derive(Serialize)]
        struct Missing {
            span: Span,
            error: Json,
        }
        let RangeAnswer { answer, missing } = self.0;
        Range {
            answer: AnswerDocument::of(answer, answer.partial),
            missing: Each(missing, |missing| Missing {
                span: missing.span,
                error: missing.error.to_document(),
            }),
        }
        .serialize(serializer)
    }
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

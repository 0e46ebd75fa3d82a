//! Summaries, ranks, what was watched, and values as JSON: one document each, in the shapes of the contract's JSON.

use std::collections::BTreeMap;
use std::io::Write;

use metric_host::{
    Anomaly, MetricResult, MissingChunk, Ranked, Series, Strategy, Summary, SummaryAnswer,
    ValueAnswer, WatchAnswer, Watched,
};
use serde::Serialize;

use super::json::{Each, Labels, MissingDocument, SeriesDocument, Value, line};

/// Writes the summaries of a query; `quantiles` are those asked for.
pub(crate) fn summary(
    out: &mut dyn Write,
    answer: &SummaryAnswer,
    quantiles: &[f64],
) -> Result<(), serde_json::Error> {
    let names: Vec<String> = quantiles.iter().map(ToString::to_string).collect();
    let one = |summary| SummaryDocument::of(summary, &names);
    line(
        out,
        &Document {
            common: Common::of(&answer.answer, &answer.missing),
            own: Summaries {
                total_unit: answer.total_unit.as_deref(),
                summaries: answer.summaries.iter().map(one).collect(),
            },
        },
    )
}

/// Writes the groups in the order of rank.
pub(crate) fn ranked(out: &mut dyn Write, ranked: &Ranked) -> Result<(), serde_json::Error> {
    let answer = &ranked.answer;
    line(
        out,
        &Document {
            common: Common::of(&answer.answer, &answer.missing),
            own: RankedDocument {
                series: Each(&answer.answer.series, SeriesDocument),
                scores: Each(&ranked.scores, number),
                score_unit: ranked.score_unit.as_deref(),
                groups: ranked.groups,
                others: ranked.others.as_ref().map(SeriesDocument),
            },
        },
    )
}

/// Writes what was watched.
pub(crate) fn watched(out: &mut dyn Write, answer: &WatchAnswer) -> Result<(), serde_json::Error> {
    line(
        out,
        &Document {
            common: Common::of(&answer.answer, &answer.missing),
            own: AllWatched {
                watched: Each(&answer.watched, WatchedDocument::of),
            },
        },
    )
}

/// Writes the values.
pub(crate) fn values(out: &mut dyn Write, answer: &ValueAnswer) -> Result<(), serde_json::Error> {
    line(out, answer)
}

fn number(value: &f64) -> Value {
    Value(*value)
}

/// The query and its plan, and beside them the result of the verb.
#[derive(Serialize)]
struct Document<'a, T> {
    #[serde(flatten)]
    common: Common<'a>,
    #[serde(flatten)]
    own: T,
}

#[derive(Serialize)]
struct Common<'a> {
    promql: &'a str,
    metric_type: &'static str,
    unit: Option<&'a str>,
    /// Seconds.
    step: u32,
    /// Unix milliseconds.
    start: i64,
    /// Unix milliseconds.
    end: i64,
    warnings: &'a [String],
    infos: &'a [String],
    partial: bool,
    missing: Each<'a, MissingChunk, MissingDocument>,
}

impl<'a> Common<'a> {
    fn of(answer: &'a MetricResult, missing: &'a [MissingChunk]) -> Self {
        Self {
            promql: &answer.promql,
            metric_type: answer.metric_type.as_str(),
            unit: answer.unit.as_deref(),
            step: answer.step,
            start: answer.start,
            end: answer.end,
            warnings: &answer.warnings,
            infos: &answer.infos,
            partial: answer.partial || !missing.is_empty(),
            missing: Each(missing, MissingDocument::of),
        }
    }
}

#[derive(Serialize)]
struct Summaries<'a> {
    total_unit: Option<&'a str>,
    summaries: Vec<SummaryDocument<'a>>,
}

#[derive(Serialize)]
struct SummaryDocument<'a> {
    labels: Labels<'a>,
    points: u32,
    asked: u32,
    not_numbers: u32,
    first: Value,
    last: Value,
    min: Value,
    max: Value,
    avg: Value,
    /// By the part.
    quantiles: BTreeMap<&'a str, Value>,
    total: Option<Value>,
}

impl<'a> SummaryDocument<'a> {
    fn of(summary: &'a Summary, names: &'a [String]) -> Self {
        let quantiles = summary.quantiles.iter().copied().map(Value);
        Self {
            labels: Labels(&summary.labels),
            points: summary.points,
            asked: summary.asked,
            not_numbers: summary.not_numbers,
            first: Value(summary.first),
            last: Value(summary.last),
            min: Value(summary.min),
            max: Value(summary.max),
            avg: Value(summary.avg),
            quantiles: names.iter().map(String::as_str).zip(quantiles).collect(),
            total: summary.total.map(Value),
        }
    }
}

#[derive(Serialize)]
struct RankedDocument<'a> {
    series: Each<'a, Series, SeriesDocument<'a>>,
    scores: Each<'a, f64, Value>,
    score_unit: Option<&'a str>,
    groups: u32,
    others: Option<SeriesDocument<'a>>,
}

#[derive(Serialize)]
struct AllWatched<'a> {
    watched: Each<'a, Watched, WatchedDocument<'a>>,
}

#[derive(Serialize)]
struct WatchedDocument<'a> {
    labels: Labels<'a>,
    timestamps: &'a [i64],
    values: Each<'a, f64, Value>,
    expected: Each<'a, f64, Value>,
    lower: Each<'a, f64, Value>,
    upper: Each<'a, f64, Value>,
    anomalies: Each<'a, Anomaly, AnomalyDocument>,
    learnt: u32,
    strategy: Option<&'static str>,
}

impl<'a> WatchedDocument<'a> {
    fn of(one: &'a Watched) -> Self {
        Self {
            labels: Labels(&one.labels),
            timestamps: &one.timestamps,
            values: Each(&one.values, number),
            expected: Each(&one.expected, number),
            lower: Each(&one.lower, number),
            upper: Each(&one.upper, number),
            anomalies: Each(&one.anomalies, AnomalyDocument::of),
            learnt: one.learnt,
            strategy: one.strategy.map(Strategy::as_str),
        }
    }
}

#[derive(Serialize)]
struct AnomalyDocument {
    start: i64,
    end: i64,
    above: bool,
    peak_at: i64,
    peak: Value,
    expected: Value,
    score: Value,
}

impl AnomalyDocument {
    fn of(anomaly: &Anomaly) -> Self {
        Self {
            start: anomaly.start,
            end: anomaly.end,
            above: anomaly.above,
            peak_at: anomaly.peak_at,
            peak: Value(anomaly.peak),
            expected: Value(anomaly.expected),
            score: Value(anomaly.score),
        }
    }
}

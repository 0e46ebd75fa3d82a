//! The texts of `insight` and `discovery`: summaries, ranks, what was watched, values.

use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};

use super::document::{Labels, Value, Values};
use crate::codec::insight::{Group, Ranked, SummaryResult, WatchResult, Watched};
use crate::codec::{MetricResult, Missing, ValuesResult};
use crate::domain::insight::{Anomaly, Band, Strategy};

/// The number of fields that every answer has besides its own.
const COMMON: usize = 10;

/// Writes it: what was asked, and how far the answer can be trusted.
fn common<S: serde::ser::SerializeStruct>(
    out: &mut S,
    answer: &MetricResult,
    missing: &[Missing],
) -> Result<(), S::Error> {
    let plan = &answer.plan;
    out.serialize_field("promql", &plan.promql)?;
    out.serialize_field("metric_type", &plan.metric_type)?;
    out.serialize_field("unit", &plan.unit)?;
    out.serialize_field("step", &plan.grid.step())?;
    out.serialize_field("start", &(plan.grid.start() * 1000))?;
    out.serialize_field("end", &(plan.grid.end() * 1000))?;
    out.serialize_field("warnings", &answer.warnings)?;
    out.serialize_field("infos", &answer.infos)?;
    out.serialize_field("partial", &answer.partial)?;
    out.serialize_field("missing", &missing)
}

impl Serialize for SummaryResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let one = |group| OneSummary {
            group,
            asked: self.answer.plan.grid.points(),
            quantiles: &self.quantiles,
        };
        let summaries: Vec<_> = self.groups.iter().map(one).collect();
        let mut out = serializer.serialize_struct("summary_answer", COMMON + 2)?;
        common(&mut out, &self.answer, &self.missing)?;
        out.serialize_field("total_unit", &self.total_unit)?;
        out.serialize_field("summaries", &summaries)?;
        out.end()
    }
}

struct OneSummary<'a> {
    group: &'a Group,
    asked: u64,
    quantiles: &'a [f64],
}

impl Serialize for OneSummary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        /// By the part, as text.
        struct Quantiles<'a>(&'a [f64], &'a [f64]);
        impl Serialize for Quantiles<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let pairs = self.0.iter().zip(self.1);
                serializer.collect_map(pairs.map(|(part, value)| (part.to_string(), Value(*value))))
            }
        }
        let summary = &self.group.summary;
        let mut out = serializer.serialize_struct("summary", 11)?;
        out.serialize_field("labels", &Labels(&self.group.labels))?;
        out.serialize_field("points", &summary.points)?;
        out.serialize_field("asked", &self.asked)?;
        out.serialize_field("not_numbers", &summary.not_numbers)?;
        out.serialize_field("first", &Value(summary.first))?;
        out.serialize_field("last", &Value(summary.last))?;
        out.serialize_field("min", &Value(summary.min))?;
        out.serialize_field("max", &Value(summary.max))?;
        out.serialize_field("avg", &Value(summary.avg))?;
        out.serialize_field("quantiles", &Quantiles(self.quantiles, &summary.quantiles))?;
        out.serialize_field("total", &self.group.total.map(Value))?;
        out.end()
    }
}

impl Serialize for Ranked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let answer = &self.range.answer;
        let mut out = serializer.serialize_struct("ranked", COMMON + 5)?;
        common(&mut out, answer, &self.range.missing)?;
        out.serialize_field("series", &answer.series)?;
        out.serialize_field("scores", &Values(&self.scores))?;
        out.serialize_field("score_unit", &self.score_unit)?;
        out.serialize_field("groups", &self.groups)?;
        out.serialize_field("others", &self.others)?;
        out.end()
    }
}

impl Serialize for WatchResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("watch_answer", COMMON + 1)?;
        common(&mut out, &self.answer, &self.missing)?;
        out.serialize_field("watched", &self.watched)?;
        out.end()
    }
}

impl Serialize for Watched {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let column = |of: fn(&Band) -> f64| self.bands.iter().map(of).collect::<Vec<_>>();
        let mut out = serializer.serialize_struct("watched", 9)?;
        out.serialize_field("labels", &Labels(&self.series.labels))?;
        out.serialize_field("timestamps", &self.series.timestamps)?;
        out.serialize_field("values", &Values(&self.series.values))?;
        out.serialize_field("expected", &Values(&column(|band| band.expected)))?;
        out.serialize_field("lower", &Values(&column(|band| band.lower)))?;
        out.serialize_field("upper", &Values(&column(|band| band.upper)))?;
        out.serialize_field("anomalies", &self.anomalies)?;
        out.serialize_field("learnt", &self.learnt)?;
        out.serialize_field("strategy", &self.strategy)?;
        out.end()
    }
}

impl Serialize for Anomaly {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("anomaly", 7)?;
        out.serialize_field("start", &self.start)?;
        out.serialize_field("end", &self.end)?;
        out.serialize_field("above", &self.above)?;
        out.serialize_field("peak_at", &self.peak_at)?;
        out.serialize_field("peak", &Value(self.peak))?;
        out.serialize_field("expected", &Value(self.expected))?;
        out.serialize_field("score", &Value(self.score))?;
        out.end()
    }
}

impl Serialize for Strategy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Seasonal => "seasonal",
            Self::Robust => "robust",
            Self::Adaptive => "adaptive",
        })
    }
}

impl Serialize for ValuesResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("value_answer", 5)?;
        out.serialize_field("values", &self.values)?;
        out.serialize_field("more", &self.more)?;
        out.serialize_field("warnings", &self.warnings)?;
        out.serialize_field("infos", &self.infos)?;
        out.serialize_field("partial", &self.partial)?;
        out.end()
    }
}

//! The records of summaries, ranks, what was watched, and values, as the host hands them over.

pub use super::bindings::exports::backendai::metric::discovery::{
    ValueAnswer, ValueFilter, ValueSource,
};
pub use super::bindings::exports::backendai::metric::insight::{
    Anomaly, Detection, Direction, Ranking, Score, Strategy, Summary, Tolerance, Watched,
};
use super::{
    range::{MissingChunk, RangeAnswer},
    types::{LabelFilter, MetricResult, Series, Statistic},
};

/// The groups of a query over the whole range.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SummaryAnswer {
    /// The query and its plan, without series.
    pub answer: MetricResult,
    /// The unit of the totals. None: there are no totals, or the catalogue does not know the metric.
    pub total_unit: Option<String>,
    /// In the order of their labels.
    pub summaries: Vec<Summary>,
    /// The chunks that failed, where [`RangeOptions::partial`](crate::RangeOptions::partial) allows it.
    pub missing: Vec<MissingChunk>,
}

/// The groups that matter.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Ranked {
    /// Their series, in the order of rank.
    pub answer: RangeAnswer,
    /// Their scores, in the same order.
    pub scores: Vec<f64>,
    /// The unit of the scores. None: the catalogue does not know the metric.
    pub score_unit: Option<String>,
    /// The number of groups before the ranking.
    pub groups: u32,
    /// The sum of all others. None: it was not wanted, or there are no others.
    pub others: Option<Series>,
}

/// The watched series or members, with their anomalies.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct WatchAnswer {
    /// The query and its plan, without series; `start` and `end` are those of the range that was watched.
    pub answer: MetricResult,
    /// In the order of their labels.
    pub watched: Vec<Watched>,
    /// The chunks that failed, of what was learnt from as well.
    pub missing: Vec<MissingChunk>,
}

impl WatchAnswer {
    /// Returns true if there is any anomaly.
    pub fn has_anomalies(&self) -> bool {
        self.watched.iter().any(|one| !one.anomalies.is_empty())
    }
}

impl Ranking {
    /// The five highest, without the others.
    pub const fn by(score: Score) -> Self {
        Self {
            score,
            k: None,
            lowest: false,
            others: false,
        }
    }
}

impl From<Statistic> for Score {
    fn from(statistic: Statistic) -> Self {
        match statistic {
            Statistic::Avg => Self::Avg,
            Statistic::Max => Self::Max,
            Statistic::Min => Self::Min,
            Statistic::Last => Self::Last,
            Statistic::Quantile(part) => Self::Quantile(part),
        }
    }
}

impl Default for Tolerance {
    /// Deviations of either side, everything else as the contract has it where it is left out.
    fn default() -> Self {
        Self {
            sensitivity: None,
            direction: Direction::Both,
            min_deviation: None,
            min_relative_deviation: None,
            min_points: None,
        }
    }
}

impl Default for Detection {
    /// Everything as the contract has it where it is left out.
    fn default() -> Self {
        Self {
            strategy: None,
            tolerance: Tolerance::default(),
            lookback: None,
            season: None,
        }
    }
}

impl Default for ValueFilter {
    /// Of all series of all times, the first thousand.
    fn default() -> Self {
        Self {
            metric_name: None,
            labels: LabelFilter::default(),
            start: None,
            end: None,
            limit: None,
        }
    }
}

//! What the verbs of `insight` and `discovery` take besides a query.

use serde::Deserialize;

use super::request::{Exact, LabelsDocument, Name, Named};
use crate::domain::insight::{
    DetectionInput, Direction, RankingInput, Score, Strategy, ToleranceInput,
};
use crate::domain::{Dimension, ValueFilter, ValueSource};

/// A name, or `{"quantile": 0.95}`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ScoreDocument {
    Avg,
    Max,
    Min,
    Last,
    Total,
    Quantile(Exact),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RankingDocument {
    score: ScoreDocument,
    k: Option<u32>,
    #[serde(default)]
    lowest: bool,
    #[serde(default)]
    others: bool,
}

impl From<&RankingDocument> for RankingInput {
    fn from(ranking: &RankingDocument) -> Self {
        Self {
            score: match ranking.score {
                ScoreDocument::Avg => Score::Avg,
                ScoreDocument::Max => Score::Max,
                ScoreDocument::Min => Score::Min,
                ScoreDocument::Last => Score::Last,
                ScoreDocument::Total => Score::Total,
                ScoreDocument::Quantile(Exact(q)) => Score::Quantile(q),
            },
            k: ranking.k,
            lowest: ranking.lowest,
            others: ranking.others,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ToleranceDocument {
    sensitivity: Option<Exact>,
    direction: Option<Name<Direction>>,
    min_deviation: Option<Exact>,
    min_relative_deviation: Option<Exact>,
    min_points: Option<u32>,
}

impl From<&ToleranceDocument> for ToleranceInput {
    fn from(tolerance: &ToleranceDocument) -> Self {
        let number = |given: Option<Exact>| given.map(|n| n.0);
        Self {
            sensitivity: number(tolerance.sensitivity),
            direction: tolerance.direction.map(|n| n.0).unwrap_or_default(),
            min_deviation: number(tolerance.min_deviation),
            min_relative_deviation: number(tolerance.min_relative_deviation),
            min_points: tolerance.min_points,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DetectionDocument {
    strategy: Option<Name<Strategy>>,
    tolerance: ToleranceDocument,
    lookback: Option<u32>,
    season: Option<u32>,
}

impl From<&DetectionDocument> for DetectionInput {
    fn from(detection: &DetectionDocument) -> Self {
        Self {
            strategy: detection.strategy.map(|n| n.0),
            tolerance: (&detection.tolerance).into(),
            lookback: detection.lookback,
            season: detection.season,
        }
    }
}

/// `{"dimension": "kernel_id"}`, `{"label": "instance"}`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SourceDocument {
    Dimension(Name<Dimension>),
    Label(String),
}

impl From<&SourceDocument> for ValueSource {
    fn from(source: &SourceDocument) -> Self {
        match source {
            SourceDocument::Dimension(Name(dimension)) => Self::Dimension(*dimension),
            SourceDocument::Label(name) => Self::Label(name.clone()),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FilterDocument {
    metric_name: Option<String>,
    labels: LabelsDocument,
    start: Option<String>,
    end: Option<String>,
    limit: Option<u32>,
}

impl From<&FilterDocument> for ValueFilter {
    fn from(filter: &FilterDocument) -> Self {
        Self {
            metric_name: filter.metric_name.clone(),
            labels: (&filter.labels).into(),
            start: filter.start.clone(),
            end: filter.end.clone(),
            limit: filter.limit,
        }
    }
}

impl Named for Direction {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("both", Self::Both),
        ("above", Self::Above),
        ("below", Self::Below),
    ];
}

impl Named for Strategy {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("seasonal", Self::Seasonal),
        ("robust", Self::Robust),
        ("adaptive", Self::Adaptive),
    ];
}

//! The parts of a request of `insight` and `discovery` besides the query.

use serde::{Deserialize, Deserializer};

use super::request::{by_name, exact, or_default, quantile, read_as, read_by_name};
use crate::domain::insight::{
    DetectionInput, Direction, RankingInput, Score, Strategy, ToleranceInput,
};
use crate::domain::{Dimension, LabelFilter, ValueFilter, ValueSource};

read_as!(
    Score: ScoreDocument,
    RankingInput: RankingDocument,
    ToleranceInput: ToleranceDocument,
    DetectionInput: DetectionDocument,
    ValueSource: SourceDocument,
    ValueFilter: FilterDocument
);

/// A name, or `{"quantile": 0.95}`.
#[derive(Deserialize)]
#[serde(
    remote = "Score",
    rename_all = "snake_case",
    expecting = "enum ScoreDocument"
)]
enum ScoreDocument {
    Avg,
    Max,
    Min,
    Last,
    Total,
    #[serde(deserialize_with = "quantile")]
    Quantile(f64),
}

#[derive(Deserialize)]
#[serde(
    remote = "RankingInput",
    deny_unknown_fields,
    expecting = "struct RankingDocument"
)]
struct RankingDocument {
    score: Score,
    k: Option<u32>,
    #[serde(default)]
    lowest: bool,
    #[serde(default)]
    others: bool,
}

#[derive(Deserialize)]
#[serde(
    remote = "ToleranceInput",
    deny_unknown_fields,
    expecting = "struct ToleranceDocument"
)]
struct ToleranceDocument {
    #[serde(default, deserialize_with = "number")]
    sensitivity: Option<f64>,
    #[serde(default, deserialize_with = "or_default")]
    direction: Direction,
    #[serde(default, deserialize_with = "number")]
    min_deviation: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    min_relative_deviation: Option<f64>,
    min_points: Option<u32>,
}

#[derive(Deserialize)]
#[serde(
    remote = "DetectionInput",
    deny_unknown_fields,
    expecting = "struct DetectionDocument"
)]
struct DetectionDocument {
    strategy: Option<Strategy>,
    #[serde(default)]
    tolerance: ToleranceInput,
    lookback: Option<u32>,
    season: Option<u32>,
}

/// `{"dimension": "kernel_id"}`, `{"label": "instance"}`.
#[derive(Deserialize)]
#[serde(
    remote = "ValueSource",
    rename_all = "snake_case",
    expecting = "enum SourceDocument"
)]
enum SourceDocument {
    Dimension(Dimension),
    Label(String),
}

#[derive(Deserialize)]
#[serde(
    remote = "ValueFilter",
    deny_unknown_fields,
    expecting = "struct FilterDocument"
)]
struct FilterDocument {
    metric_name: Option<String>,
    #[serde(default)]
    labels: LabelFilter,
    start: Option<String>,
    end: Option<String>,
    limit: Option<u32>,
}

read_by_name! {
    Direction { "both": Both, "above": Above, "below": Below }
    Strategy { "seasonal": Seasonal, "robust": Robust, "adaptive": Adaptive }
}

/// A number to the last bit.
#[derive(Deserialize)]
struct Exact(#[serde(deserialize_with = "finite")] f64);

fn finite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    exact(deserializer, "expected a number, such as 0.95")
}

/// A number or `null`.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let number = Option::<Exact>::deserialize(deserializer)?;
    Ok(number.map(|Exact(number)| number))
}

/// A list of numbers.
pub(super) fn numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    let numbers = Vec::<Exact>::deserialize(deserializer)?;
    Ok(numbers.into_iter().map(|Exact(number)| number).collect())
}

//! A range that is watched, and what lies before it: asked for as one.

use super::detection::{Detection, DetectionInput};
use super::error::InsightError;
use crate::domain::expression::Reading;
use crate::domain::range::TimeRange;
use crate::domain::{
    Dimension, Grid, MetricQuery, QueryError, RangeOptions, RangePlan, Settings, plan_range,
};

/// Seconds between two points where the query has no step. It is the same for every range, since another step is another
/// series, in which other things stand out.
const STEP: u32 = 300;
/// A band reads that many values in all: a second or two of one core.
const MOST_EVALUATIONS: u64 = 500_000_000;

/// A range that is watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// The plan of the query, extended to the values to learn from.
    pub range: RangePlan,
    /// The points that are watched.
    pub watched: Grid,
    /// The place of the first of them among all points.
    pub from: usize,
    /// The settings of the detection.
    pub detection: Detection,
}

/// Plans a range that is watched.
///
/// # Errors
/// Fails if the query is invalid, or the expected values cannot be learnt so.
pub fn watch(
    settings: &Settings,
    query: &MetricQuery,
    options: &RangeOptions,
    input: DetectionInput,
) -> Result<Watch, InsightError> {
    let step = match query.step.unwrap_or(STEP) {
        0 => return Err(QueryError::ZeroStep.into()),
        step => step,
    };
    let range = TimeRange::parse(&query.start, &query.end)?;
    let (start, end) = (range.start().millis(), range.end().millis());
    let seconds = end.abs_diff(start).div_ceil(1000);
    let most = u64::from(settings.max_range.get());
    let detection = Detection::new(input, step, seconds, most)?;
    let before = i64::from(detection.lookback) * 1000;
    let query = MetricQuery {
        start: unix_seconds(start - before),
        step: Some(step),
        ..query.clone()
    };
    let range = plan_range(settings, &query, options)?;
    let grid = range.plan.grid;
    let first = (grid.start() + i64::from(detection.lookback)).min(grid.end());
    let from = (first - grid.start()) / i64::from(step);
    Ok(Watch {
        watched: grid.between(first, grid.end()),
        from: usize::try_from(from).unwrap_or(0),
        detection,
        range,
    })
}

/// The query whose series are the members of each group.
///
/// # Errors
/// A dimension that tells no members apart.
pub fn by_member(
    settings: &Settings,
    query: &MetricQuery,
    member: Dimension,
) -> Result<MetricQuery, InsightError> {
    if matches!(member, Dimension::MetricName | Dimension::ValueType) {
        return Err(InsightError::NoMembers);
    }
    Ok(MetricQuery {
        group_by: Reading::new(settings, query)
            .kept()
            .chain([member])
            .collect(),
        ..query.clone()
    })
}

impl Watch {
    /// Checks that looking at so many series costs no more than a call may.
    ///
    /// # Errors
    /// More work than that.
    pub fn check_work(&self, series: usize) -> Result<(), InsightError> {
        let needed = self
            .watched
            .points()
            .saturating_mul(self.detection.values_a_band())
            .saturating_mul(series as u64);
        match needed > MOST_EVALUATIONS {
            false => Ok(()),
            true => Err(InsightError::ManyEvaluations {
                most: MOST_EVALUATIONS,
                needed,
            }),
        }
    }
}

/// An instant in a form of time that is read back exactly.
fn unix_seconds(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let size = millis.unsigned_abs();
    format!("{sign}{}.{:03}", size / 1000, size % 1000)
}

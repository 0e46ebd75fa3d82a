//! From a query over a long range to what is to be asked, with the reasons for what was chosen.

use super::chunks::{Chunk, cut};
use super::cursor::Digest;
use super::error::QueryError;
use super::family::Relative;
use super::plan::{MetricQuery, Plan, checked, plan_on};
use super::range::{Grid, TimeRange};
use super::range_options::RangeOptions;
use super::settings::Settings;

/// What is to be asked, in which requests, and why so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangePlan {
    /// As of one request for all of it.
    pub plan: Plan,
    /// Why this step, in a sentence.
    pub step_reason: String,
    /// Why this window, in a sentence; none: there is none.
    pub window_reason: Option<&'static str>,
    /// The requests, in the order of time.
    pub chunks: Vec<Chunk>,
    /// What a cursor must belong to.
    pub digest: Digest,
    /// What it has in common with queries that it may be asked together with; none: it is asked alone.
    pub relative: Option<Relative>,
}

/// Checks a query over a long range, writes its PromQL, and cuts the range.
///
/// # Errors
/// See [`QueryError`]; nothing has been sent then.
pub fn plan_range(
    settings: &Settings,
    query: &MetricQuery,
    options: &RangeOptions,
) -> Result<RangePlan, QueryError> {
    let range = checked(query)?;
    let grid = Grid::lay_long(range, query.step, options.max_points, settings)?;
    let plan = plan_on(grid, options.fold, settings, query)?;
    Ok(RangePlan {
        step_reason: step_reason(query, range, &grid, options),
        window_reason: plan
            .window
            .as_ref()
            .map(|_| window_reason(settings, options)),
        chunks: cut(&grid, options, settings.max_points)?,
        digest: digest(&plan, settings, options),
        relative: Relative::of(settings, query, &plan, options.fold),
        plan,
    })
}

fn step_reason(
    query: &MetricQuery,
    range: TimeRange,
    grid: &Grid,
    options: &RangeOptions,
) -> String {
    let guided = range.guided_step();
    match query.step {
        Some(_) => "the query asks for it".to_owned(),
        None if grid.step() == guided => {
            "the documented step for a range of this length".to_owned()
        }
        None => format!(
            "the least multiple of the documented {guided} s that gives at most {} points",
            options.max_points
        ),
    }
}

fn window_reason(settings: &Settings, options: &RangeOptions) -> &'static str {
    match (options.fold, &settings.timewindow) {
        (Some(_), _) => "the step: a point stands for the samples since the point before",
        (None, Some(_)) => "`timewindow` is configured",
        (None, None) => {
            "the longest of 1 min, the step and a sample interval, and 4 sample intervals: so that every sample counts"
        }
    }
}

/// All that decides which points there are and what they mean; not the time of day, which moves on between pages.
fn digest(plan: &Plan, settings: &Settings, options: &RangeOptions) -> Digest {
    let numbers = [
        plan.grid.start(),
        plan.grid.end(),
        i64::from(plan.grid.step()),
        plan.metric_type as i64,
        i64::from(settings.max_points.get()),
        i64::from(options.interval.get()),
        i64::from(options.freshness),
        i64::from(options.partial),
    ];
    numbers
        .iter()
        .fold(Digest::of(plan.promql.as_bytes()), |digest, number| {
            digest.and(&number.to_le_bytes())
        })
}

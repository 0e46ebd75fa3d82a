//! From a query over a long range to what is to be asked, with the reasons for what was chosen.

use super::chunks::{Chunk, cut};
use super::cursor::Digest;
use super::error::QueryError;
use super::expression::Reading;
use super::merge_group::MergeMember;
use super::plan::{MetricQuery, Plan, checked, plan_on};
use super::pointwise::{Over, Pointwise, Statistic};
use super::range::{Grid, TimeRange};
use super::range_options::RangeOptions;
use super::settings::Settings;

/// A planned range: its query, its requests, and the reasons for what was chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct RangePlan {
    /// As of one request for all of it.
    pub plan: Plan,
    /// The reason for the step, in a sentence.
    pub step_reason: String,
    /// The reason for the window, in a sentence; none: there is no window.
    pub window_reason: Option<&'static str>,
    /// The requests, in the order of time.
    pub chunks: Vec<Chunk>,
    /// The digest of the query and the options, to which a cursor must belong.
    pub digest: Digest,
    /// The queries that it may be merged with; none: it is asked alone.
    pub merge: Option<MergeMember>,
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
    plan_range_beside(settings, query, options, false)
}

/// The same, of points that stand for time before them where they have to lie beside some that do.
///
/// # Errors
/// As [`plan_range`].
pub fn plan_range_beside(
    settings: &Settings,
    query: &MetricQuery,
    options: &RangeOptions,
    looks_back: bool,
) -> Result<RangePlan, QueryError> {
    let reading = Reading::new(settings, query);
    let (range, mut alignment) = checked(&reading)?;
    alignment.looks_back |= looks_back;
    let aligned = Grid::align_long(range, query.step, options.max_points, &alignment, settings)?;
    let plan = plan_on(aligned, &reading)?;
    Ok(RangePlan {
        step_reason: step_reason(query, range, &plan.grid, options),
        window_reason: plan.window.as_ref().map(|_| window_reason(&reading)),
        chunks: cut(&plan.asked, options, settings)?,
        digest: digest(&plan, range, settings, options),
        merge: MergeMember::of(&reading, &plan),
        plan,
    })
}

impl RangePlan {
    /// The requests of a query that is no container's, at the step that was asked for, or chosen.
    pub(super) fn of(
        plan: Plan,
        step: Option<u32>,
        options: &RangeOptions,
        settings: &Settings,
    ) -> Result<Self, QueryError> {
        Ok(Self {
            step_reason: match step {
                Some(_) => "the call asks for it".to_owned(),
                None => "chosen from the length of the range".to_owned(),
            },
            window_reason: None,
            chunks: cut(&plan.asked, options, settings)?,
            digest: Digest::of(plan.promql.as_bytes()),
            merge: None,
            plan,
        })
    }
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

fn window_reason(reading: &Reading<'_>) -> &'static str {
    match (reading.query.pointwise, &reading.settings.timewindow) {
        (
            Some(Pointwise {
                window: Some(_), ..
            }),
            _,
        ) => "the query asks for it",
        (Some(pointwise), _) if pointwise.looks_back() && !is_mean_of_rate(reading, &pointwise) => {
            "the step: a point stands for the time since the point before"
        }
        (_, Some(_)) => "`timewindow` is configured",
        (_, None) => {
            "the longest of 1 min, the step and a sample interval, and 4 sample intervals: so that every sample counts"
        }
    }
}

/// Such a mean is a rate over the window that rates have anyway.
fn is_mean_of_rate(reading: &Reading<'_>, pointwise: &Pointwise) -> bool {
    pointwise.statistic == Statistic::Avg && pointwise.over == Over::Time && reading.is_per_second()
}

/// Digests all that decides which points there are and what they mean; not the time of day, which moves between pages.
fn digest(plan: &Plan, range: TimeRange, settings: &Settings, options: &RangeOptions) -> Digest {
    let numbers = [
        range.start().millis(),
        range.end().millis(),
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

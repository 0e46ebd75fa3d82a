//! A preset over a range: points on a grid, in requests that are cut as those of any other range.

use std::borrow::Cow;

use crate::domain::range::{Alignment, Grid, TimeRange};
use crate::domain::{Plan, QueryError, RangeOptions, RangePlan, Settings};

/// The range of a preset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PresetRange {
    /// The first instant, as text.
    pub start: String,
    /// The last instant, as text.
    pub end: String,
    /// Seconds between two points; none: chosen.
    pub step: Option<u32>,
}

/// Plans a rendered query over a range. Its values are read as they are: what they stand for is the template's to say.
///
/// # Errors
/// Times that cannot be read, too long a range, too many points.
pub fn plan_preset_range(
    settings: &Settings,
    promql: String,
    unit: Option<String>,
    range: &PresetRange,
    options: &RangeOptions,
) -> Result<RangePlan, QueryError> {
    let alignment = Alignment {
        utc_offset: 0,
        looks_back: false,
        now: settings.now,
    };
    let times = TimeRange::parse(&range.start, &range.end)?;
    let aligned = Grid::align_long(times, range.step, options.max_points, &alignment, settings)?;
    let plan = Plan::of(promql, unit.map(Cow::Owned), aligned);
    RangePlan::of(plan, range.step, options, settings)
}

//! A preset over a range: points on a grid, in requests that are cut as those of any other range.

use std::borrow::Cow;

use crate::domain::chunks::cut;
use crate::domain::cursor::Digest;
use crate::domain::range::{Alignment, Grid, TimeRange};
use crate::domain::{MetricType, Plan, QueryError, RangeOptions, RangePlan, Settings};

/// When a preset is read.
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
    let grid = aligned.grid;
    Ok(RangePlan {
        step_reason: match range.step {
            Some(_) => "the call asks for it".to_owned(),
            None => "chosen from the length of the range".to_owned(),
        },
        window_reason: None,
        chunks: cut(&grid, options, settings)?,
        digest: Digest::of(promql.as_bytes()),
        merge: None,
        plan: Plan {
            promql,
            metric_type: MetricType::Gauge,
            unit: unit.map(Cow::Owned),
            grid,
            asked: grid,
            window: None,
            warnings: aligned.warnings,
            infos: aligned.infos,
            counts_left_out: false,
            pooling: None,
            plain: None,
        },
    })
}

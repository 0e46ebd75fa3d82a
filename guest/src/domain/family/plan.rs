//! From a query of a family to what is to be asked.

use std::borrow::Cow;

use super::description::FamilyKind;
use super::error::FamilyError;
use super::expression::Expression;
use super::query::{Checked, FamilyQuery, FamilyStatistic};
use crate::domain::plan::utc_offset;
use crate::domain::range::{AlignedGrid, Alignment, TimeRange};
use crate::domain::{
    Grid, MetricType, Plan, QueryError, RangeOptions, RangePlan, Settings, window,
};

/// More is no query: a server would take long to read it, and a scope's budget does not hold it.
const LONGEST_QUERY: usize = 256 * 1024;

/// Checks a query of a family and writes its PromQL, for one request.
///
/// # Errors
/// See [`FamilyError`]; nothing has been sent then.
pub fn plan_family(settings: &Settings, query: &FamilyQuery) -> Result<Plan, FamilyError> {
    let checked = query.checked(settings)?;
    let (range, alignment) = range(settings, query, false)?;
    let aligned = Grid::align(range, query.step, &alignment, settings)?;
    let plan = plan_on(&checked, settings, aligned)?;
    // Where values are pooled, more of them are asked for than are answered.
    plan.asked.within(settings.max_points)?;
    Ok(plan)
}

/// Checks a query of a family over a long range, writes its PromQL, and cuts the range. Points stand for time before them
/// where those of the query do, or where they have to lie beside some that do.
///
/// # Errors
/// See [`FamilyError`]; nothing has been sent then.
pub fn plan_family_range(
    settings: &Settings,
    query: &FamilyQuery,
    options: &RangeOptions,
    looks_back: bool,
) -> Result<RangePlan, FamilyError> {
    let checked = query.checked(settings)?;
    let (range, alignment) = range(settings, query, looks_back)?;
    let most = options.max_points;
    let aligned = Grid::align_long(range, query.step, most, &alignment, settings)?;
    let plan = plan_on(&checked, settings, aligned)?;
    Ok(RangePlan::of(plan, query.step, options, settings)?)
}

fn range(
    settings: &Settings,
    query: &FamilyQuery,
    looks_back: bool,
) -> Result<(TimeRange, Alignment), QueryError> {
    let alignment = Alignment {
        utc_offset: utc_offset(query.utc_offset)?,
        looks_back: looks_back || query.looks_back(),
        now: settings.now,
    };
    Ok((TimeRange::parse(&query.start, &query.end)?, alignment))
}

fn plan_on(
    checked: &Checked<'_>,
    settings: &Settings,
    aligned: AlignedGrid,
) -> Result<Plan, FamilyError> {
    let step = aligned.grid.step();
    let Expression {
        promql,
        window,
        uses_timewindow,
        pooling,
        doubt,
    } = checked.write(settings, step);
    if promql.len() > LONGEST_QUERY {
        return Err(FamilyError::LongQuery {
            given: promql.len(),
            most: LONGEST_QUERY,
        });
    }
    let family = &checked.query.family;
    let mut plan = Plan::of(promql, unit(checked).map(Cow::Owned), aligned);
    if family.kind.is_per_second() {
        plan.metric_type = MetricType::Rate;
    }
    plan.window = window;
    if let Some(pooling) = &pooling {
        plan.asked = plan
            .grid
            .values_before(pooling.window, pooling.resolution)?;
    }
    plan.pooling = pooling;
    let interval = settings.sample_interval.get();
    if let (true, Some(rate)) = (uses_timewindow, &settings.timewindow) {
        plan.warnings.extend(window::doubts(rate, step, interval));
    }
    let looks_back_over_step = checked
        .query
        .over_time
        .as_ref()
        .is_some_and(|over| over.looks_back() && over.window.is_none());
    if looks_back_over_step && !family.kind.is_per_second() {
        plan.warnings.extend(window::doubt_of_step(step, interval));
    }
    plan.warnings.extend(doubt);
    Ok(plan)
}

fn unit(checked: &Checked<'_>) -> Option<String> {
    let unit = checked.query.family.unit.clone();
    match (checked.query.family.kind, checked.statistic) {
        (FamilyKind::Counter, _) => unit.map(|unit| format!("{unit}/s")),
        (_, FamilyStatistic::Rate) => Some("count/s".to_owned()),
        _ => unit,
    }
}

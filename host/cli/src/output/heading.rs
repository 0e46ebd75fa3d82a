//! The heading of an answer: its query, its range, and the labels that all its series have in common.

use std::fmt::Display;

use chrono::TimeZone;
use metric_host::{MetricQuery, MetricResult};

use super::labels::{TooManyColumns, label_names, shared_value};
use super::point::meaning;
use super::printable::line;
use super::times;
use crate::duration::show_seconds;

/// The metric, its type, its unit, and what a point stands for.
pub(super) fn title(query: &MetricQuery, result: &MetricResult) -> String {
    let meaning = meaning(query.pointwise.as_ref(), result.step);
    named(&query.metric_name, &meaning, result)
}

/// The same of a metric that is no container's.
pub(crate) fn named(metric: &str, meaning: &str, result: &MetricResult) -> String {
    format!(
        "{}  {}  {}{meaning}",
        line(metric),
        result.metric_type,
        line(result.unit.as_deref().unwrap_or("unit unknown")),
    )
}

/// The range and the step.
pub(super) fn range<Tz>(result: &MetricResult, zone: &Tz) -> String
where
    Tz: TimeZone<Offset: Display>,
{
    let range = times::range(result.start, result.end, zone);
    format!("{range}  step {}", show_seconds(result.step.into()))
}

/// The names of the labels that all series share, and of those that tell them apart.
pub(super) fn label_kinds(result: &MetricResult) -> Result<(Vec<&str>, Vec<&str>), TooManyColumns> {
    let names = label_names(&result.series)?;
    Ok(names
        .into_iter()
        .partition(|name| shared_value(result, name).is_some()))
}

/// The shared labels with their values, in one line. Empty: there are none.
pub(super) fn shared(result: &MetricResult, names: &[&str]) -> String {
    let pair = |name: &&str| {
        let value = shared_value(result, name).unwrap_or_default();
        format!("{}={}", line(name), line(value))
    };
    names.iter().map(pair).collect::<Vec<_>>().join("  ")
}

//! What the contract promises for a call, worked out from its words and from nothing of the plugin's.

use crate::asked::{Asked, Config, Query};
use crate::reading::{Reading, Side};
use crate::times::Meaning;

/// What must come of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// This query.
    Query(Reading),
    /// A refusal.
    Refusal,
    /// Either: a text may or may not be a time or a duration. If it is a query, then this one, windows aside.
    Either(Reading),
}

const FAMILY: &str = "backendai_container_utilization";
const WEEK: u32 = 7 * 86_400;
const MOST_POINTS: u32 = 11_001;
const INTERVAL: u32 = 15;
/// Prometheus holds a duration in nanoseconds, in 64 bits: 292 years. A longer one is taken for this.
const LONGEST_WINDOW: i64 = i64::MAX / 1_000_000_000;

/// What must come of `build-promql` and `query-metric`.
pub fn expected(asked: &Asked) -> Expected {
    let Asked { config, query, .. } = asked;
    if is_wrong(config, query) {
        return Expected::Refusal;
    }
    let (Some(start), Some(end)) = (query.start.meaning.millis(), query.end.meaning.millis())
    else {
        return Expected::Either(reading(config, query, None));
    };
    if end < start || end - start > i64::from(config.max_range.unwrap_or(WEEK)) * 1000 {
        return Expected::Refusal;
    }
    let points = |step: i64| end.div_euclid(step * 1000) - start.div_euclid(step * 1000) + 1;
    let most = i64::from(config.max_points.unwrap_or(MOST_POINTS));
    let step = query
        .step
        .map_or_else(|| chosen(end - start, most, points), i64::from);
    if points(step) > most {
        return Expected::Refusal;
    }
    let interval = i64::from(config.sample_interval.unwrap_or(INTERVAL));
    let window = match &config.timewindow {
        None => Some(1000 * automatic_window(step, interval)),
        Some(window) => window.meaning.millis(),
    };
    let reading = reading(config, query, window);
    match &config.timewindow {
        Some(window) if window.meaning == Meaning::Unclear => Expected::Either(reading),
        _ => Expected::Query(reading),
    }
}

/// In seconds, of a step and a sample interval in seconds.
pub fn automatic_window(step: i64, interval: i64) -> i64 {
    60.max(step + interval)
        .max(4 * interval)
        .min(LONGEST_WINDOW)
}

/// Whether any field is wrong by itself.
fn is_wrong(config: &Config, query: &Query) -> bool {
    let numbers = [
        config.sample_interval,
        config.max_range,
        config.max_points,
        config.timeout,
        query.step,
    ];
    let times = [
        Some(&query.start),
        Some(&query.end),
        config.timewindow.as_ref(),
    ];
    numbers.contains(&Some(0))
        || config.max_result_bytes == Some(0)
        || query.metric_name.is_empty()
        || identifiers(query).any(|(_, value)| value.is_empty())
        || times
            .into_iter()
            .flatten()
            .any(|text| text.meaning == Meaning::Nothing)
}

/// The least multiple of the documented step that gives no more than so many points.
fn chosen(length: i64, most: i64, points: impl Fn(i64) -> i64) -> i64 {
    let guided = guided(length);
    let steps = (most - 1).max(1);
    let mut multiple = 1;
    if length > guided * 1000 * steps {
        multiple = length / (guided * 1000 * steps);
        multiple += i64::from(multiple * guided * 1000 * steps < length);
    }
    // Only where a single point is allowed: two lie around a place where the grid has one.
    if points(multiple * guided) > most {
        multiple += 1;
    }
    multiple * guided
}

/// Milliseconds of a range to seconds of a step.
fn guided(length: i64) -> i64 {
    const MINUTE: i64 = 60_000;
    match length {
        ..=1_800_000 => 30,
        l if l < 60 * MINUTE => 60,
        l if l <= 360 * MINUTE => 300,
        l if l <= 1440 * MINUTE => 900,
        _ => 3600,
    }
}

/// The filters by the contract's name of their dimension, in the documented order.
fn identifiers(query: &Query) -> impl Iterator<Item = (&'static str, &str)> {
    [
        ("kernel-id", &query.kernel_id),
        ("session-id", &query.session_id),
        ("agent-id", &query.agent_id),
        ("user-id", &query.user_id),
        ("project-id", &query.project_id),
    ]
    .into_iter()
    .filter_map(|(dimension, value)| Some((dimension, value.as_deref()?)))
}

fn label(schema: &str, dimension: &str) -> &'static str {
    match (dimension, schema) {
        ("agent-id", _) => "agent_id",
        ("kernel-id", _) => "kernel_id",
        ("session-id", _) => "session_id",
        ("user-id", "agent") => "user_id",
        ("user-id", _) => "owner_user_id",
        ("project-id", "agent") => "project_id",
        ("project-id", _) => "owner_project_id",
        ("metric-name", _) => "container_metric_name",
        _ => "value_type",
    }
}

fn reading(config: &Config, query: &Query, window: Option<i64>) -> Reading {
    let schema = config.label_schema;
    let stored = match (query.value_type, schema) {
        (Some("usage"), "agent") => Some("current"),
        (side, _) => side,
    };
    let is_percent = stored == Some("pct");
    let mut by: Vec<&str> = match query.group_by.as_slice() {
        [] => identifiers(query).map(|(dimension, _)| dimension).collect(),
        asked => asked.to_vec(),
    };
    if is_percent {
        by.retain(|dimension| *dimension != "value-type");
    } else {
        by.push("value-type");
    }
    let mut by: Vec<String> = by
        .into_iter()
        .map(|dimension| label(schema, dimension).to_owned())
        .collect();
    by.sort();
    by.dedup();

    let side = |stored: Option<&str>, per_second: bool| Side {
        by: by.clone(),
        function: per_second.then(|| ("rate".to_owned(), window)),
        family: FAMILY.to_owned(),
        matchers: [("container_metric_name", query.metric_name.as_str())]
            .into_iter()
            .chain(stored.map(|side| ("value_type", side)))
            .chain(identifiers(query).map(|(dimension, value)| (label(schema, dimension), value)))
            .map(|(label, value)| (label.to_owned(), value.to_owned()))
            .collect(),
    };
    let per_second = |stored: Option<&str>| match query.metric_type {
        Some(named) => named != "gauge",
        None => {
            matches!(query.metric_name.as_str(), "net_rx" | "net_tx")
                || (query.metric_name == "cpu_util" && stored == Some("current"))
        }
    };
    match is_percent {
        true => Reading::Percent {
            part: side(Some("current"), per_second(Some("current"))),
            // Capacity is a level, whatever the metric is read as.
            of: side(Some("capacity"), false),
        },
        false => Reading::Sum(side(stored, per_second(stored))),
    }
}

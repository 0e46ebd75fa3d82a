//! The promises of the contract for a call, worked out from its words and from nothing of the plugin's.

use crate::asked::{Asked, Config, Over, Pointwise, Query, Statistic};
use crate::reading::Reading;
use crate::times::Meaning;
use crate::wanted::Wanted;

/// The result that a call has to have.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// This query.
    Query(Reading),
    /// A refusal.
    Refusal,
    /// Either: a text may or may not be a time or a duration, or some points more or less decide. If it is a query,
    /// then this one, windows aside.
    Either(Reading),
}

const WEEK: u32 = 7 * 86_400;
const MOST_POINTS: u32 = 11_001;
pub(crate) const INTERVAL: u32 = 15;
/// The most values of one filter.
const MOST_VALUES: usize = 100;
/// The largest offset from UTC, in seconds.
const LARGEST_OFFSET: u32 = 86_400;

/// Works out the result of `build-promql` and `query-metric`.
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
    let wanted = Wanted::new(config, query);
    let looks_back = wanted.looks_back();
    let offset = i64::from(query.utc_offset.unwrap_or(0)) * 1000;
    let points = |step: i64| {
        let (step, start, end) = (step * 1000, start + offset, end + offset);
        let (first, last) = (start.div_euclid(step), end.div_euclid(step));
        let is_within = |t: i64| i64::from(t.rem_euclid(step) > 0);
        match looks_back {
            false => last - first + 1,
            true if start == end => 1,
            true => last + is_within(end) - first,
        }
    };
    let most = i64::from(config.max_points.unwrap_or(MOST_POINTS));
    let step = query
        .step
        .map_or_else(|| chosen(end - start, most, points), i64::from);
    if query.step.is_some() && points(step) > most {
        // Of what lies in the future there is no point.
        return match config.now {
            None => Expected::Refusal,
            Some(_) => Expected::Either(reading(config, query, None)),
        };
    }
    let is_pooled = matches!(
        query.pointwise,
        Some(Pointwise {
            over: Over::Both(_),
            ..
        })
    );
    // The service decides how much a step that it chooses is thinned, and how many values are pooled.
    let is_thinned = query.step.is_none() && points(guided(end - start)) > most;
    if is_pooled
        || is_thinned
        || config
            .now
            .is_some_and(|now| now < end.saturating_add(step * 1000))
    {
        return Expected::Either(reading(config, query, Some(step)));
    }
    match &config.timewindow {
        Some(window) if window.meaning == Meaning::Unclear => {
            Expected::Either(reading(config, query, None))
        }
        _ => Expected::Query(reading(config, query, Some(step))),
    }
}

/// At a step in seconds; none: it is not known.
fn reading(config: &Config, query: &Query, step: Option<i64>) -> Reading {
    let reading = Wanted::new(config, query).query(step.unwrap_or(1));
    match step {
        Some(_) => reading,
        None => reading.without_windows(),
    }
}

/// In seconds, of a step and a sample interval in seconds.
pub(crate) fn automatic_window(step: i64, interval: i64) -> i64 {
    60.max(step + interval).max(4 * interval)
}

/// Returns true if any field is wrong by itself.
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
        || identifiers(query)
            .any(|(_, values)| values.len() > MOST_VALUES || values.iter().any(String::is_empty))
        || query
            .utc_offset
            .is_some_and(|offset| offset.unsigned_abs() > LARGEST_OFFSET)
        || query.pointwise.is_some_and(|pointwise| {
            is_senseless(&pointwise, config.sample_interval.unwrap_or(INTERVAL))
        })
        || times
            .into_iter()
            .flatten()
            .any(|text| text.meaning == Meaning::Nothing)
}

fn is_senseless(pointwise: &Pointwise, interval: u32) -> bool {
    let no_part =
        matches!(pointwise.statistic, Statistic::Quantile(part) if !(0.0..=1.0).contains(&part));
    let least = 2 * u64::from(interval);
    no_part
        || pointwise
            .window
            .is_some_and(|window| u64::from(window) < least)
        || match pointwise.over {
            Over::Time => false,
            Over::Members(of) | Over::Both(of) => {
                matches!(of, "metric-name" | "value-type")
                    || pointwise.statistic == Statistic::Named("last")
                    || (matches!(pointwise.over, Over::Members(_)) && pointwise.window.is_some())
            }
        }
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
pub(crate) fn identifiers(query: &Query) -> impl Iterator<Item = (&'static str, &[String])> {
    [
        ("kernel-id", &query.kernel_id),
        ("session-id", &query.session_id),
        ("agent-id", &query.agent_id),
        ("user-id", &query.user_id),
        ("project-id", &query.project_id),
    ]
    .into_iter()
    .filter(|(_, values)| !values.is_empty())
    .map(|(dimension, values)| (dimension, values.as_slice()))
}

pub(crate) fn label(schema: &str, dimension: &str) -> &'static str {
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

//! Checks of the data: Backend.AI's metrics in Prometheus, and how the configuration fits them.

use std::collections::BTreeSet;
use std::time::Duration;

use metric_scope::Scope;

use super::probe::{Probe, ProbeError, Reply};
use super::report::{Check, Setting, Subject, Verdict};
use super::response::{Labels, Run};
use crate::contract::{
    defaults::{MAX_RANGE, SAMPLE_INTERVAL},
    types::{Config, LabelSchema},
};

/// The family that agents export.
const FAMILY: &str = "backendai_container_utilization";
/// The label that names the metric of a series.
const NAME: &str = "container_metric_name";

/// The metrics that every agent exports for every container.
const EVERYWHERE: [&str; 8] = [
    "cpu_util",
    "cpu_used",
    "mem",
    "net_rx",
    "net_tx",
    "io_read",
    "io_write",
    "io_scratch_size",
];

/// Seconds back that samples are looked at, one by one: twenty of them at the usual 30 s.
const LOOK_BACK: i64 = 600;
/// The number of series that are looked at.
const SERIES: usize = 3;

/// Judges the data, as the server sees them now.
pub(super) async fn examine(probe: &Probe, config: &Config, now: i64, checks: &mut Vec<Check>) {
    let from = now - i64::from(config.max_range.unwrap_or(MAX_RANGE));
    let (names, partial) = match names(probe, Some((from, now))).await {
        Ok(Reply { data, partial, .. }) => (data, partial),
        Err(trouble) => {
            let found = format!("the metrics cannot be listed: {trouble}");
            checks.push(Check::fail(Subject::Metrics, found));
            return;
        }
    };
    let ever = match names.is_empty() {
        true => names_ever(probe).await,
        false => 0,
    };
    checks.push(judge_coverage(judge_names(&names, ever, config), partial));
    if names.is_empty() {
        return;
    }
    checks.push(schema(probe, config, (from, now)).await);
    let metric = ["mem", "cpu_util"]
        .into_iter()
        .find(|name| names.contains(*name))
        .or(names.first().map(String::as_str))
        .unwrap_or_default();
    let Ok(scope) = Scope::equal(NAME, metric) else {
        return;
    };
    let selector = format!("{FAMILY}{scope}");
    let Some(newest) = newest(probe, &selector, from, now).await else {
        let found = format!("no sample of {metric} can be found");
        checks.push(Check::warn(Subject::Freshness, found));
        return;
    };
    let runs = samples(probe, &selector, newest).await;
    let interval = interval_of(&runs);
    checks.push(freshness(now as f64 - newest, interval, metric));
    checks.push(judge_interval(interval, config));
    if let Some(interval) = interval {
        checks.push(window(interval, config));
    }
}

/// Names or values, once each.
type Names = Reply<BTreeSet<String>>;

async fn names(probe: &Probe, span: Option<(i64, i64)>) -> Result<Names, ProbeError> {
    values(probe, &format!("label/{NAME}/values"), span).await
}

async fn names_ever(probe: &Probe) -> usize {
    names(probe, None).await.map_or(0, |names| names.data.len())
}

/// A list of names or values, over the series of the family.
async fn values(
    probe: &Probe,
    endpoint: &str,
    span: Option<(i64, i64)>,
) -> Result<Names, ProbeError> {
    let span = span.map(|(start, end)| (start.to_string(), end.to_string()));
    let mut params = vec![("match[]", FAMILY)];
    if let Some((start, end)) = &span {
        params.extend([("start", start.as_str()), ("end", end.as_str())]);
    }
    probe.ask(endpoint, &params).await
}

/// A list that is not of all names makes the best of it doubtful.
fn judge_coverage(check: Check, partial: Option<String>) -> Check {
    let Some(partial) = partial else { return check };
    Check {
        verdict: check.verdict.max(Verdict::Warn),
        found: format!("{}, in a list that is partial: {partial}", check.found),
        ..check
    }
    .advise(
        "names may be missing from it, and data from other answers; services refuse such an answer (`partial-answer`) unless they accept it (`partial`)",
    )
}

fn judge_names(names: &BTreeSet<String>, ever: usize, config: &Config) -> Check {
    let subject = Subject::Metrics;
    let days = f64::from(config.max_range.unwrap_or(MAX_RANGE)) / 86_400.0;
    if names.is_empty() {
        return match ever {
            0 => Check::fail(subject, "none of Backend.AI's").advise(
                "does this Prometheus scrape Backend.AI's agents? Is it another one that does?",
            ),
            _ => Check::fail(
                subject,
                format!("none of Backend.AI's in the last {days:.0} days; {ever} before that"),
            )
            .advise("do the agents still run, and are they still scraped?"),
        };
    }
    let missing: Vec<&str> = EVERYWHERE
        .into_iter()
        .filter(|name| !names.contains(*name))
        .collect();
    let found = format!("{} of Backend.AI's", names.len());
    match missing.is_empty() {
        true => Check::ok(subject, found),
        false => Check::warn(
            subject,
            format!(
                "{found}; missing, though every agent exports them: {}",
                missing.join(", ")
            ),
        )
        .advise("are they dropped by a relabelling rule?"),
    }
}

/// Checks that the labels of the series are those of the configured schema.
async fn schema(probe: &Probe, config: &Config, span: (i64, i64)) -> Check {
    let (labels, partial) = match values(probe, "labels", Some(span)).await {
        Ok(Reply { data, partial, .. }) => (data, partial),
        Err(trouble) => {
            let found = format!("the labels cannot be listed: {trouble}");
            return Check::warn(Subject::LabelSchema, found);
        }
    };
    let sides = values(probe, "label/value_type/values", Some(span)).await;
    let sides = sides.map(|sides| sides.data).unwrap_or_default();
    judge_coverage(judge_schema(&labels, &sides, config.label_schema), partial)
}

fn judge_schema(
    labels: &BTreeSet<String>,
    sides: &BTreeSet<String>,
    configured: LabelSchema,
) -> Check {
    let subject = Subject::LabelSchema;
    let any = |names: [&str; 2]| names.iter().any(|name| labels.contains(*name));
    let documented = any(["owner_user_id", "owner_project_id"]);
    let agent = any(["user_id", "project_id"]);
    let found = match (documented, agent) {
        (true, true) => {
            return Check::warn(subject, "both: owner_user_id as documented, and user_id as agents write it")
                .advise("a filter on owners sees only the series of the schema that is set; do two producers write here?");
        }
        // Without owners, the side that only one of them has.
        (false, false) if sides.contains("usage") => LabelSchema::Documented,
        (false, false) => {
            return Check::warn(subject, "neither: no series says who owns it")
                .advise("filters by user or project will find nothing");
        }
        (true, false) => LabelSchema::Documented,
        (false, true) => LabelSchema::Agent,
    };
    let words = match found {
        LabelSchema::Documented => "documented: owner_user_id, owner_project_id",
        LabelSchema::Agent => "agent: user_id, project_id",
    };
    if found == configured {
        return Check::ok(subject, words);
    }
    Check::warn(subject, format!("{words}; configured is {configured}"))
        .advise(
            "filters by user or project would find nothing, and `usage` may be called otherwise",
        )
        .set(Setting::LabelSchema(found))
}

/// The time of the newest sample, Unix seconds; looked for up to `from` back.
async fn newest(probe: &Probe, selector: &str, from: i64, now: i64) -> Option<f64> {
    let query = format!("max(timestamp({selector}))");
    let newest = |data: super::response::Queried| data.number()?.value();
    let reply = probe.instant(&query, Some(now as f64)).await.ok()?;
    if let Some(newest) = newest(reply.data) {
        return Some(newest);
    }
    // Older than Prometheus looks back, 5 min: the hour is found first, then the sample in it.
    let hours = format!("count(count_over_time({selector}[1h]))");
    let runs = probe.range(&hours, (from, now), 3600).await.ok()?.runs();
    let hour = runs.first()?.values.last()?.0;
    let query = format!("max(max_over_time(timestamp({selector})[1h:1m]))");
    newest(probe.instant(&query, Some(hour)).await.ok()?.data)
}

/// The last samples of some series.
async fn samples(probe: &Probe, selector: &str, newest: f64) -> Vec<Run> {
    let counted = format!("topk({SERIES}, count_over_time({selector}[{LOOK_BACK}s]))");
    let Ok(reply) = probe.instant(&counted, Some(newest)).await else {
        return Vec::new();
    };
    let mut runs = Vec::new();
    for series in reply.data.samples().iter().take(SERIES) {
        let Some(query) = raw(&series.metric) else {
            continue;
        };
        if let Ok(reply) = probe.instant(&query, Some(newest)).await {
            runs.extend(reply.data.runs());
        }
    }
    runs
}

/// The samples of one series, as they were stored.
fn raw(labels: &Labels) -> Option<String> {
    let matchers = labels
        .iter()
        .filter(|(name, _)| *name != "__name__")
        // A value that no scope takes is an empty one, and says nothing.
        .filter_map(|(name, value)| Scope::equal(name, value).ok());
    let series = matchers.reduce(|all, next| all.and(&next))?;
    Some(format!("{FAMILY}{series}[{LOOK_BACK}s]"))
}

/// The time between two samples: the middle one of all that were seen.
fn interval_of(runs: &[Run]) -> Option<f64> {
    let mut gaps: Vec<f64> = runs
        .iter()
        .flat_map(|run| run.values.iter().zip(run.values.iter().skip(1)))
        .map(|(one, next)| next.0 - one.0)
        .filter(|gap| gap.is_finite() && *gap > 0.0)
        .collect();
    gaps.sort_by(f64::total_cmp);
    gaps.get(gaps.len() / 2).copied()
}

fn freshness(age: f64, interval: Option<f64>, metric: &str) -> Check {
    let subject = Subject::Freshness;
    let age = age.max(0.0);
    let found = format!("the newest sample of {metric} is {} old", humanize(age));
    // Four that did not come. VictoriaMetrics keeps the last half a minute to itself.
    let patience = 4.0 * interval.unwrap_or(f64::from(SAMPLE_INTERVAL)).max(30.0);
    match age <= patience {
        true => Check::ok(subject, found),
        false => Check::warn(subject, found)
            .advise("do the agents still run, and are they still scraped?"),
    }
}

fn judge_interval(interval: Option<f64>, config: &Config) -> Check {
    let subject = Subject::SampleInterval;
    let Some(interval) = interval else {
        return Check::warn(
            subject,
            "cannot be told: no series has two samples within 10 minutes",
        )
        .advise("rates need at least two samples in their window");
    };
    let seconds = whole(interval);
    let configured = config.sample_interval.unwrap_or(SAMPLE_INTERVAL);
    // Scrapes are late by a little now and then.
    let is_near = u64::from(seconds.abs_diff(configured)) * 10 <= u64::from(configured);
    if is_near {
        return Check::ok(subject, format!("{seconds} s, as is configured"));
    }
    let found = format!("{seconds} s; configured is {configured} s");
    if seconds < configured {
        return Check::ok(subject, found)
            .advise("rates look further back than they need to")
            .set(Setting::SampleInterval(seconds));
    }
    Check::warn(subject, found)
        .advise(
            "rates do not look back far enough: they jump, and have gaps where a sample is lost",
        )
        .set(Setting::SampleInterval(seconds))
}

/// The window of a rate, at a step of a minute: that of the last hour.
fn window(interval: f64, config: &Config) -> Check {
    let subject = Subject::Window;
    let interval = whole(interval);
    let needed = u64::from(interval) * 4;
    let Some(text) = &config.timewindow else {
        // The contract's: max(1m, step + interval, 4 * interval).
        let window = needed.max(60 + u64::from(interval));
        return Check::ok(
            subject,
            format!("{window} s at a step of 1 min, by this interval: it holds at least 4 samples"),
        );
    };
    match duration(text) {
        None => Check::warn(subject, format!("{text:?} is no duration"))
            .advise("without it, the window follows from step and sample interval"),
        Some(window) if window.as_secs() < needed => Check::warn(
            subject,
            format!("fixed at {text}, which is less than 4 samples ({needed} s)"),
        )
        .advise("without it, the window follows from step and sample interval"),
        Some(_) => Check::ok(subject, format!("fixed at {text}")),
    }
}

/// A Prometheus duration.
fn duration(text: &str) -> Option<Duration> {
    // Bare numbers are none, and the parser takes those that are too large, or negative, badly.
    let is_one = text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.parse::<f64>().is_err();
    is_one
        .then(|| promql_parser::util::parse_duration(text).ok())
        .flatten()
}

fn whole(seconds: f64) -> u32 {
    // `as` takes what is out of range to the nearest end.
    (seconds.round() as u32).max(1)
}

/// A length of time, as people say it.
pub(super) fn humanize(seconds: f64) -> String {
    match seconds {
        _ if seconds < 120.0 => format!("{seconds:.0} s"),
        _ if seconds < 7200.0 => format!("{:.0} min", seconds / 60.0),
        _ if seconds < 172_800.0 => format!("{:.0} h", seconds / 3600.0),
        _ => format!("{:.0} days", seconds / 86_400.0),
    }
}

#[cfg(test)]
mod tests;

//! The cost of a sample where there are more of them: more points, more series, more calls at once. It should stay the
//! same. Prometheus's own costs do not, and would hide ours, so its answers are recorded and played again from memory:
//! time is that of a whole call, over a socket into the sandbox and out as series, less that of a call whose answer is
//! empty. From none to a hundred samples a call takes no longer than its noise, so they are counted from a thousand.
//! Memory is the peak of a process that holds the results, less that of one that holds empty ones; below some hundred
//! thousand samples the difference is lost among the pages of the process, and is not shown.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use metric_host::{Dimension, MetricQuery, MetricResult, MetricService, ValueType};
use metric_testbed::{Dataset, Shape};
use tokio::process::Command;

use super::{Measurement, Row};
use crate::decode::decode;
use crate::memory;
use crate::native::{NativeClient, NativeRequest};
use crate::outcome::{Goal, Outcome, Unit};
use crate::race::{Contender, Race};
use crate::setting::Setting;
use crate::wire::replay;

pub(super) const TIME: Row = Row {
    name: "growth, time a sample",
    measure: time,
};
pub(super) const MEMORY: Row = Row {
    name: "growth, memory a sample",
    measure: memory,
};

/// No more than a seventh above the size that it is held against; growing cheaper is no fault.
const FLAT: Goal = Goal::RatioAtMost(1.15);
/// Points of the longest series.
const MOST_POINTS: i64 = 1000;
/// Callers of a busy dashboard.
const CALLS: usize = 64;
/// Processes whose peak is taken, for each size.
const PROCESSES: usize = 7;

/// An answer of Prometheus's that is played again and again.
struct Recording {
    /// The address, `host:port`.
    address: String,
    samples: usize,
}

/// The series that are asked for.
enum Series {
    None,
    One,
    /// The series of a project, about a hundred.
    OfProject,
    All,
}

impl Recording {
    async fn of(setting: &Setting, series: Series, points: i64) -> Result<Self> {
        let service = setting.service()?;
        let request = service.metric_request(&query(&series, points)?).await?;
        let body = NativeClient::new()
            .text(NativeRequest::of(request)?)
            .await?;
        let samples = decode(body.as_bytes())?
            .iter()
            .map(|s| s.values.len())
            .sum();
        Ok(Self {
            address: replay(&body).await?,
            samples,
        })
    }

    fn service(&self, setting: &Setting) -> Result<MetricService> {
        setting.service_at(&self.address)
    }
}

/// For all series, at a point a second, which Prometheus makes of a sample a minute.
fn query_of_all(points: i64) -> MetricQuery {
    let from = Shape::growth().from;
    let mut query = MetricQuery::new("mem", from.to_string(), (from + points - 1).to_string());
    query.step = Some(1);
    query.group_by = vec![Dimension::KernelId];
    query.labels.value_type = Some(ValueType::Current);
    query
}

fn query(series: &Series, points: i64) -> Result<MetricQuery> {
    let mut query = query_of_all(points);
    // Only who there is; the samples are in Prometheus.
    let shape = Shape::growth();
    let dataset = Dataset::generate(&Shape {
        to: shape.from,
        ..shape
    });
    let kernel = dataset.fleet().kernels.first().context("no kernels")?;
    match series {
        Series::None => query.labels.kernel_id = vec!["nobody's".to_owned()],
        Series::One => query.labels.kernel_id = vec![kernel.kernel_id.clone()],
        Series::OfProject => query.labels.project_id.extend(kernel.project_id.clone()),
        Series::All => {}
    }
    Ok(query)
}

/// Asks the plugin for a range that has the points of every recorded answer.
async fn ask(service: &MetricService) -> Result<MetricResult> {
    Ok(service.query_metric(&query_of_all(MOST_POINTS)).await?)
}

fn time(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let mut outcomes = time_by_size(setting).await?;
        outcomes.extend(time_by_calls(setting).await?);
        Ok(outcomes)
    })
}

async fn time_by_size(setting: &Setting) -> Result<Vec<Outcome>> {
    // A thousand samples take little time beside a call: only many rounds show it.
    let few = [
        ("1 series x 1000 points", Series::One, MOST_POINTS),
        ("a hundred series x 100 points", Series::OfProject, 100),
    ];
    let many = [
        (HELD_AGAINST, Series::OfProject, MOST_POINTS),
        ("1000 series x 1000 points", Series::All, MOST_POINTS),
    ];
    let mut outcomes = time_of_sizes(setting, few, 1000).await?;
    outcomes.extend(time_of_sizes(setting, many, 30).await?);
    Ok(compared(outcomes))
}

async fn time_of_sizes<const N: usize>(
    setting: &Setting,
    sizes: [(&'static str, Series, i64); N],
    rounds: usize,
) -> Result<Vec<Outcome>> {
    let mut samples = Vec::new();
    let mut contenders = Vec::new();
    for (name, series, points) in sizes {
        let recording = Recording::of(setting, series, points).await?;
        samples.push(recording.samples);
        contenders.push(calling(name, recording.service(setting)?));
    }
    let nothing = Recording::of(setting, Series::None, 1).await?;
    ensure!(nothing.samples == 0, "the empty answer is not empty");
    contenders.push(calling("an empty answer", nothing.service(setting)?));
    let race = Race {
        baseline: None,
        contenders,
        warm_up: 5,
        least_rounds: rounds,
        time: Duration::ZERO,
    };
    let mut times = race.run().await?;
    let empty = times.pop().context("it has run")?.values;
    #[allow(clippy::cast_precision_loss, reason = "at most a million")]
    let a_sample = |(outcome, samples): (Outcome, usize)| {
        let rounds = outcome.values.iter().zip(&empty);
        let values = rounds.map(|(time, empty)| (time - empty) / samples as f64);
        Outcome::new(outcome.contender, Unit::Seconds, values.collect())
    };
    Ok(times.into_iter().zip(samples).map(a_sample).collect())
}

fn calling(name: &'static str, service: MetricService) -> Contender {
    Contender::new(name, move || {
        let service = service.clone();
        async move { ask(&service).await }
    })
}

const HELD_AGAINST: &str = "a hundred series x 1000 points";

/// The median of each held against that of one: they are not of the same rounds.
fn compared(outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let base = outcomes
        .iter()
        .find(|outcome| outcome.contender == HELD_AGAINST)
        .map(Outcome::median);
    let compare = |mut outcome: Outcome| {
        outcome.ratio = base.map(|base| outcome.median() / base);
        match outcome.contender {
            HELD_AGAINST => outcome,
            _ => outcome.with_goal(FLAT),
        }
    };
    outcomes.into_iter().map(compare).collect()
}

/// Calls one after the other against as many at once, each of a hundred samples.
async fn time_by_calls(setting: &Setting) -> Result<Vec<Outcome>> {
    let recording = Recording::of(setting, Series::OfProject, 100).await?;
    let calls = |name, at_once: usize| {
        let service = recording.service(setting)?;
        anyhow::Ok(Contender::new(name, move || {
            let service = service.clone();
            async move { all_calls(service, at_once).await }
        }))
    };
    let race = Race {
        baseline: Some("64 calls, one after the other"),
        contenders: vec![
            calls("64 calls, one after the other", 1)?,
            calls("64 calls, all at once", CALLS)?.with_goal(FLAT),
        ],
        warm_up: 2,
        least_rounds: 20,
        time: Duration::from_secs(4),
    };
    #[allow(clippy::cast_precision_loss, reason = "some hundred thousand")]
    let samples = (recording.samples * CALLS) as f64;
    let mut outcomes = race.run().await?;
    for outcome in &mut outcomes {
        outcome.values.iter_mut().for_each(|time| *time /= samples);
    }
    Ok(outcomes)
}

async fn all_calls(service: MetricService, at_once: usize) -> Result<()> {
    let callers: Vec<_> = (0..at_once)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move {
                for _ in 0..CALLS / at_once {
                    ask(&service).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    Ok(())
}

fn memory(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let sizes = [
            (HELD_AGAINST, Series::OfProject, 1),
            ("1000 series x 1000 points", Series::All, 1),
            (
                "64 calls at once, a hundred series x 1000 points each",
                Series::OfProject,
                CALLS,
            ),
        ];
        let nothing = Recording::of(setting, Series::None, 1).await?;
        let mut outcomes = Vec::new();
        for (name, series, calls) in sizes {
            let recording = Recording::of(setting, series, MOST_POINTS).await?;
            #[allow(clippy::cast_precision_loss, reason = "some millions")]
            let samples = (recording.samples * calls) as f64;
            let mut values = Vec::new();
            for _ in 0..PROCESSES {
                let empty = held(setting, &nothing, calls).await?;
                values.push((held(setting, &recording, calls).await? - empty) / samples);
            }
            outcomes.push(Outcome::new(name, Unit::Bytes, values));
        }
        Ok(compared(outcomes))
    })
}

/// The peak of a process that makes so many calls at once and holds their results.
async fn held(setting: &Setting, recording: &Recording, calls: usize) -> Result<f64> {
    let output = Command::new(std::env::current_exe()?)
        .args(["--address", &recording.address])
        .arg("--plugin")
        .arg(&setting.plugin_file)
        .arg("--host-executable")
        .arg(&setting.host_executable)
        .args(["--hold", &calls.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .await?;
    ensure!(output.status.success(), "{}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Makes the calls in the process that [`held`] starts, holds the results, and gives its peak.
pub(crate) async fn hold(setting: &Setting, calls: usize) -> Result<f64> {
    let service = setting.service()?;
    let callers: Vec<_> = (0..calls)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move { ask(&service).await })
        })
        .collect();
    let mut results = Vec::new();
    for caller in callers {
        results.push(caller.await??);
    }
    let peak = memory::peak_of_self()?;
    drop(results);
    Ok(peak)
}

//! The same queries in a Python service, as such services are written: aiohttp, pydantic, one object a point.
//! The pipe to it and back costs some tens of microseconds a run.

use std::time::Duration;

use anyhow::{Result, ensure};
use metric_host::{MetricQuery, MetricService};

use super::query::{a_day_of_all_kernels, an_hour_of_one_kernel};
use super::{Measurement, Row};
use crate::outcome::{Goal, Outcome};
use crate::python_service::{Job, PythonService};
use crate::race::{Contender, Race};
use crate::setting::Setting;

/// The callers of a busy dashboard.
const AT_ONCE: usize = 32;
/// Queries of a run: enough for the callers to overlap.
const TIMES: usize = 8 * AT_ONCE;

pub(super) const SMALL: Row = Row {
    name: "small query, a Python service",
    measure: small,
};
pub(super) const LARGE: Row = Row {
    name: "large query, a Python service",
    measure: large,
};
pub(super) const MANY: Row = Row {
    name: "256 small queries, 32 at once, a Python service",
    measure: many,
};

fn small(setting: &Setting) -> Measurement<'_> {
    let query = an_hour_of_one_kernel(setting);
    Box::pin(race(setting, query, Load::ONE, times_as_fast(1.5)))
}

fn large(setting: &Setting) -> Measurement<'_> {
    Box::pin(race(
        setting,
        a_day_of_all_kernels(),
        Load::ONE,
        times_as_fast(5.0),
    ))
}

fn many(setting: &Setting) -> Measurement<'_> {
    let query = an_hour_of_one_kernel(setting);
    let load = Load {
        times: TIMES,
        at_once: AT_ONCE,
    };
    Box::pin(race(setting, query, load, Goal::RatioAtMost(0.15)))
}

/// At least so many times as fast as the competitor.
fn times_as_fast(times: f64) -> Goal {
    Goal::RatioAtMost(1.0 / times)
}

/// The queries of a run, and the callers that ask them.
#[derive(Clone, Copy)]
struct Load {
    times: usize,
    at_once: usize,
}

impl Load {
    const ONE: Self = Self {
        times: 1,
        at_once: 1,
    };
}

async fn race(
    setting: &Setting,
    query: MetricQuery,
    load: Load,
    goal: Goal,
) -> Result<Vec<Outcome>> {
    let Some(python) = &setting.python else {
        eprintln!("left out: without --python there is no Python service");
        return Ok(Vec::new());
    };
    let service = setting.service()?;
    let job = Job::of(
        &service.metric_request(&query).await?,
        load.times,
        load.at_once,
    );
    let competitor = PythonService::start(python, &setting.address)?;
    let (ours, theirs) = (
        ask(&service, &query, load).await?,
        competitor.work(&job).await?,
    );
    ensure!(
        ours == theirs && ours > 0,
        "the plugin read {ours} points, the Python service {theirs}"
    );
    let kept = setting.cached_service_at(&setting.address)?;
    let asked = query.clone();
    Race {
        baseline: Some("aiohttp, pydantic"),
        contenders: vec![
            Contender::new("plugin, fresh instance", move || {
                let (service, query) = (service.clone(), query.clone());
                async move { ask(&service, &query, load).await }
            })
            .with_goal(goal),
            // A service as it is by default.
            Contender::new("plugin, with its cache", move || {
                let (service, query) = (kept.clone(), asked.clone());
                async move { ask(&service, &query, load).await }
            })
            .with_goal(goal),
            Contender::new("aiohttp, pydantic", move || {
                let (competitor, job) = (competitor.clone(), job.clone());
                async move { competitor.work(&job).await }
            }),
        ],
        warm_up: 2,
        least_rounds: 5,
        time: Duration::from_secs(6),
    }
    .run()
    .await
}

/// All queries of a run, by so many askers side by side. Gives the number of points that were read.
async fn ask(service: &MetricService, query: &MetricQuery, load: Load) -> Result<usize> {
    let each = load.times.div_ceil(load.at_once);
    let askers: Vec<_> = (0..load.at_once)
        .map(|_| {
            let (service, query) = (service.clone(), query.clone());
            tokio::spawn(async move {
                let mut points = 0;
                for _ in 0..each {
                    let result = service.query_metric(&query).await?;
                    points += result.series.iter().map(|s| s.values.len()).sum::<usize>();
                }
                anyhow::Ok(points)
            })
        })
        .collect();
    let mut points = 0;
    for asker in askers {
        points += asker.await??;
    }
    Ok(points)
}

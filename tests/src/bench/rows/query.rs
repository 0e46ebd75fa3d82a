//! A query, answered by Prometheus: through the plugin, by the native client, and with the answer thrown
//! away. Before the race, the first two have to agree on every sample.

use std::time::Duration;

use anyhow::{Result, ensure};
use metric_host::{Dimension, LabelFilter, MetricQuery, MetricResult, ValueType};
use metric_testbed::Shape;

use super::{Measurement, Row};
use crate::decode::{Series, is_same};
use crate::native::{NativeClient, NativeRequest};
use crate::outcome::{Goal, Outcome};
use crate::processor;
use crate::race::{Contender, Race};
use crate::setting::Setting;

/// One point a minute, as the data are.
const STEP: u32 = 60;
const HOUR: i64 = 3600;

pub(super) const SMALL: Row = Row {
    name: "small query, 1 series x 61 points",
    measure: small,
};
pub(super) const PROCESSOR: Row = Row {
    name: "small query, processor time",
    measure: processor_time,
};
pub(super) const LARGE: Row = Row {
    name: "large query, 200 series x 1441 points",
    measure: large,
};

fn small(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let size = Size {
            series: 1,
            points: 61,
        };
        // The cost of a fresh instance and of the boundary, on a request of half a millisecond.
        let goal = Goal::RatioAtMost(1.25);
        race(
            setting,
            an_hour_of_one_kernel(setting),
            &size,
            goal,
            Duration::from_secs(6),
        )
        .await
    })
}

/// Of this process: Prometheus's own is another's. Work after the answer counts, too.
fn processor_time(setting: &Setting) -> Measurement<'_> {
    /// One query is too little for the kernel's count.
    const QUERIES: usize = 50;

    Box::pin(async move {
        let (service, query) = (setting.service()?, an_hour_of_one_kernel(setting));
        let request = NativeRequest::of(service.metric_request(&query).await?)?;
        let client = NativeClient::new();
        let race = Race {
            baseline: Some("native client, 50 times"),
            contenders: vec![
                Contender::new("plugin, 50 times", move || {
                    let (service, query) = (service.clone(), query.clone());
                    async move {
                        for _ in 0..QUERIES {
                            service.query_metric(&query).await?;
                        }
                        Ok(())
                    }
                })
                .with_goal(Goal::RatioAtMost(2.0)),
                Contender::new("native client, 50 times", move || {
                    let (client, request) = (client.clone(), request.clone());
                    async move {
                        for _ in 0..QUERIES {
                            client.query(request.clone()).await?;
                        }
                        Ok(())
                    }
                }),
            ],
            warm_up: 2,
            least_rounds: 30,
            time: Duration::from_secs(4),
        };
        race.run_by(&processor::used).await
    })
}

fn large(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let size = Size {
            series: setting.kernels,
            points: 1441,
        };
        race(
            setting,
            a_day_of_all_kernels(),
            &size,
            // Decoded while Prometheus still writes: no later than a client that reads it all first.
            Goal::RatioAtMost(1.00),
            Duration::from_secs(30),
        )
        .await
    })
}

/// One series, 61 points.
pub(super) fn an_hour_of_one_kernel(setting: &Setting) -> MetricQuery {
    let mut query = query(HOUR);
    query.labels.kernel_id = vec![setting.kernel_id.clone()];
    query
}

/// 200 series, 1441 points each.
pub(super) fn a_day_of_all_kernels() -> MetricQuery {
    let mut query = query(24 * HOUR);
    query.group_by = vec![Dimension::KernelId];
    query
}

/// The size of an answer that has to come back.
struct Size {
    series: usize,
    points: usize,
}

fn query(seconds: i64) -> MetricQuery {
    let start = Shape::fixed_start();
    MetricQuery {
        step: Some(STEP),
        labels: LabelFilter {
            value_type: Some(ValueType::Current),
            ..LabelFilter::default()
        },
        ..MetricQuery::new("mem", start.to_string(), (start + seconds).to_string())
    }
}

async fn race(
    setting: &Setting,
    query: MetricQuery,
    size: &Size,
    goal: Goal,
    time: Duration,
) -> Result<Vec<Outcome>> {
    let service = setting.service()?;
    let request = NativeRequest::of(service.metric_request(&query).await?)?;
    let client = NativeClient::new();
    agree(
        &service.query_metric(&query).await?,
        &client.query(request.clone()).await?,
        size,
    )?;

    let (native, native_request) = (client.clone(), request.clone());
    Race {
        baseline: Some("native client"),
        contenders: vec![
            Contender::new("plugin, fresh instance", move || {
                let (service, query) = (service.clone(), query.clone());
                async move { Ok(service.query_metric(&query).await?) }
            })
            .with_goal(goal),
            Contender::new("native client", move || {
                let (client, request) = (native.clone(), native_request.clone());
                async move { client.query(request).await }
            }),
            Contender::new("native, body thrown away", move || {
                let (client, request) = (client.clone(), request.clone());
                async move { client.discard(request).await }
            }),
        ],
        warm_up: 5,
        least_rounds: 30,
        time,
    }
    .run()
    .await
}

/// Checks that both read the same, and as much as there is.
fn agree(plugin: &MetricResult, native: &[Series], size: &Size) -> Result<()> {
    ensure!(
        native.len() == size.series,
        "{} series instead of {}",
        native.len(),
        size.series
    );
    for series in native {
        ensure!(
            series.values.len() == size.points,
            "{} points instead of {}",
            series.values.len(),
            size.points
        );
    }
    ensure!(
        is_same(&plugin.series, native),
        "the plugin and the native client read the answer differently"
    );
    Ok(())
}

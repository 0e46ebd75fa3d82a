//! What a dashboard asks when it is opened: ten metrics, current and capacity, a day at a point a minute, summed over
//! the cluster. Five of the twenty answers are empty: counters have no capacity. Without the plugin they are asked for
//! one after the other, as a loop around an HTTP client does.

use std::time::Duration;

use anyhow::{Result, ensure};
use metric_host::{MetricQuery, RangeOptions, ValueType};
use metric_testbed::Shape;

use super::{Measurement, Row};
use crate::decode::is_same;
use crate::native::{NativeClient, NativeRequest};
use crate::outcome::{Goal, Outcome};
use crate::race::{Contender, Race};
use crate::setting::Setting;

pub(super) const ROW: Row = Row {
    name: "a dashboard of 20 queries",
    measure,
};

/// What Backend.AI's agents export of a container with a GPU.
const METRICS: [&str; 10] = [
    "cpu_used",
    "cpu_util",
    "cuda_mem",
    "cuda_util",
    "io_read",
    "io_scratch_size",
    "io_write",
    "mem",
    "net_rx",
    "net_tx",
];
const STEP: u32 = 60;
/// A day, in seconds.
pub(super) const LENGTH: i64 = 86_400;

/// The dashboard's queries as they are asked at an instant, Unix seconds.
pub(super) fn queries(now: i64) -> Vec<MetricQuery> {
    let sides = [ValueType::Current, ValueType::Capacity];
    let query = |metric: &str, side| {
        let mut query = MetricQuery::new(metric, (now - LENGTH).to_string(), now.to_string());
        query.step = Some(STEP);
        query.labels.value_type = Some(side);
        query
    };
    METRICS
        .iter()
        .flat_map(|metric| sides.map(|side| query(metric, side)))
        .collect()
}

/// The options of a dashboard that is looked at at an instant, Unix seconds.
pub(super) fn seen_at(now: i64) -> RangeOptions {
    RangeOptions {
        now: Some(now * 1000),
        ..RangeOptions::default()
    }
}

fn measure(setting: &Setting) -> Measurement<'_> {
    Box::pin(race(setting))
}

async fn race(setting: &Setting) -> Result<Vec<Outcome>> {
    let service = setting.service()?;
    let now = Shape::dashboard().from + LENGTH;
    let (queries, options) = (queries(now), seen_at(now));
    let mut requests = Vec::new();
    for query in &queries {
        requests.push(NativeRequest::of(service.metric_request(query).await?)?);
    }
    let client = NativeClient::new();
    let answers = service.query_batch(&queries, &options).await?;
    for (answer, request) in answers.into_iter().zip(&requests) {
        let (ours, theirs) = (answer?.answer, client.query(request.clone()).await?);
        ensure!(
            is_same(&ours.series, &theirs),
            "the batch and the native client read `{}` differently",
            ours.promql
        );
    }

    let (alone, asked) = (service.clone(), queries.clone());
    Race {
        baseline: Some("native client, one after the other"),
        contenders: vec![
            Contender::new("plugin, one batch", move || {
                let (service, queries) = (service.clone(), queries.clone());
                async move { Ok(service.query_batch(&queries, &options).await?) }
            })
            .with_goal(Goal::RatioAtMost(0.5)),
            Contender::new("plugin, one after the other", move || {
                let (service, queries) = (alone.clone(), asked.clone());
                async move {
                    let mut answers = Vec::new();
                    for query in &queries {
                        answers.push(service.query_metric(query).await?);
                    }
                    Ok(answers)
                }
            }),
            Contender::new("native client, one after the other", move || {
                let (client, requests) = (client.clone(), requests.clone());
                async move {
                    let mut answers = Vec::new();
                    for request in requests {
                        answers.push(client.query(request).await?);
                    }
                    Ok(answers)
                }
            }),
        ],
        warm_up: 2,
        least_rounds: 15,
        time: Duration::from_secs(20),
    }
    .run()
    .await
}

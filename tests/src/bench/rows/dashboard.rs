//! The queries of a dashboard when it is opened: ten metrics, current and capacity. Five of the twenty answers are
//! empty: counters have no capacity. That of a container shows an hour, and its queries are small: what a request costs
//! decides. That of a cluster shows a day at a point a minute, a series an agent: what Prometheus has to add up
//! decides. Without the plugin they are asked for one after the other, as a loop around an HTTP client does.

use std::time::Duration;

use anyhow::{Result, ensure};
use metric_host::{Dimension, MetricQuery, MetricService, RangeOptions, ValueType};
use metric_testbed::{Dataset, Shape};

use super::Row;
use crate::decode::is_same;
use crate::native::{NativeClient, NativeRequest};
use crate::outcome::{Goal, Outcome};
use crate::race::{Contender, Race};
use crate::setting::Setting;

pub(super) const CONTAINER: Row = Row {
    name: "a dashboard of 20 queries: a container, an hour",
    measure: |setting| Box::pin(race(setting, Dashboard::of_a_container(), 0.42)),
};
pub(super) const CLUSTER: Row = Row {
    name: "a dashboard of 20 queries: a cluster, a day",
    measure: |setting| Box::pin(race(setting, Dashboard::of_the_cluster(), 0.60)),
};

/// The metrics that Backend.AI's agents export of a container with a GPU.
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
/// One point a minute, as the data are.
const STEP: u32 = 60;
/// A day, in seconds.
const DAY: i64 = 86_400;

/// The subject and the length of a dashboard.
#[derive(Clone)]
pub(super) struct Dashboard {
    kernel_id: Option<String>,
    /// Seconds until now.
    length: i64,
}

impl Dashboard {
    pub(super) fn of_a_container() -> Self {
        // Only who there is; the samples are in Prometheus.
        let shape = Shape::dashboard();
        let dataset = Dataset::generate(&Shape {
            to: shape.from,
            ..shape
        });
        let kernels = dataset.fleet().kernels.first();
        Self {
            kernel_id: kernels.map(|kernel| kernel.kernel_id.clone()),
            length: 3600,
        }
    }

    pub(super) fn of_the_cluster() -> Self {
        Self {
            kernel_id: None,
            length: DAY,
        }
    }

    /// The same, of another length in seconds.
    pub(super) fn over(self, length: i64) -> Self {
        Self { length, ..self }
    }

    /// Its queries as they are asked at an instant, Unix seconds.
    pub(super) fn queries(&self, now: i64) -> Vec<MetricQuery> {
        let sides = [ValueType::Current, ValueType::Capacity];
        let query = |metric: &str, side| {
            let start = (now - self.length).to_string();
            let mut query = MetricQuery::new(metric, start, now.to_string());
            query.step = Some(STEP);
            query.labels.value_type = Some(side);
            query.labels.kernel_id.extend(self.kernel_id.clone());
            if self.kernel_id.is_none() {
                query.group_by = vec![Dimension::AgentId];
            }
            query
        };
        METRICS
            .iter()
            .flat_map(|metric| sides.map(|side| query(metric, side)))
            .collect()
    }
}

/// Unix seconds, minutes after there is a day of data.
pub(super) fn minute(number: i64) -> i64 {
    Shape::dashboard().from + DAY + 300 + number * 60
}

/// The service to which it is an instant, Unix seconds.
pub(super) fn seen_at(service: &MetricService, now: i64) -> MetricService {
    service.with_now(now * 1000)
}

/// `goal`: the most that the batch may take of the time of the loop.
async fn race(setting: &Setting, dashboard: Dashboard, goal: f64) -> Result<Vec<Outcome>> {
    let service = setting.service()?;
    let (queries, options) = (dashboard.queries(minute(0)), RangeOptions::default());
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
            .with_goal(Goal::RatioAtMost(goal)),
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
        time: Duration::from_secs(12),
    }
    .run()
    .await
}

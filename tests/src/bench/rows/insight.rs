//! The cost of summing up and of finding anomalies beside the fetch: a query of as many samples as a hundred series
//! have in eight days at five minutes. The native client only fetches and decodes; the plugin's own time is what its
//! call takes longer, so a ratio of two is as much as the fetch. And the bands of Grafana's rules, computed by the
//! plugin from one plain range, against the nested subqueries that compute them on the server.

use std::time::Duration;

use anyhow::{Result, ensure};
use metric_host::{Detection, Dimension, MetricQuery, RangeOptions, Strategy, ValueType};
use metric_testbed::{Dataset, Shape};

use super::query::a_day_of_all_kernels;
use super::{Measurement, Row};
use crate::native::{NativeClient, NativeRequest};
use crate::outcome::{Goal, Outcome};
use crate::race::{Contender, Race};
use crate::setting::Setting;

pub(super) const SUMMARY: Row = Row {
    name: "summary, 200 series x 1441 points",
    measure: summary,
};
pub(super) const ANOMALIES: Row = Row {
    name: "anomalies, 200 series x 1441 points",
    measure: anomalies,
};
pub(super) const BANDS: Row = Row {
    name: "adaptive bands of 10 series, 3 h at 5 min",
    measure: bands,
};

const HOUR: u32 = 3600;
/// The plugin's own time is no more than the fetch's.
const BELOW_THE_FETCH: Goal = Goal::RatioAtMost(2.0);

fn fetching(request: &NativeRequest) -> Contender {
    let (client, request) = (NativeClient::new(), request.clone());
    Contender::new("native client, the fetch", move || {
        let (client, request) = (client.clone(), request.clone());
        async move { client.query(request).await }
    })
}

async fn against_the_fetch(ours: Contender, request: &NativeRequest) -> Result<Vec<Outcome>> {
    Race {
        baseline: Some("native client, the fetch"),
        contenders: vec![ours.with_goal(BELOW_THE_FETCH), fetching(request)],
        warm_up: 2,
        least_rounds: 15,
        time: Duration::from_secs(8),
    }
    .run()
    .await
}

fn summary(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let (service, query) = (setting.service()?, a_day_of_all_kernels());
        let request = NativeRequest::of(service.metric_request(&query).await?)?;
        let options = RangeOptions::default();
        let answer = service.summarize(&query, &[0.5, 0.95], &options).await?;
        ensure!(answer.summaries.len() == 200, "not all series");
        let ours = Contender::new("plugin, summary", move || {
            let (service, query) = (service.clone(), query.clone());
            async move { Ok(service.summarize(&query, &[0.5, 0.95], &options).await?) }
        });
        against_the_fetch(ours, &request).await
    })
}

/// The last three hours of the day, which is eight seasons of three hours.
fn anomalies(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let (service, day) = (setting.service()?, a_day_of_all_kernels());
        let request = NativeRequest::of(service.metric_request(&day).await?)?;
        let season = 3 * HOUR;
        let end: i64 = day.end.parse()?;
        let query = MetricQuery {
            start: (end - i64::from(season)).to_string(),
            ..day
        };
        let detection = Detection {
            strategy: Some(Strategy::Seasonal),
            season: Some(season),
            lookback: Some(7 * season),
            ..Detection::default()
        };
        let options = RangeOptions::default();
        let answer = service.find_anomalies(&query, &detection, &options).await?;
        ensure!(answer.watched.len() == 200, "not all series");
        let ours = Contender::new("plugin, anomalies", move || {
            let (service, query) = (service.clone(), query.clone());
            async move { Ok(service.find_anomalies(&query, &detection, &options).await?) }
        });
        against_the_fetch(ours, &request).await
    })
}

/// The upper band as one query: the mean of an hour, the deviation of restless hours smoothed over 26, half the mean at
/// least.
fn nested(values: &str) -> String {
    let (mean, deviation) = (
        format!("avg_over_time(({values})[1h:5m])"),
        format!("stddev_over_time(({values})[1h:5m])"),
    );
    let smoothed = format!("avg_over_time(({deviation} > 0.5 * {mean})[26h:5m])");
    format!("({mean} + 2 * {smoothed}) > 1.5 * {mean} or 1.5 * {mean}")
}

fn bands(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let shape = Shape::dashboard();
        let end = shape.to - shape.to.rem_euclid(300);
        // Only who there is; the samples are in Prometheus.
        let dataset = Dataset::generate(&Shape {
            to: shape.from,
            ..shape
        });
        let kernels = dataset.fleet().kernels.iter().take(10);
        let mut query = MetricQuery::new(
            "mem",
            (end - i64::from(3 * HOUR)).to_string(),
            end.to_string(),
        );
        query.step = Some(300);
        query.labels.value_type = Some(ValueType::Current);
        query.labels.kernel_id = kernels.map(|kernel| kernel.kernel_id.clone()).collect();
        query.group_by = vec![Dimension::KernelId];
        let service = setting.service()?;
        let mut request = service.metric_request(&query).await?;
        let values = service.build_promql(&query).await?;
        request.body = form_urlencoded::Serializer::new(String::new())
            .append_pair("query", &nested(&values))
            .append_pair("start", &query.start)
            .append_pair("end", &query.end)
            .append_pair("step", "300")
            .finish();
        let request = NativeRequest::of(request)?;
        let client = NativeClient::new();
        let theirs = client.query(request.clone()).await?;
        ensure!(theirs.len() == 10, "{} series of bands", theirs.len());
        let detection = Detection {
            strategy: Some(Strategy::Adaptive),
            ..Detection::default()
        };
        let options = RangeOptions::default();
        Race {
            baseline: Some("native client, nested subqueries for the upper band"),
            contenders: vec![
                Contender::new("plugin, both bands and what is outside", move || {
                    let (service, query) = (service.clone(), query.clone());
                    async move { Ok(service.find_anomalies(&query, &detection, &options).await?) }
                })
                .with_goal(Goal::RatioAtMost(0.1)),
                Contender::new(
                    "native client, nested subqueries for the upper band",
                    move || {
                        let (client, request) = (client.clone(), request.clone());
                        async move { client.query(request).await }
                    },
                ),
            ],
            warm_up: 1,
            least_rounds: 10,
            time: Duration::from_secs(6),
        }
        .run()
        .await
    })
}

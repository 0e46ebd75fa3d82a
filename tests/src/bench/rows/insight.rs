//! The cost of summing up and of finding anomalies beside the fetch: a query of as many samples as a hundred series
//! have in eight days at five minutes. The native client only fetches and decodes; the plugin's own time is what its
//! call takes longer, so a ratio of two is as much as the fetch. And the bands of Grafana's rules, both edges of
//! them, computed by the plugin from one plain range, against the nested subqueries that compute the same on the server:
//! at five minutes, and at the minute at which Prometheus evaluates such rules unless it is told otherwise.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use metric_host::{
    Detection, Dimension, HttpRequest, MetricQuery, RangeOptions, Strategy, ValueType, WatchAnswer,
};
use metric_testbed::{Dataset, Shape};
use metric_tests::adaptive;

use super::query::a_day_of_all_kernels;
use super::{Measurement, Row};
use crate::decode::Series;
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
    measure: bands_at_5_minutes,
};
pub(super) const FINE_BANDS: Row = Row {
    name: "adaptive bands of 10 series, 3 h at 1 min",
    measure: bands_at_a_minute,
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

/// Both edges of the bands of each series, by its label.
type Edges = BTreeMap<String, [Vec<f64>; 2]>;

fn bands_at_5_minutes(setting: &Setting) -> Measurement<'_> {
    bands(setting, 300, "5m")
}

fn bands_at_a_minute(setting: &Setting) -> Measurement<'_> {
    bands(setting, 60, "1m")
}

fn bands<'a>(setting: &'a Setting, step: u32, resolution: &'static str) -> Measurement<'a> {
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
        query.step = Some(step);
        query.labels.value_type = Some(ValueType::Current);
        query.labels.kernel_id = kernels.map(|kernel| kernel.kernel_id.clone()).collect();
        query.group_by = vec![Dimension::KernelId];
        let service = setting.service()?;
        let plain = service.metric_request(&query).await?;
        let values = service.build_promql(&query).await?;
        let edges = adaptive::nested(&values, resolution).map(|promql| {
            let body = form_urlencoded::Serializer::new(String::new())
                .append_pair("query", &promql)
                .append_pair("start", &query.start)
                .append_pair("end", &query.end)
                .append_pair("step", &step.to_string())
                .finish();
            NativeRequest::of(HttpRequest {
                body,
                ..plain.clone()
            })
        });
        let [upper, lower] = edges;
        let (upper, lower) = (upper?, lower?);
        let client = NativeClient::new();
        let both = move || {
            let (client, upper, lower) = (client.clone(), upper.clone(), lower.clone());
            async move { tokio::try_join!(client.query(upper), client.query(lower)) }
        };
        let detection = Detection {
            strategy: Some(Strategy::Adaptive),
            ..Detection::default()
        };
        let options = RangeOptions::default();
        let found = service.find_anomalies(&query, &detection, &options).await?;
        check(&found, both().await?)?;
        Race {
            baseline: Some("native client, nested subqueries for both edges"),
            contenders: vec![
                Contender::new("plugin, both edges and what is outside", move || {
                    let (service, query) = (service.clone(), query.clone());
                    async move { Ok(service.find_anomalies(&query, &detection, &options).await?) }
                })
                .with_goal(Goal::RatioAtMost(0.1)),
                Contender::new("native client, nested subqueries for both edges", both),
            ],
            warm_up: 1,
            least_rounds: 10,
            time: Duration::from_secs(6),
        }
        .run()
        .await
    })
}

/// Checks that both computed the same bands of the same samples, but for the order in which they add.
fn check(found: &WatchAnswer, (upper, lower): (Vec<Series>, Vec<Series>)) -> Result<()> {
    let kernel = |labels: &[(String, String)]| {
        let found = labels.iter().find(|(name, _)| name == "kernel_id");
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let mut theirs = Edges::new();
    for (place, edge) in [upper, lower].into_iter().enumerate() {
        for series in edge {
            let edges = theirs.entry(kernel(&series.labels)).or_default();
            if let Some(values) = edges.get_mut(place) {
                *values = series.values;
            }
        }
    }
    ensure!(theirs.len() == 10, "{} series of bands", theirs.len());
    for watched in &found.watched {
        let id = kernel(&watched.labels);
        let theirs = theirs
            .get(&id)
            .with_context(|| format!("no bands of {id}"))?;
        for (ours, theirs) in [&watched.upper, &watched.lower].into_iter().zip(theirs) {
            ensure!(ours.len() == theirs.len(), "{id}: other points");
            for (ours, theirs) in ours.iter().zip(theirs) {
                let is_near = (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0);
                ensure!(is_near, "{id}: {ours} is not {theirs}");
            }
        }
    }
    ensure!(found.watched.len() == theirs.len(), "not all series");
    Ok(())
}

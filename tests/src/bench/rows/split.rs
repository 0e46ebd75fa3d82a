//! The large query as several requests side by side, against the least that one request for all of it can cost: its
//! body thrown away. Prometheus answers a request on one core; of several it has two at work, and the plugin decodes
//! one answer while the others are written.

use std::time::Duration;

use anyhow::{Result, ensure};
use metric_host::RangeOptions;

use super::query::a_day_of_all_kernels;
use super::{Measurement, Row};
use crate::native::{NativeClient, NativeRequest};
use crate::outcome::{Goal, Outcome};
use crate::race::{Contender, Race};
use crate::setting::Setting;

pub(super) const ROW: Row = Row {
    name: "the same large query, split over two cores",
    measure,
};

/// Seconds between two cuts: a day is four requests, and one for the point that ends it. With two, the later one
/// to end would decide; with many, what each costs.
const INTERVAL: u32 = 6 * 3600;

fn measure(setting: &Setting) -> Measurement<'_> {
    Box::pin(race(setting))
}

async fn race(setting: &Setting) -> Result<Vec<Outcome>> {
    let (service, query) = (setting.service()?, a_day_of_all_kernels());
    let options = RangeOptions {
        interval: Some(INTERVAL),
        ..RangeOptions::default()
    };
    let chunks = service.plan(&query, &options).await?.chunks.len();
    ensure!(chunks > 4, "only {chunks} requests");
    let split = service.query_range(&query, &options).await?.answer;
    ensure!(
        split.series == service.query_metric(&query).await?.series,
        "the split query has another answer"
    );

    let request = NativeRequest::of(service.metric_request(&query).await?)?;
    let client = NativeClient::new();
    let (unsplit, asked) = (service.clone(), query.clone());
    Race {
        baseline: Some("native, unsplit, body thrown away"),
        contenders: vec![
            Contender::new("plugin, split", move || {
                let (service, query) = (service.clone(), query.clone());
                async move { Ok(service.query_range(&query, &options).await?) }
            })
            .with_goal(Goal::RatioAtMost(0.75)),
            Contender::new("plugin, unsplit", move || {
                let (service, query) = (unsplit.clone(), asked.clone());
                async move { Ok(service.query_metric(&query).await?) }
            }),
            Contender::new("native, unsplit, body thrown away", move || {
                let (client, request) = (client.clone(), request.clone());
                async move { client.discard(request).await }
            }),
        ],
        warm_up: 2,
        least_rounds: 15,
        time: Duration::from_secs(25),
    }
    .run()
    .await
}

//! The cluster's dashboard a minute later, and again a minute later: what is final comes from the host's cache, Prometheus is
//! asked for the tail. Against the first time, which is asked without a cache at the same minute; the answers have to
//! be the same. The bytes are those of Prometheus's answers, counted on the wire.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use metric_host::{MetricService, RangeOptions};
use metric_tests::counting_proxy::CountingProxy;

use super::dashboard::{Dashboard, minute, seen_at};
use super::{Measurement, Row};
use crate::outcome::{Goal, Outcome, Unit};
use crate::race::{Contender, Race};
use crate::setting::Setting;

pub(super) const ROW: Row = Row {
    name: "its refresh a minute later, warm cache",
    measure: |setting| measure(setting, Some(&setting.address)),
};
/// A release that makes a remark on each rate: an answer with a remark has to be kept as well.
pub(super) const LATEST: Row = Row {
    name: "the same refresh, Prometheus 3.5",
    measure: |setting| measure(setting, setting.latest_address.as_deref()),
};

const FIRST: &str = "the first time";
/// Refreshes whose bytes are counted: an hour's, with whatever a change of the hour brings.
const REFRESHES: usize = 60;

/// `address`: Prometheus's. None: that release is not here, and the row has nothing to show.
fn measure<'a>(setting: &'a Setting, address: Option<&'a str>) -> Measurement<'a> {
    Box::pin(async move {
        let Some(address) = address else {
            return Ok(Vec::new());
        };
        let dashboard = Dashboard::of_the_cluster();
        let mut outcomes = race(setting, address, &dashboard).await?;
        outcomes.extend(bytes(setting, address, &dashboard).await?);
        Ok(outcomes)
    })
}

async fn race(setting: &Setting, address: &str, dashboard: &Dashboard) -> Result<Vec<Outcome>> {
    Race {
        baseline: Some(FIRST),
        contenders: vec![
            minute_by_minute(
                "a minute later",
                dashboard,
                setting.cached_service_at(address)?,
            )
            .with_goal(Goal::RatioAtMost(0.05)),
            minute_by_minute(FIRST, dashboard, setting.service_at(address)?),
        ],
        // Fills the cache.
        warm_up: 2,
        least_rounds: 30,
        // A minute each: no more than there are data for.
        time: Duration::ZERO,
    }
    .run()
    .await
}

/// Each run is a minute after the one before.
fn minute_by_minute(
    name: &'static str,
    dashboard: &Dashboard,
    service: MetricService,
) -> Contender {
    let dashboard = dashboard.clone();
    let minutes = Arc::new(AtomicI64::new(0));
    Contender::new(name, move || {
        let service = service.clone();
        let now = minute(minutes.fetch_add(1, Ordering::Relaxed));
        let queries = dashboard.queries(now);
        async move {
            let options = RangeOptions::default();
            Ok(seen_at(&service, now)
                .query_batch(&queries, &options)
                .await?)
        }
    })
}

async fn bytes(setting: &Setting, address: &str, dashboard: &Dashboard) -> Result<Vec<Outcome>> {
    let proxy = CountingProxy::to(address.to_owned()).await?;
    let (cached, uncached) = (
        setting.cached_service_at(&proxy.address())?,
        setting.service_at(address)?,
    );
    let (mut counts, mut before) = (Vec::new(), 0);
    for number in 0..=REFRESHES {
        let now = minute(i64::try_from(number)?);
        let (queries, options) = (dashboard.queries(now), RangeOptions::default());
        let answers = seen_at(&cached, now)
            .query_batch(&queries, &options)
            .await?;
        #[allow(clippy::cast_precision_loss, reason = "some megabytes")]
        counts.push((proxy.answer_bytes() - before) as f64);
        before = proxy.answer_bytes();
        let same = seen_at(&uncached, now)
            .query_batch(&queries, &options)
            .await?;
        for (answer, same) in answers.into_iter().zip(same) {
            ensure!(
                answer?.answer.series == same?.answer.series,
                "the cache changes an answer at {now}"
            );
        }
    }
    let later = counts.split_off(1);
    let first = vec![counts.iter().sum(); later.len()];
    Ok(vec![
        Outcome::new(
            "bytes asked of Prometheus, a minute later",
            Unit::Bytes,
            later,
        )
        .against(&first)
        .with_goal(Goal::RatioAtMost(0.02)),
        Outcome::new(
            "bytes asked of Prometheus, the first time",
            Unit::Bytes,
            counts,
        ),
    ])
}

//! Metrics that differ only in name as one request, `container_metric_name=~"a|b"`: where that is faster, and where not.
//! Here it is done with the plugin's own PromQL, straight to Prometheus, the bodies thrown away, whatever the size. The
//! head of `guest/src/codec/batch/merge.rs` says what follows from it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use metric_host::MetricQuery;
use tokio::sync::Mutex;

use super::Row;
use super::dashboard::{Dashboard, minute};
use crate::native::{NativeClient, NativeRequest};
use crate::outcome::Outcome;
use crate::race::{Contender, Race};
use crate::setting::Setting;

pub(super) const HOUR: Row = Row {
    name: "20 queries of a container, an hour, as one",
    measure: |setting| Box::pin(race(setting, Dashboard::of_a_container())),
};
pub(super) const DAY: Row = Row {
    name: "20 queries of a container, a day, as one",
    measure: |setting| Box::pin(race(setting, Dashboard::of_a_container().over(24 * 3600))),
};
pub(super) const CLUSTER: Row = Row {
    name: "20 queries of a cluster, a day, as one",
    measure: |setting| Box::pin(race(setting, Dashboard::of_the_cluster())),
};

/// The most requests that the plugin sends at once.
const AT_ONCE: usize = 8;
const NAME: &str = "container_metric_name";

async fn race(setting: &Setting, dashboard: Dashboard) -> Result<Vec<Outcome>> {
    let service = setting.service()?;
    let queries = dashboard.queries(minute(0));
    let mut single = Vec::new();
    for query in &queries {
        single.push(service.metric_request(query).await?);
    }
    let merged = merged(&queries, &single)?;
    let requests = |all: Vec<_>| {
        all.into_iter()
            .map(NativeRequest::of)
            .collect::<Result<Vec<_>>>()
    };
    let (single, merged) = (requests(single)?, requests(merged)?);
    let client = NativeClient::new();
    let (alone, together) = (
        samples(&client, &single).await?,
        samples(&client, &merged).await?,
    );
    ensure!(
        alone == together && alone > 0,
        "{together} samples in the merged answers, {alone} in the others"
    );
    let contender = |name, requests: Vec<NativeRequest>| {
        let client = client.clone();
        Contender::new(name, move || side_by_side(client.clone(), requests.clone()))
    };
    Race {
        baseline: Some("native, 20 requests, 8 at once"),
        contenders: vec![
            contender("native, names merged, all at once", merged),
            contender("native, 20 requests, 8 at once", single),
        ],
        warm_up: 3,
        least_rounds: 15,
        time: Duration::from_secs(6),
    }
    .run()
    .await
}

/// One request for all that differ only in the metric's name.
fn merged(
    queries: &[MetricQuery],
    requests: &[metric_host::HttpRequest],
) -> Result<Vec<metric_host::HttpRequest>> {
    let mut alike: BTreeMap<Vec<(String, String)>, Vec<&str>> = BTreeMap::new();
    for (query, request) in queries.iter().zip(requests) {
        let mut form: Vec<(String, String)> = form_urlencoded::parse(request.body.as_bytes())
            .into_owned()
            .collect();
        for (field, value) in &mut form {
            if field == "query" {
                let matcher = format!("{NAME}=\"{}\"", query.metric_name);
                ensure!(value.contains(&matcher), "no name in {value}");
                *value = value
                    .replace(&matcher, NAME)
                    .replace("sum by (", &format!("sum by ({NAME},"));
            }
        }
        alike.entry(form).or_default().push(&query.metric_name);
    }
    let any = requests.first().context("no requests")?;
    let request = |(form, names): (Vec<(String, String)>, Vec<&str>)| {
        let matcher = format!("{{{NAME}=~\"{}\"", names.join("|"));
        let mut body = form_urlencoded::Serializer::new(String::new());
        for (field, value) in form {
            body.append_pair(&field, &value.replace(&format!("{{{NAME}"), &matcher));
        }
        metric_host::HttpRequest {
            body: body.finish(),
            ..any.clone()
        }
    };
    Ok(alike.into_iter().map(request).collect())
}

async fn samples(client: &NativeClient, requests: &[NativeRequest]) -> Result<usize> {
    let mut samples = 0;
    for request in requests {
        let series = client.query(request.clone()).await?;
        samples += series.iter().map(|s| s.values.len()).sum::<usize>();
    }
    Ok(samples)
}

async fn side_by_side(client: NativeClient, requests: Vec<NativeRequest>) -> Result<()> {
    let left = Arc::new(Mutex::new(requests));
    let askers: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (client, left) = (client.clone(), Arc::clone(&left));
            tokio::spawn(async move {
                loop {
                    let next = left.lock().await.pop();
                    match next {
                        Some(request) => client.discard(request).await?,
                        None => return anyhow::Ok(()),
                    };
                }
            })
        })
        .collect();
    for asker in askers {
        asker.await??;
    }
    Ok(())
}

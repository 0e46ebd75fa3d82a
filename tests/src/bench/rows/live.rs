//! The present use of a hundred containers, of which each exports some twenty series: the plugin's one request of raw
//! samples against six queries that compute on the server, as a manager of Backend.AI asks: levels, rates, CPU time,
//! and their peaks and means. And what of it is the plugin's own: the answer recorded and played again from memory,
//! less a call whose answer is empty.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use metric_host::decisions::LiveOptions;
use metric_host::{Dimension, HttpMethod, HttpRequest, HttpScheme, MetricService};
use metric_testbed::{Dataset, Shape};

use super::dashboard::{minute, seen_at};
use super::{Measurement, Row};
use crate::native::{NativeClient, NativeRequest};
use crate::outcome::{Goal, Outcome, Unit};
use crate::race::{Contender, Race};
use crate::setting::Setting;
use crate::wire::replay;

pub(super) const SIX: Row = Row {
    name: "live stats of 100 kernels",
    measure: six_queries,
};
pub(super) const OWN: Row = Row {
    name: "live stats of 100 kernels, the plugin's own time",
    measure: own_time,
};

const FAMILY: &str = "backendai_container_utilization";
const GROUPS: &str = "kernel_id,container_metric_name,value_type";
const EMPTY: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;

/// All kernels of the dashboard's data.
fn kernels() -> Vec<String> {
    // Only who there is; the samples are in Prometheus.
    let shape = Shape::dashboard();
    let dataset = Dataset::generate(&Shape {
        to: shape.from,
        ..shape
    });
    let kernels = dataset.fleet().kernels.iter();
    kernels.map(|kernel| kernel.kernel_id.clone()).collect()
}

/// An instant query, as a client writes it.
fn instant(address: &str, promql: &str) -> Result<NativeRequest> {
    let form = [("query", promql), ("time", &minute(0).to_string())];
    NativeRequest::of(HttpRequest {
        method: HttpMethod::Post,
        scheme: HttpScheme::Http,
        authority: address.to_owned(),
        path_with_query: "/api/v1/query".to_owned(),
        headers: vec![(
            "content-type".to_owned(),
            "application/x-www-form-urlencoded".to_owned(),
        )],
        body: form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish(),
    })
}

fn six(kernels: &str) -> [String; 6] {
    let all = format!("sum by ({GROUPS})({FAMILY}{{{kernels}}})");
    let current = format!("sum by ({GROUPS})({FAMILY}{{{kernels},value_type=\"current\"}})");
    let rate = |names: &str| {
        format!(
            "sum by ({GROUPS})(rate({FAMILY}{{{kernels},container_metric_name=~\"{names}\",value_type=\"current\"}}[5m]))"
        )
    };
    let (network, cpu) = (rate("net_rx|net_tx"), rate("cpu_util"));
    [
        format!("max_over_time(({current})[5m:1m])"),
        format!("avg_over_time(({current})[5m:1m])"),
        format!("max_over_time(({cpu} or {network})[5m:1m])"),
        all,
        network,
        cpu,
    ]
}

async fn ask(service: &MetricService, kernels: &[String]) -> Result<usize> {
    let answer = service
        .query_live_stats(Dimension::KernelId, kernels, &LiveOptions::default())
        .await?;
    Ok(answer.subjects.len())
}

fn six_queries(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let (service, kernels) = (seen_at(&setting.service()?, minute(0)), kernels());
        ensure!(
            ask(&service, &kernels).await? == 100,
            "not all kernels have live stats"
        );
        let matcher = format!("kernel_id=~\"{}\"", kernels.join("|"));
        let mut requests = Vec::new();
        for promql in six(&matcher) {
            requests.push(instant(&setting.address, &promql)?);
        }
        let client = NativeClient::new();
        for request in &requests {
            let body = client.text(request.clone()).await?;
            ensure!(body.contains("kernel_id"), "an empty answer");
        }
        let race = Race {
            baseline: Some("native client, six queries at once"),
            contenders: vec![
                Contender::new("plugin, live stats", move || {
                    let (service, kernels) = (service.clone(), kernels.clone());
                    async move { ask(&service, &kernels).await }
                })
                .with_goal(Goal::RatioAtMost(0.35)),
                Contender::new("native client, six queries at once", move || {
                    let (client, requests) = (client.clone(), requests.clone());
                    async move {
                        let all: Vec<_> = requests
                            .into_iter()
                            .map(|request| {
                                let client = client.clone();
                                tokio::spawn(async move { client.discard(request).await })
                            })
                            .collect();
                        for one in all {
                            one.await??;
                        }
                        Ok(())
                    }
                }),
            ],
            warm_up: 3,
            least_rounds: 20,
            time: Duration::from_secs(8),
        };
        race.run().await
    })
}

fn own_time(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let kernels = kernels();
        let raw = format!(
            "{FAMILY}{{kernel_id=~\"{}\",value_type=~\"current|capacity\"}}[5m]",
            kernels.join("|")
        );
        let request = instant(&setting.address, &raw)?;
        let body = NativeClient::new().text(request).await?;
        let contender = async |name, body: &str| {
            let service = setting.service_at(&replay(body).await?)?;
            let (service, kernels) = (seen_at(&service, minute(0)), kernels.clone());
            anyhow::Ok(Contender::new(name, move || {
                let (service, kernels) = (service.clone(), kernels.clone());
                async move { ask(&service, &kernels).await }
            }))
        };
        let race = Race {
            baseline: None,
            contenders: vec![
                contender("the recorded answer", &body).await?,
                contender("an empty answer", EMPTY).await?,
            ],
            warm_up: 5,
            least_rounds: 200,
            time: Duration::ZERO,
        };
        let mut times = race.run().await?;
        let empty = times.pop().context("it has run")?.values;
        let whole = times.pop().context("it has run")?.values;
        let own = whole.iter().zip(&empty).map(|(whole, empty)| whole - empty);
        let own = Outcome::new(
            "plugin, taking in and computing",
            Unit::Seconds,
            own.collect(),
        );
        Ok(vec![own.with_goal(Goal::AtMost(0.002))])
    })
}

//! The same queries over HTTP, on a Unix socket: beside the library, and beside a Python service.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use metric_host::{MetricQuery, MetricService};
use metric_serve::{HttpLimits, Listen, ServeOptions, Server, SocketFile};
use metric_tests::over_http::{self, Connection};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::query::{a_day_of_all_kernels, an_hour_of_one_kernel};
use super::{Measurement, Row};
use crate::outcome::{Goal, Outcome};
use crate::python_service::{Job, PythonService};
use crate::race::{Contender, Race};
use crate::setting::Setting;

pub(super) const SMALL: Row = Row {
    name: "small query, over HTTP",
    measure: small,
};
pub(super) const PYTHON_SMALL: Row = Row {
    name: "small query, over HTTP beside a Python service",
    measure: python_small,
};
pub(super) const PYTHON_LARGE: Row = Row {
    name: "large query, over HTTP beside a Python service",
    measure: python_large,
};

fn small(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let (service, query) = (setting.service()?, an_hour_of_one_kernel(setting));
        let served = Served::start(setting, &service).await?;
        let body = body(&query);
        let (ours, theirs) = (
            points_of(&served.ask(&body).await?)?,
            points(&service, &query).await?,
        );
        ensure!(
            ours == theirs && ours > 0,
            "{ours} points over HTTP, {theirs} without"
        );
        Race {
            baseline: Some("library"),
            contenders: vec![
                Contender::new("over HTTP", move || {
                    let (served, body) = (served.clone(), body.clone());
                    async move { served.ask(&body).await }
                })
                .with_goal(Goal::RatioAtMost(1.3)),
                Contender::new("library", move || {
                    let (service, query) = (service.clone(), query.clone());
                    async move { points(&service, &query).await }
                }),
            ],
            warm_up: 5,
            least_rounds: 30,
            time: Duration::from_secs(6),
        }
        .run()
        .await
    })
}

fn python_small(setting: &Setting) -> Measurement<'_> {
    let query = an_hour_of_one_kernel(setting);
    Box::pin(beside_python(setting, query, 2.0))
}

fn python_large(setting: &Setting) -> Measurement<'_> {
    Box::pin(beside_python(setting, a_day_of_all_kernels(), 8.0))
}

/// At least so many times as fast as the competitor.
async fn beside_python(setting: &Setting, query: MetricQuery, times: f64) -> Result<Vec<Outcome>> {
    let Some(python) = &setting.python else {
        eprintln!("left out: without --python there is no Python service");
        return Ok(Vec::new());
    };
    let service = setting.service()?;
    let job = Job::of(&service.metric_request(&query).await?, 1, 1);
    let competitor = PythonService::start(python, &setting.address)?;
    let served = Served::start(setting, &service).await?;
    let body = body(&query);
    let (ours, theirs) = (
        points_of(&served.ask(&body).await?)?,
        competitor.work(&job).await?,
    );
    ensure!(
        ours == theirs && ours > 0,
        "{ours} points over HTTP, {theirs} by the Python service"
    );
    Race {
        baseline: Some("aiohttp, pydantic"),
        contenders: vec![
            Contender::new("over HTTP", move || {
                let (served, body) = (served.clone(), body.clone());
                async move { served.ask(&body).await }
            })
            .with_goal(Goal::RatioAtMost(1.0 / times)),
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

/// A server in this process, and a connection to it.
#[derive(Clone)]
struct Served {
    connection: Arc<Mutex<Connection>>,
    _folder: Arc<tempfile::TempDir>,
}

impl Served {
    async fn start(setting: &Setting, service: &MetricService) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let options = ServeOptions {
            listen: Listen::Socket(SocketFile {
                path: folder.path().join("metric.sock"),
                for_group: false,
            }),
            access: None,
            hosts: Vec::new(),
            limits: HttpLimits::default(),
        };
        let server = Server::bind(setting.host.clone(), service.clone(), options)?;
        let connection = Connection::open(server.place()).await?;
        // Until the benchmark ends.
        tokio::spawn(server.run(std::future::pending()));
        Ok(Self {
            connection: Arc::new(Mutex::new(connection)),
            _folder: Arc::new(folder),
        })
    }

    /// The whole answer, as it came.
    async fn ask(&self, body: &str) -> Result<Bytes> {
        let (status, answer) = self.connection.lock().await.post("/v1/query", body).await?;
        ensure!(status == 200, "{status}");
        Ok(answer)
    }
}

fn body(query: &MetricQuery) -> String {
    json!({ "query": over_http::query(query) }).to_string()
}

async fn points(service: &MetricService, query: &MetricQuery) -> Result<usize> {
    let result = service.query_metric(query).await?;
    Ok(result.series.iter().map(|s| s.values.len()).sum())
}

fn points_of(answer: &[u8]) -> Result<usize> {
    let answer: Value = serde_json::from_slice(answer)?;
    let series = answer
        .pointer("/result/answer/series")
        .and_then(Value::as_array)
        .context("an answer without series")?;
    let points = |one: &Value| {
        one.get("values")
            .and_then(Value::as_array)
            .map_or(0, Vec::len)
    };
    Ok(series.iter().map(points).sum())
}

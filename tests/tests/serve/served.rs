//! A server in this process.

use std::sync::OnceLock;

use metric_host::{
    CacheOptions, Config, Host, HostOptions, Limits, MetricService, Plugin, ServiceOptions,
};
use metric_serve::{HttpLimits, Listen, ServeOptions, Server, Stopped};
use metric_testbed::Shape;
use metric_tests::{Testbed, plugin_file};
use serde_json::{Value, json};
use tokio::{sync::oneshot, task::JoinHandle};

/// A server that runs, until it is told to stop or its runtime ends.
pub(crate) struct Served {
    pub(crate) place: Listen,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<Stopped>,
}

impl Served {
    /// Tells it to stop.
    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits for its end.
    pub(crate) async fn ended(self) -> Stopped {
        self.running.await.unwrap()
    }
}

fn host() -> (Host, Plugin) {
    static HOST: OnceLock<(Host, Plugin)> = OnceLock::new();
    HOST.get_or_init(|| loaded(Limits::default())).clone()
}

pub(crate) fn loaded(limits: Limits) -> (Host, Plugin) {
    let host = Host::new(HostOptions {
        limits,
        ..HostOptions::default()
    });
    let host = host.unwrap();
    let plugin = host.load_file(plugin_file()).unwrap();
    (host, plugin)
}

pub(crate) fn options() -> ServeOptions {
    ServeOptions {
        listen: "127.0.0.1:0".parse().unwrap(),
        access: None,
        hosts: Vec::new(),
        limits: HttpLimits::default(),
    }
}

pub(crate) fn serve_with(
    (host, plugin): (Host, Plugin),
    config: Config,
    cache: CacheOptions,
    options: ServeOptions,
) -> (Served, MetricService) {
    let mut of_service = ServiceOptions::default();
    of_service.cache = cache;
    let service = plugin.service_with(config, &of_service).unwrap();
    let server = Server::bind(host, service.clone(), options).unwrap();
    let (stop, stopped) = oneshot::channel();
    let served = Served {
        place: server.place().clone(),
        stop: Some(stop),
        running: tokio::spawn(server.run(async {
            // A test that ends does not stop it.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        })),
    };
    (served, service)
}

/// A server that asks this Prometheus, and the service that it asks.
pub(crate) fn serve_at(address: String, options: ServeOptions) -> (Served, MetricService) {
    serve_with(host(), config(address), CacheOptions::off(), options)
}

pub(crate) fn config(address: String) -> Config {
    let mut config = Config::new(address);
    config.sample_interval = Some(30);
    config
}

/// The same, at the Prometheus of all tests.
pub(crate) fn serve() -> (Served, MetricService) {
    serve_at(Testbed::shared().unwrap().server.address(), options())
}

/// The first and the last second of two hours that there are data of.
pub(crate) fn ends() -> (String, String) {
    let start = Shape::fixed_start();
    ((start + 3600).to_string(), (start + 3 * 3600).to_string())
}

/// A query of these, in the form of the schema.
pub(crate) fn query() -> Value {
    let (start, end) = ends();
    json!({
        "metric_name": "mem", "start": start, "end": end, "step": 60,
        "labels": { "value_type": "current" }, "group_by": ["agent_id"],
    })
}

//! The testbed on real servers: what is loaded can be asked for, and what is stopped is gone.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "these are tests, their helpers too"
)]

mod asking;

use std::time::Duration;

use metric_testbed::{
    Dataset, Finder, METRIC_FAMILY, Prometheus, PrometheusOptions, Series, Shape, Tenants,
    TestbedError, VictoriaMetrics, VictoriaMetricsTools, http_status,
};

fn status(server: &Prometheus, path: &str) -> Option<u16> {
    http_status(
        server.address().parse().unwrap(),
        path,
        Duration::from_secs(10),
    )
}

#[test]
fn a_server_can_be_stopped_and_started_again_with_its_data_and_leaves_nothing() {
    let dataset = Dataset::generate(&Shape::one_series());
    let mut server = Prometheus::start_with(PrometheusOptions::default(), &dataset).unwrap();
    assert_eq!(status(&server, "/-/ready"), Some(200));
    assert_eq!(status(&server, "/api/v1/query?query=1"), Some(200));
    server.stop();
    assert_eq!(status(&server, "/-/ready"), None);
    server.restart().unwrap();
    assert_eq!(status(&server, "/-/ready"), Some(200));
    let address = server.address().parse().unwrap();
    drop(server);
    assert_eq!(
        http_status(address, "/-/ready", Duration::from_secs(1)),
        None
    );
}

/// The server at `base` holds exactly the series of a data set of one sample a minute, in its order.
fn assert_holds(base: &str, dataset: &Dataset) {
    let (from, to) = (Shape::one_series().from, Shape::one_series().to);
    let mut held = asking::range(base, METRIC_FAMILY, from, to, 60);
    for series in &mut held {
        series.labels.retain(|(name, _)| name != "__name__");
    }
    assert_eq!(held, dataset.series());
}

fn started(server: &Prometheus) -> (String, Option<u16>) {
    let text = ureq::get(format!(
        "http://{}/api/v1/status/buildinfo",
        server.address()
    ))
    .call()
    .unwrap()
    .body_mut()
    .read_to_string()
    .unwrap();
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    let version = answer["data"]["version"].as_str().unwrap().to_owned();
    (version, status(server, "/-/ready"))
}

#[test]
fn each_release_of_prometheus_starts_answers_and_has_the_data() {
    let dataset = Dataset::generate(&Shape::one_series());
    for (release, tools) in Finder::new().prometheus_releases() {
        let options = PrometheusOptions {
            tools: Some(tools),
            ..PrometheusOptions::default()
        };
        let server = Prometheus::start_with(options, &dataset).unwrap();
        let (version, ready) = started(&server);
        assert!(version.starts_with(release.version()), "{version}");
        assert_eq!(ready, Some(200));
        assert_holds(&server.address(), &dataset);
    }
}

/// None, and a line on stderr that says why, where VictoriaMetrics cannot be had.
fn victoria_metrics() -> Option<VictoriaMetricsTools> {
    Finder::new()
        .victoria_metrics()
        .inspect_err(|error| eprintln!("left out: {error}"))
        .ok()
}

#[test]
fn victoria_metrics_starts_answers_and_has_the_data_to_the_second() {
    let Some(tools) = victoria_metrics() else {
        return;
    };
    let mut dataset = Dataset::generate(&Shape::one_series());
    let server = VictoriaMetrics::start_with(&tools, &[], &dataset).unwrap();
    assert_holds(&server.address(), &dataset);
    // More may come later, with whatever labels.
    let mut later = dataset.series()[0].clone();
    later.labels[0].1 = "z\"\\{}\n😀".to_owned();
    let mut more = Dataset::default();
    more.push(later.clone());
    server.load(&more).unwrap();
    dataset.push(later);
    assert_holds(&server.address(), &dataset);
}

#[test]
fn each_tenant_behind_vmauth_has_its_own_data_by_path_and_by_header() {
    let Some(tools) = victoria_metrics() else {
        return;
    };
    let datasets = [1, 2].map(|seed| {
        Dataset::generate(&Shape {
            seed,
            ..Shape::one_series()
        })
    });
    let servers = datasets
        .iter()
        .map(|dataset| VictoriaMetrics::start_with(&tools, &[], dataset).unwrap())
        .collect();
    let tenants = Tenants::start(&tools, servers).unwrap();
    assert_eq!(tenants.servers().len(), 2);
    for (number, dataset) in datasets.iter().enumerate() {
        let base = format!("{}/select/{number}/prometheus", tenants.address());
        assert_holds(&base, dataset);
        let values = format!(
            "http://{}/api/v1/label/kernel_id/values?start={}",
            tenants.address(),
            Shape::fixed_start()
        );
        let kernels = ureq::get(values)
            .header("AccountID", number.to_string())
            .call()
            .unwrap()
            .body_mut()
            .read_to_string()
            .unwrap();
        assert!(kernels.contains(&dataset.fleet().kernels[0].kernel_id));
    }
    let address = tenants.address().parse().unwrap();
    let refused = |path| http_status(address, path, Duration::from_secs(10)) != Some(200);
    assert!(refused("/api/v1/query?query=1"));
    assert!(refused("/select/2/prometheus/api/v1/query?query=1"));
}

#[test]
fn a_server_that_does_not_come_up_shows_the_end_of_its_log() {
    let options = PrometheusOptions {
        arguments: vec!["--no-such-flag".to_owned()],
        ..PrometheusOptions::default()
    };
    let error = Prometheus::start(options).unwrap_err();
    let TestbedError::NotReady { log, .. } = error else {
        panic!("{error}")
    };
    assert!(log.contains("no-such-flag"), "{log}");
}

#[test]
fn promtool_takes_hostile_label_values() {
    let hostile = [
        "a\"b",
        r"a\b",
        "a\nb",
        "{}",
        "a\0b",
        "\u{fffd}",
        "😀",
        "\u{202e}abc",
        "\t\r\u{1}\u{7f}",
        "'$(`",
    ];
    let mut dataset = Dataset::generate(&Shape::one_series());
    for value in hostile {
        dataset.push(Series {
            labels: vec![("agent_id".to_owned(), value.to_owned())],
            timestamps: vec![Shape::fixed_start()],
            values: vec![1.0],
        });
    }
    let folder = tempfile::tempdir().unwrap();
    let tools = Finder::new().prometheus().unwrap();
    dataset
        .create_blocks(&tools.promtool, folder.path())
        .unwrap();
    assert!(folder.path().read_dir().unwrap().next().is_some());
}

#[test]
#[ignore = "fetches 20 MB from Debian's archive"]
fn a_machine_without_prometheus_fetches_it_without_root_and_runs_it() {
    let tools = tempfile::tempdir().unwrap();
    let finder = Finder::new().without_path().with_tools(tools.path());
    let found = finder.prometheus().unwrap();
    assert!(
        found
            .prometheus
            .starts_with(tools.path().canonicalize().unwrap())
    );
    // Found again without fetching.
    assert_eq!(finder.clone().offline().prometheus().unwrap(), found);
    let options = PrometheusOptions {
        tools: Some(found),
        ..PrometheusOptions::default()
    };
    let server = Prometheus::start_with(options, &Dataset::generate(&Shape::one_series())).unwrap();
    assert_eq!(status(&server, "/-/ready"), Some(200));
}

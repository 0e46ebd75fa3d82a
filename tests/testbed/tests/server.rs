//! The testbed on a real Prometheus: what is loaded can be asked for, and what is stopped is gone.
#![allow(clippy::unwrap_used, reason = "these are tests, their helpers too")]

use std::time::Duration;

use metric_testbed::{
    Dataset, Finder, Prometheus, PrometheusOptions, Series, Shape, TestbedError, http_status,
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
    assert!(
        finder
            .victoria_metrics()
            .unwrap()
            .ends_with("victoria-metrics")
    );
}

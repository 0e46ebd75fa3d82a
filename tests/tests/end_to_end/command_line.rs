//! The command line on a real Prometheus: plans, streams, folds, batches, partial answers.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use metric_host::{Dimension, MetricQuery, RangeOptions};
use metric_testbed::{Dataset, Prometheus, PrometheusOptions, Shape};
use metric_tests::{Testbed, host_executable, plugin_file, reference};
use serde_json::Value;

pub(crate) fn command(address: &str, args: &[&str]) -> Command {
    let file = host_executable();
    assert!(
        file.is_file(),
        "no {}: `cargo build -p metric-host` makes it",
        file.display()
    );
    let mut command = Command::new(file);
    command
        .args(args)
        .args(["--sample-interval", "30s"])
        .env("METRIC_ADDRESS", address)
        .env("METRIC_PLUGIN", plugin_file())
        .env("TZ", "UTC")
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    command
}

fn run(address: &str, args: &[&str]) -> Output {
    command(address, args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn json(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", said(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub(crate) fn lines(text: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(text).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Four hours of every kernel's memory, a point a second: some million samples.
fn everything<'a>(start: &'a str, end: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let query = [
        "query",
        "mem",
        "--group-by",
        "kernel-id",
        "--start",
        start,
        "--end",
        end,
    ];
    [&query[..], more].concat()
}

fn ends() -> (String, String) {
    let start = Shape::fixed_start();
    (start.to_string(), (start + 4 * 3600 - 1).to_string())
}

/// The points of a stream's lines, put together.
fn put_together(lines: &[Value]) -> reference::Plain {
    let mut all: reference::Plain = BTreeMap::new();
    for line in lines.iter().filter(|line| line["kind"] == "series") {
        let labels = line["labels"].as_object().unwrap().iter();
        let labels = labels.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
        let times = line["timestamps"].as_array().unwrap().iter();
        let values = line["values"].as_array().unwrap().iter();
        let points = times.zip(values).map(|(time, value)| {
            let value = match value.as_str() {
                Some(text) => text.parse().unwrap(),
                None => value.as_f64().unwrap(),
            };
            (time.as_i64().unwrap(), value.to_bits())
        });
        all.entry(labels.collect()).or_default().extend(points);
    }
    all
}

#[tokio::test]
async fn a_long_stream_is_whole_and_is_the_range() {
    let testbed = Testbed::shared().unwrap();
    let (start, end) = ends();
    let args = ["--step", "1", "--interval", "30m", "--format", "ndjson"];
    let output = run(&testbed.server.address(), &everything(&start, &end, &args));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let lines = lines(&output.stdout);
    assert_eq!(
        (&lines[0]["kind"], &lines[0]["requests"]),
        (&"plan".into(), &8.into())
    );
    let last = lines.last().unwrap();
    assert_eq!(
        (&last["kind"], &last["outcome"]),
        (&"end".into(), &"whole".into())
    );

    let service = testbed
        .service_with(|config| config.max_points = Some(20_000))
        .unwrap();
    let mut query = MetricQuery::new("mem", start, end);
    query.step = Some(1);
    query.group_by = vec![Dimension::KernelId];
    let whole = service.query_metric(&query).await;
    // Prometheus itself refuses so many points at once; in chunks they can be had.
    assert!(whole.is_err());
    let options = RangeOptions {
        interval: Some(3600),
        ..RangeOptions::default()
    };
    let whole = service.query_range(&query, &options).await.unwrap().answer;
    let seen = put_together(&lines);
    let samples: usize = seen.values().map(Vec::len).sum();
    assert_eq!(last["samples"], samples);
    assert!(samples > 300_000, "{samples}");
    assert_eq!(seen, reference::plain(&whole));
}

#[test]
fn a_stream_whose_server_dies_ends_as_failed() {
    let shape = Shape {
        churn: false,
        metrics: vec!["mem".to_owned()],
        ..Shape::four_hours()
    };
    let dataset = Dataset::generate(&shape);
    let mut server = Prometheus::start_with(PrometheusOptions::default(), &dataset).unwrap();
    let (start, end) = ends();
    let args = [
        "--step",
        "1",
        "--interval",
        "15m",
        "--format",
        "ndjson",
        "--timeout",
        "5s",
    ];
    let mut child = command(&server.address(), &everything(&start, &end, &args))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut text = Vec::new();
    // The plan and the first series; whatever else there is waits until somebody reads.
    for _ in 0..2 {
        stdout.read_until(b'\n', &mut text).unwrap();
    }
    server.stop();
    stdout.read_to_end(&mut text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(said(&output).starts_with("error: "), "{}", said(&output));
    let lines = lines(&text);
    let last = lines.last().unwrap();
    assert_eq!(
        (&last["outcome"], &last["error"]["code"]),
        (&"failed".into(), &5.into())
    );
    assert_eq!(lines.iter().filter(|line| line["kind"] == "end").count(), 1);
}

#[test]
fn a_reader_may_pause_for_longer_than_a_request_may_take() {
    let address = Testbed::shared().unwrap().server.address();
    let (start, end) = ends();
    let args = [
        "--step",
        "1",
        "--interval",
        "15m",
        "--format",
        "ndjson",
        "--timeout",
        "5s",
    ];
    let mut child = command(&address, &everything(&start, &end, &args))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut text = Vec::new();
    stdout.read_until(b'\n', &mut text).unwrap();
    std::thread::sleep(Duration::from_secs(8));
    stdout.read_to_end(&mut text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(lines(&text).last().unwrap()["outcome"], "whole");
}

#[test]
fn a_plan_is_what_is_then_asked() {
    let address = Testbed::shared().unwrap().server.address();
    let (start, end) = ends();
    let plan = json(&run(
        &address,
        &everything(
            &start,
            &end,
            &["--points", "100", "--explain", "--format", "json"],
        ),
    ));
    assert_eq!(plan["step"], 300);
    let answer = json(&run(
        &address,
        &everything(&start, &end, &["--points", "100", "--format", "json"]),
    ));
    for field in ["promql", "step", "start", "end", "unit", "metric_type"] {
        assert_eq!(plan[field], answer[field], "{field}");
    }
    let most = answer["series"].as_array().unwrap().iter();
    let most = most
        .map(|series| series["values"].as_array().unwrap().len())
        .max();
    assert_eq!(plan["points"], most.unwrap());
}

#[test]
fn a_fold_is_the_extreme_of_what_lies_between() {
    let address = Testbed::shared().unwrap().server.address();
    let (start, end) = ends();
    // The sum of all points, which are the same ones each time.
    let sum = |fold: &str| {
        let args = [
            "--step",
            "1h",
            "--value-type",
            "current",
            "--format",
            "json",
        ];
        let args = [&args[..], &["--fold", fold]].concat();
        let answer = json(&run(&address, &everything(&start, &end, &args)));
        let series = answer["series"].as_array().unwrap().iter();
        let values = series.flat_map(|series| series["values"].as_array().unwrap());
        values.filter_map(Value::as_f64).sum::<f64>()
    };
    let [least, mean, most] = ["min", "avg", "max"].map(sum);
    assert!(
        0.0 < least && least < mean && mean < most,
        "{least} {mean} {most}"
    );
}

#[test]
fn a_batch_is_each_query_on_its_own() {
    let address = Testbed::shared().unwrap().server.address();
    let (start, end) = ends();
    let range = ["--start", &start, "--end", &end, "--format", "json"];
    let all = json(&run(
        &address,
        &[
            &[
                "query",
                "mem",
                "net_rx",
                "cpu_util",
                "--value-type",
                "current,capacity",
            ],
            &range[..],
        ]
        .concat(),
    ));
    let mut found = 0;
    for answer in all.as_array().unwrap() {
        let (metric, side) = (
            answer["metric"].as_str().unwrap(),
            answer["value_type"].as_str().unwrap(),
        );
        let alone = json(&run(
            &address,
            &[&["query", metric, "--value-type", side], &range[..]].concat(),
        ));
        for (field, value) in alone.as_object().unwrap() {
            assert_eq!(&answer[field], value, "{metric} {side} {field}");
        }
        found += alone["series"].as_array().unwrap().len();
    }
    assert_eq!(all.as_array().unwrap().len(), 6);
    assert!(found >= 4, "{found} of six have series");
}

#[test]
fn what_prometheus_refuses_is_missing_where_it_may_be() {
    let shape = Shape {
        churn: false,
        metrics: vec!["mem".to_owned()],
        ..Shape::four_hours()
    };
    let options = PrometheusOptions {
        // A quarter of an hour without data needs none of them, one with data more.
        arguments: vec!["--query.max-samples=2000".into()],
        ..PrometheusOptions::default()
    };
    let server = Prometheus::start_with(options, &Dataset::generate(&shape)).unwrap();
    let from = (Shape::fixed_start() - 3600).to_string();
    let to = (Shape::fixed_start() + 899).to_string();
    let args = ["--step", "1", "--interval", "15m", "--format", "json"];
    let refused = run(&server.address(), &everything(&from, &to, &args));
    assert_eq!(refused.status.code(), Some(10), "{}", said(&refused));
    let partial = json(&run(
        &server.address(),
        &everything(&from, &to, &[&args[..], &["--partial"]].concat()),
    ));
    let missing = partial["missing"].as_array().unwrap();
    assert!(!missing.is_empty());
    for chunk in missing {
        assert!(
            chunk["start"].as_i64().unwrap() >= Shape::fixed_start() * 1000,
            "{chunk}"
        );
        assert_eq!(chunk["error"]["class"], "limit-exceeded");
    }
}

#[test]
fn the_doctor_of_the_command_line_says_which_flags_to_set() {
    let address = Testbed::shared().unwrap().server.address();
    // The data are long past.
    let output = run(&address, &["doctor"]);
    assert_eq!(output.status.code(), Some(12), "{}", said(&output));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(
        table.contains("ok       server           Prometheus "),
        "{table}"
    );
    assert!(table.contains("fail     metrics"), "{table}");
}

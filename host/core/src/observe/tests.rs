use std::time::Duration;

use super::*;
use crate::{
    CompileCache, Config, Host, HostOptions, MetricQuery, MetricService, testing::log::Log,
};
use metric_test_plugins::{TestPlugin, plugin};

fn host() -> Host {
    Host::new(HostOptions {
        compile_cache: CompileCache::Off,
        ..HostOptions::default()
    })
    .unwrap()
}

fn service(host: &Host, bytes: &[u8]) -> MetricService {
    let config = Config::new("127.0.0.1:9090");
    host.load(bytes).unwrap().service(config).unwrap()
}

/// A query that names somebody.
fn query() -> MetricQuery {
    let mut query = MetricQuery::new("mem", "0", "60");
    query.labels.user_id = vec!["somebody".to_owned()];
    query
}

#[tokio::test]
async fn a_crash_is_found_by_its_request_id_with_the_functions_it_happened_in() {
    let log = Log::catch();
    let bytes = TestPlugin::new("(call $the_culprit) unreachable")
        .extra("(func $the_culprit unreachable)")
        .build();
    let id = RequestId::new("dashboard/7").unwrap();
    let service = service(&host(), &bytes).with_request_id(id);
    service.query_metric(&query()).await.unwrap_err();
    let text = log.text();
    let crash = text.lines().find(|line| line.contains("crashed")).unwrap();
    assert!(crash.contains("request_id=dashboard/7"), "{text}");
    assert!(crash.contains(r#"verb="query-metric""#), "{text}");
    assert!(text.contains("the_culprit"), "{text}");
    assert!(text.contains(r#"outcome="trapped""#), "{text}");
    assert!(!text.contains("somebody"), "{text}");
}

#[tokio::test]
async fn what_the_log_has_of_a_crash_is_cut() {
    let log = Log::catch();
    let long = "culprit".repeat(100_000);
    let bytes = TestPlugin::new(&format!("(call ${long}) unreachable"))
        .extra(&format!("(func ${long} unreachable)"))
        .build();
    let service = service(&host(), &bytes);
    service.query_metric(&query()).await.unwrap_err();
    let text = log.text();
    let crash = text.lines().find(|line| line.contains("crashed")).unwrap();
    assert!(
        crash.contains("culprit") && crash.len() < 6 << 10,
        "{} bytes",
        crash.len()
    );
}

#[tokio::test]
async fn calls_are_counted_by_verb_and_outcome() {
    let host = host();
    let bytes = TestPlugin::new("unreachable")
        .function("detect-metric-type", "(i32.const 1)")
        .build();
    let service = service(&host, &bytes);
    for _ in 0..3 {
        service.detect_metric_type("net_rx", None).await.unwrap();
    }
    service.build_promql(&query()).await.unwrap_err();
    let text = host.metrics().to_string();
    for line in [
        r#"metric_host_calls_total{verb="detect-metric-type",outcome="ok"} 3"#,
        r#"metric_host_calls_total{verb="build-promql",outcome="trapped"} 1"#,
        r#"metric_host_call_duration_seconds_count{verb="detect-metric-type"} 3"#,
        r#"metric_host_call_busy_seconds_count{verb="build-promql"} 1"#,
        "metric_host_calls_running 0",
        "# EOF",
    ] {
        assert!(text.lines().any(|each| each == line), "{line}\n{text}");
    }
}

#[test]
fn answers_of_further_addresses_are_counted_by_address() {
    let host = host();
    let metrics = &host.shared.metrics;
    metrics.failed_over("b:9090");
    metrics.failed_over("c:9090");
    metrics.failed_over("b:9090");
    let text = host.metrics().to_string();
    for line in [
        r#"metric_host_prometheus_failovers_total{address="b:9090"} 2"#,
        r#"metric_host_prometheus_failovers_total{address="c:9090"} 1"#,
    ] {
        assert!(text.lines().any(|each| each == line), "{line}\n{text}");
    }
}

#[tokio::test]
async fn a_call_that_is_given_up_is_counted_as_that() {
    let host = host();
    let service = service(&host, &plugin("(loop (br 0)) unreachable"));
    let query = query();
    let call = service.build_promql(&query);
    let given_up = tokio::time::timeout(Duration::from_millis(50), call).await;
    given_up.unwrap_err();
    let text = host.metrics().to_string();
    let cancelled = r#"metric_host_calls_total{verb="build-promql",outcome="cancelled"} 1"#;
    assert!(text.contains(cancelled), "{text}");
    assert!(text.contains("metric_host_calls_running 0"), "{text}");
}

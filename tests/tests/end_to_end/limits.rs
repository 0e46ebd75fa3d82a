//! One host that serves many calls, and runs into each of its limits on the network again and again: every time with
//! the error of that limit, and the call after it is served as if nothing had been.

use std::net::TcpListener;
use std::time::Duration;

use metric_host::{
    CallError, Config, DenyReason, Dimension, Host, HostOptions, Limits, MetricQuery, MetricResult,
    MetricService, Plugin, RangeOptions, ServiceError, ValueType,
};
use metric_testbed::Shape;
use metric_tests::{Testbed, plugin_file};

/// Requests of a call.
const REQUESTS: u32 = 8;
/// Bytes of one answer, and of all answers of a call.
const RESPONSE_BYTES: u64 = 128 << 10;
const RECEIVED_BYTES: u64 = 192 << 10;
const CALLS: u32 = 2;
const WAITING: u32 = 2;

fn host() -> Host {
    Host::new(HostOptions {
        limits: Limits {
            requests_per_call: REQUESTS,
            response_bytes: RESPONSE_BYTES,
            received_bytes: RECEIVED_BYTES,
            request_bytes: 2 << 10,
            concurrent_calls: CALLS,
            waiting_calls: WAITING,
            ..Limits::default()
        },
        ..HostOptions::default()
    })
    .unwrap()
}

fn service(plugin: &Plugin, address: &str, timeout: u32) -> MetricService {
    let mut config = Config::new(address);
    config.timeout = Some(timeout);
    config.sample_interval = Some(30);
    plugin.service(config).unwrap()
}

/// The fleet's memory over so long, at this step.
fn query(seconds: i64, step: u32) -> MetricQuery {
    let start = Shape::fixed_start();
    let mut query = MetricQuery::new("mem", start.to_string(), (start + seconds).to_string());
    query.step = Some(step);
    query
}

fn in_pieces_of(seconds: u32) -> RangeOptions {
    RangeOptions {
        interval: Some(seconds),
        concurrency: Some(1),
        ..RangeOptions::default()
    }
}

/// The limit of bytes that was exceeded.
fn exceeded(error: &CallError) -> u64 {
    match said(error) {
        ServiceError::LimitExceeded(limit) if limit.limit == "response-bytes" => {
            limit.maximum.unwrap()
        }
        other => panic!("{other:?}"),
    }
}

fn said(error: &CallError) -> &ServiceError {
    error.service().unwrap_or_else(|| panic!("{error:?}"))
}

#[tokio::test]
async fn a_host_that_runs_into_its_limits_on_the_network_serves_the_next_call() {
    let testbed = Testbed::shared().unwrap();
    let plugin = host().load_file(plugin_file()).unwrap();
    let good = service(&plugin, &testbed.server.address(), 30_000);
    // Takes connections, and never looks at them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let expected = good.query_metric(&query(600, 60)).await.unwrap();
    assert!(!expected.series.is_empty());
    for round in 1..=3 {
        // A body that is too long.
        let mut by_kernel = query(4 * 3600, 2);
        by_kernel.group_by = vec![Dimension::KernelId];
        let error = good.query_metric(&by_kernel).await.unwrap_err();
        assert_eq!(exceeded(&error), RESPONSE_BYTES);
        assert_same(&good, &expected).await;

        // More requests than a call has.
        let error = good
            .query_range(&query(3600, 60), &in_pieces_of(300))
            .await
            .unwrap_err();
        assert!(matches!(said(&error), ServiceError::Denied(_)), "{error:?}");
        assert!(good.denials().of(DenyReason::Requests) >= round);
        assert_same(&good, &expected).await;

        // Each body is short enough, and all together are too long.
        let mut by_kernel = query(3600, 3);
        by_kernel.group_by = vec![Dimension::KernelId];
        by_kernel.labels.value_type = Some(ValueType::Usage);
        let pieces = in_pieces_of(300);
        let error = good.query_range(&by_kernel, &pieces).await.unwrap_err();
        assert_eq!(exceeded(&error), RECEIVED_BYTES);
        assert_same(&good, &expected).await;

        // A request that is too long.
        let mut long = query(600, 60);
        long.labels.kernel_id = vec!["k".repeat(4 << 10)];
        let error = good.query_metric(&long).await.unwrap_err();
        assert!(matches!(said(&error), ServiceError::Denied(_)), "{error:?}");
        assert_eq!(good.denials().of(DenyReason::Body), round);
        assert_same(&good, &expected).await;
    }

    // Nobody answers, in all places and in the line; one more is refused, and then there is room again.
    let stuck = service(&plugin, &silent.local_addr().unwrap().to_string(), 1_000);
    let calls: Vec<_> = (0..CALLS + WAITING)
        .map(|_| {
            let stuck = stuck.clone();
            tokio::spawn(async move { stuck.query_metric(&query(600, 60)).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let error = good.query_metric(&query(600, 60)).await.unwrap_err();
    assert!(matches!(error, CallError::Overloaded { .. }), "{error:?}");
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        let is_late = matches!(error, CallError::TimedOut { .. })
            || matches!(error.service(), Some(ServiceError::TimedOut(_)));
        assert!(is_late, "{error:?}");
    }
    assert_same(&good, &expected).await;
}

#[tokio::test]
async fn more_requests_than_may_be_under_way_wait_for_their_turn_and_all_are_answered() {
    let testbed = Testbed::shared().unwrap();
    let host = Host::new(HostOptions {
        limits: Limits {
            concurrent_requests: 2,
            service_requests: 3,
            ..Limits::default()
        },
        ..HostOptions::default()
    });
    let plugin = host.unwrap().load_file(plugin_file()).unwrap();
    let mut config = Config::new(testbed.server.address());
    config.sample_interval = Some(30);
    let narrow = plugin.service_with(config, &metric_tests::uncached());
    let (narrow, wide) = (narrow.unwrap(), testbed.service().unwrap());
    let options = RangeOptions {
        interval: Some(300),
        concurrency: Some(64),
        ..RangeOptions::default()
    };
    let query = query(3 * 3600, 60);
    let expected = wide.query_range(&query, &options).await.unwrap();
    assert!(expected.missing.is_empty());
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let (narrow, query) = (narrow.clone(), query.clone());
            tokio::spawn(async move { narrow.query_range(&query, &options).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), expected);
    }
    // Two streams that nobody reads on hold what there is, and still there is room for others.
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = narrow.stream(&query, &options).await.unwrap();
        stream.next().await.unwrap().unwrap();
        streams.push(stream);
    }
    let answer = narrow.query_range(&query, &options).await.unwrap();
    assert_eq!(answer, expected);
}

async fn assert_same(service: &MetricService, expected: &MetricResult) {
    let next = service.query_metric(&query(600, 60)).await.unwrap();
    assert_eq!(next.series, expected.series);
}

#[tokio::test]
async fn a_stream_has_the_requests_of_one_call_for_all_its_pieces() {
    let testbed = Testbed::shared().unwrap();
    let plugin = host().load_file(plugin_file()).unwrap();
    let service = service(&plugin, &testbed.server.address(), 30_000);
    // Thirteen requests, of few bytes.
    let options = in_pieces_of(600);
    let mut stream = service.stream(&query(7200, 60), &options).await.unwrap();
    assert!(stream.plan().chunks.len() > REQUESTS as usize);
    let mut pieces = 0;
    let error = loop {
        match stream.next().await {
            Ok(Some(_)) => pieces += 1,
            Ok(None) => panic!("it ended after {pieces} pieces"),
            Err(error) => break error,
        }
    };
    assert!(matches!(said(&error), ServiceError::Denied(_)), "{error:?}");
    assert_eq!(service.denials().of(DenyReason::Requests), 1);
    assert_eq!(pieces, REQUESTS);
}

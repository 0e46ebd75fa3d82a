//! Failures on the way, each with its own error.

use metric_host::{CallError, Config, MetricQuery, ServiceError};
use metric_testbed::{Dataset, Prometheus, PrometheusOptions, Shape};
use metric_tests::{Testbed, plugin, uncached};

fn an_hour_of_mem() -> MetricQuery {
    let start = Shape::fixed_start();
    MetricQuery::new("mem", start.to_string(), (start + 3600).to_string())
}

#[tokio::test]
async fn nobody_listening_is_a_failed_connection() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let service = plugin()
        .unwrap()
        .service(Config::new(free.to_string()))
        .unwrap();
    let error = service.query_metric(&an_hour_of_mem()).await.unwrap_err();
    assert!(
        matches!(error, CallError::Service(ServiceError::ConnectionFailed(_))),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_timed_out_in_time() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = Config::new(silent.local_addr().unwrap().to_string());
    config.timeout = Some(300);
    let service = plugin().unwrap().service(config).unwrap();
    let begun = std::time::Instant::now();
    let error = service.query_metric(&an_hour_of_mem()).await.unwrap_err();
    assert!(
        matches!(error, CallError::Service(ServiceError::TimedOut(_))),
        "{error:?}"
    );
    assert!(begun.elapsed() < std::time::Duration::from_secs(5));
}

#[tokio::test]
async fn prometheus_own_limit_is_a_limit_in_its_own_words() {
    let options = PrometheusOptions {
        arguments: vec!["--query.max-samples=10".into()],
        ..PrometheusOptions::default()
    };
    let server = Prometheus::start_with(options, &Dataset::generate(&Shape::one_series())).unwrap();
    let service = plugin()
        .unwrap()
        .service(Config::new(server.address()))
        .unwrap();
    let mut query = an_hour_of_mem();
    query.step = Some(60);
    let error = service.query_metric(&query).await.unwrap_err();
    let CallError::Service(ServiceError::LimitExceeded(limit)) = error else {
        panic!("{error:?}")
    };
    assert_eq!((limit.limit.as_str(), limit.maximum), ("server", None));
    let message = limit.message.unwrap();
    assert!(message.contains("too many samples"), "{message}");
}

#[tokio::test]
async fn a_server_that_comes_back_is_asked_again() {
    let dataset = Dataset::generate(&Shape::one_series());
    let mut server = Prometheus::start_with(PrometheusOptions::default(), &dataset).unwrap();
    let service = plugin()
        .unwrap()
        .service_with(Config::new(server.address()), &uncached())
        .unwrap();
    let before = service.query_metric(&an_hour_of_mem()).await.unwrap();
    server.stop();
    service.query_metric(&an_hour_of_mem()).await.unwrap_err();
    server.restart().unwrap();
    let after = service.query_metric(&an_hour_of_mem()).await.unwrap();
    assert_eq!(before.series, after.series);
}

#[tokio::test]
async fn a_result_beyond_its_budget_is_refused_before_it_fills_the_memory() {
    let testbed = Testbed::shared().unwrap();
    let service = testbed
        .service_with(|config| config.max_result_bytes = Some(500))
        .unwrap();
    let error = service.query_metric(&an_hour_of_mem()).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Service(ServiceError::LimitExceeded(limit)) if limit.limit == "max-result-bytes" && limit.maximum == Some(500)),
        "{error:?}"
    );
}

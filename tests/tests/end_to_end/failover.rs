//! Two Prometheus with the same data, one of which goes and comes back while it is asked.

use metric_host::{
    Config, Dimension, Host, HostOptions, MetricQuery, MetricService, RangeOptions, ServiceOptions,
};
use metric_testbed::{Dataset, Prometheus, PrometheusOptions, Shape};
use metric_tests::{plugin_file, uncached};

/// A host of its own, whose metrics are of this test only.
fn service(options: &ServiceOptions, first: &Prometheus) -> (Host, MetricService) {
    let host = Host::new(HostOptions::default()).unwrap();
    let mut config = Config::new(first.address());
    config.sample_interval = Some(30);
    let plugin = host.load_file(plugin_file()).unwrap();
    let service = plugin.service_with(config, options).unwrap();
    (host, service)
}

/// The number of requests that each address has answered.
fn answers(service: &MetricService) -> Vec<u64> {
    let answers = service.answers_by_address();
    answers.into_iter().map(|(_, number)| number).collect()
}

#[tokio::test]
async fn an_address_that_stops_in_the_middle_of_a_range_costs_no_point_and_it_is_told_who_answered()
{
    let dataset = Dataset::generate(&Shape::four_hours());
    let start = || Prometheus::start_with(PrometheusOptions::default(), &dataset).unwrap();
    let (mut first, second) = (start(), start());
    let mut options = uncached();
    options.failover = vec![second.address()];
    let (host, service) = service(&options, &first);
    let from = Shape::fixed_start();
    let mut query = MetricQuery::new("net_rx", from.to_string(), (from + 4 * 3600).to_string());
    query.step = Some(60);
    query.group_by = vec![Dimension::AgentId];
    let one_by_one = RangeOptions {
        interval: Some(900),
        concurrency: Some(1),
        ..RangeOptions::default()
    };
    let expected = service.query_range(&query, &one_by_one).await.unwrap();
    let chunks = answers(&service)[0];
    assert!(chunks >= 16, "{chunks}");
    assert_eq!(answers(&service), [chunks, 0]);

    // Three pieces have come when it stops.
    let mut stream = service.stream(&query, &one_by_one).await.unwrap();
    let mut samples = 0;
    let mut pieces = 0;
    while let Some(piece) = stream.next().await.unwrap() {
        assert!(piece.missing.is_empty(), "{:?}", piece.missing);
        samples += piece
            .series
            .iter()
            .map(|series| series.values.len())
            .sum::<usize>();
        pieces += 1;
        if pieces == 3 {
            first.stop();
        }
    }
    let all = expected
        .answer
        .series
        .iter()
        .map(|series| series.values.len());
    assert_eq!(samples, all.sum::<usize>());
    let stopped = answers(&service);
    assert!(stopped[0] >= chunks + 3 && stopped[1] > 0, "{stopped:?}");
    assert_eq!(stopped.iter().sum::<u64>(), 2 * chunks, "{stopped:?}");

    let again = service.query_range(&query, &one_by_one).await.unwrap();
    assert_eq!(again, expected);
    let all_by_second = answers(&service);
    assert_eq!(all_by_second, [stopped[0], stopped[1] + chunks]);
    let line = format!(
        "metric_host_prometheus_failovers_total{{address=\"{}\"}} {}",
        second.address(),
        all_by_second[1]
    );
    let metrics = host.metrics().to_string();
    assert!(
        metrics.lines().any(|each| each == line),
        "{line}\n{metrics}"
    );
}

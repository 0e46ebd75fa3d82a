//! Values that try to break out of the query.

use metric_host::MetricQuery;
use metric_testbed::Shape;
use metric_tests::{HOSTILE, Testbed};

fn of_kernel(kernel: &str) -> MetricQuery {
    let start = Shape::fixed_start() + 600;
    let mut query = MetricQuery::new("mem", start.to_string(), (start + 60).to_string());
    query.labels.kernel_id = vec![kernel.to_owned()];
    query
}

#[tokio::test]
async fn a_hostile_value_finds_the_series_that_carries_it_and_no_other() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let result = service.query_metric(&of_kernel(HOSTILE)).await.unwrap();
    assert_eq!(result.series.len(), 1);
    let kernel = result.series[0]
        .labels
        .iter()
        .find(|(name, _)| name == "kernel_id")
        .unwrap();
    assert_eq!(kernel.1, HOSTILE);
    assert!(result.series[0].values.iter().all(|v| *v == 42.0));
}

#[tokio::test]
async fn prometheus_accepts_every_value_and_finds_nothing_for_it() {
    let service = Testbed::shared().unwrap().service().unwrap();
    for value in [
        "\"} or up{a=\"",
        "\\",
        "\\\"",
        "\\x",
        "\0",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{fffd}",
        "\u{feff}",
        "\u{10ffff}",
        "'",
        "`",
        "#",
        "${x}",
        "%",
        "a,b",
    ] {
        let result = service.query_metric(&of_kernel(value)).await.unwrap();
        assert!(result.series.is_empty(), "{value:?}");
    }
}

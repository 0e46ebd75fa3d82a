//! Rates and percentages, whose truth is known beforehand.

use metric_host::{MetricQuery, MetricType, ValueType};
use metric_testbed::Shape;
use metric_tests::{STEADY, STEADY_RATE, Testbed};

fn steady(step: u32, phase: i64) -> MetricQuery {
    let start = Shape::fixed_start() + 1800 + phase;
    let mut query = MetricQuery::new("net_rx", start.to_string(), (start + 3 * 3600).to_string());
    query.step = Some(step);
    query.labels.kernel_id = vec![STEADY.to_owned()];
    query
}

#[tokio::test]
async fn a_constant_rate_reads_as_itself_at_every_step_and_phase() {
    let testbed = Testbed::shared().unwrap();
    let service = testbed.service().unwrap();
    for step in [7, 15, 30, 60, 300, 900] {
        for phase in [0, 11, 29] {
            let result = service.query_metric(&steady(step, phase)).await.unwrap();
            assert_eq!(result.metric_type, MetricType::Rate);
            assert_eq!(result.unit.as_deref(), Some("bytes/s"));
            assert!(!result.series[0].values.is_empty());
            for value in &result.series[0].values {
                assert!(
                    (value - STEADY_RATE).abs() < 1e-6 * STEADY_RATE,
                    "step {step}: {value}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_fixed_window_that_is_too_short_is_used_and_doubted() {
    let testbed = Testbed::shared().unwrap();
    let fixed = testbed
        .service_with(|config| config.timewindow = Some("1m".into()))
        .unwrap();
    let result = fixed.query_metric(&steady(300, 0)).await.unwrap();
    assert!(result.promql.contains("[1m]"));
    assert_eq!(result.warnings.len(), 2, "{:?}", result.warnings);
    let automatic = testbed
        .service()
        .unwrap()
        .query_metric(&steady(300, 0))
        .await
        .unwrap();
    assert!(automatic.promql.contains("[5m30s]"));
    assert!(automatic.warnings.is_empty());
}

#[tokio::test]
async fn cpu_use_in_percent_is_that_of_a_core() {
    let testbed = Testbed::shared().unwrap();
    let service = testbed.service().unwrap();
    let start = Shape::fixed_start() + 1800;
    let kernel = testbed
        .documented
        .fleet()
        .kernels
        .iter()
        .find(|k| k.from < start && k.gap.is_none())
        .unwrap();
    let mut query = MetricQuery::new("cpu_util", start.to_string(), (start + 1800).to_string());
    query.labels.kernel_id = vec![kernel.kernel_id.clone()];
    let mut ask = async |side| {
        query.labels.value_type = Some(side);
        service.query_metric(&query).await.unwrap()
    };
    let (current, percent) = (ask(ValueType::Current).await, ask(ValueType::Pct).await);
    assert_eq!(current.metric_type, MetricType::Diff);
    assert_eq!(percent.unit.as_deref(), Some("percent"));
    let columns = current.series[0]
        .values
        .iter()
        .zip(&percent.series[0].values);
    let mut above_zero = 0;
    for (current, percent) in columns {
        // A thousand milliseconds a second are one core.
        assert_eq!(current / 10.0, *percent);
        above_zero += usize::from(*percent > 0.0);
    }
    assert!(above_zero > 10);
}

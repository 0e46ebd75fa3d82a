//! Gauges against the data themselves.

use metric_host::{Dimension, MetricQuery, ValueType};
use metric_testbed::Shape;
use metric_tests::{Testbed, reference};

fn query(from: i64, to: i64, step: u32) -> MetricQuery {
    let mut query = MetricQuery::new("mem", from.to_string(), to.to_string());
    query.step = Some(step);
    query.labels.value_type = Some(ValueType::Usage);
    query
}

#[tokio::test]
async fn the_memory_of_every_session_is_what_its_kernels_used() {
    let testbed = Testbed::shared().unwrap();
    let start = Shape::fixed_start();
    let mut query = query(start, start + 4 * 3600, 60);
    query.group_by = vec![Dimension::SessionId];
    let result = testbed
        .service()
        .unwrap()
        .query_metric(&query)
        .await
        .unwrap();
    assert_eq!(result.unit.as_deref(), Some("bytes"));

    let labels = [("container_metric_name", "mem"), ("value_type", "usage")];
    let mut compared = 0;
    for at in (start..=start + 4 * 3600).step_by(60) {
        let Some(expected) = reference::gauge_at(&testbed.documented, &labels, "session_id", at)
        else {
            continue;
        };
        let found = result.series.iter().filter_map(|series| {
            let session = series
                .labels
                .iter()
                .find(|(name, _)| name == "session_id")?;
            let i = series.timestamps.binary_search(&(at * 1000)).ok()?;
            Some((session.1.clone(), series.values[i]))
        });
        assert_eq!(
            found.collect::<std::collections::BTreeMap<_, _>>(),
            expected,
            "at {at}"
        );
        compared += expected.len();
    }
    assert!(compared > 1000, "{compared} points were compared");
}

#[tokio::test]
async fn a_gap_stays_a_gap() {
    let testbed = Testbed::shared().unwrap();
    let start = Shape::fixed_start();
    let long_gap =
        |kernel: &&metric_testbed::Kernel| kernel.gap.is_some_and(|(from, to)| to - from > 900);
    let kernel = testbed
        .documented
        .fleet()
        .kernels
        .iter()
        .find(long_gap)
        .expect("the data have a long gap");
    let (from, to) = kernel.gap.unwrap();
    let mut query = query(start, start + 4 * 3600, 30);
    query.labels.kernel_id = vec![kernel.kernel_id.clone()];
    let result = testbed
        .service()
        .unwrap()
        .query_metric(&query)
        .await
        .unwrap();
    let times = &result.series[0].timestamps;
    // After the lookback of five minutes there is nothing, and no zero is made up.
    assert!(
        times
            .iter()
            .all(|&t| t <= (from + 300) * 1000 || t > to * 1000)
    );
    assert!(times.iter().any(|&t| t > to * 1000), "it comes back");
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
}

#[tokio::test]
async fn values_without_digits_and_extreme_ones_arrive_to_the_last_bit() {
    let testbed = Testbed::shared().unwrap();
    let start = Shape::fixed_start();
    let mut query = MetricQuery::new("odd_values", start.to_string(), (start + 3600).to_string());
    query.step = Some(30);
    let service = testbed.service().unwrap();
    let result = service.query_metric(&query).await.unwrap();
    let values = &result.series[0].values;
    for expected in [f64::INFINITY, f64::NEG_INFINITY, 5e-324, f64::MAX, 0.1] {
        assert!(
            values.iter().any(|v| v.to_bits() == expected.to_bits()),
            "{expected}"
        );
    }
    assert!(values.iter().any(|v| v.is_nan()));
    assert_eq!(result.unit, None, "the catalogue does not know it");
}

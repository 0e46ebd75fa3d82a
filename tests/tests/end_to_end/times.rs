//! Ranges, steps and limits, up to the backend's own.

use metric_host::{CallError, MetricQuery, ServiceError};
use metric_testbed::Shape;
use metric_tests::Testbed;

#[tokio::test]
async fn the_most_points_that_prometheus_grants_pass() {
    let testbed = Testbed::shared().unwrap();
    let start = Shape::fixed_start();
    let mut query = MetricQuery::new("mem", start.to_string(), (start + 11_000).to_string());
    query.step = Some(1);
    let service = testbed.service().unwrap();
    let result = service.query_metric(&query).await.unwrap();
    let longest = result.series.iter().map(|series| series.values.len()).max();
    assert!(longest > Some(10_900), "{longest:?}");

    // One more is refused by us; and by Prometheus, where we are told to let it through.
    query.end = (start + 11_001).to_string();
    let refused = service.query_metric(&query).await.unwrap_err();
    assert!(
        matches!(refused, CallError::Service(ServiceError::LimitExceeded(limit)) if limit.limit == "max-points" && limit.maximum == Some(11_001))
    );
    let lenient = testbed
        .service_with(|config| config.max_points = Some(20_000))
        .unwrap();
    let refused = lenient.query_metric(&query).await.unwrap_err();
    assert!(
        matches!(refused, CallError::Service(ServiceError::FailedToGetMetric(no)) if no.status == 400 && no.error_type.as_deref() == Some("bad_data"))
    );
}

#[tokio::test]
async fn every_form_of_a_time_asks_for_the_same_points() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let forms = [
        ("2026-01-05T01:00:00Z", "2026-01-05T02:00:00Z"),
        ("2026-01-05T10:00:00+09:00", "2026-01-04T21:00:00-05:00"),
        ("2026-01-05 01:00:00", "2026-01-05T02:00"),
        ("1767574800", "1767578400.0"),
    ];
    let mut answers = Vec::new();
    for (start, end) in forms {
        let result = service
            .query_metric(&MetricQuery::new("mem", start, end))
            .await
            .unwrap();
        assert_eq!(
            (result.start, result.end, result.step),
            (1_767_574_800_000, 1_767_578_400_000, 300)
        );
        answers.push(result.series);
    }
    assert!(
        answers
            .iter()
            .all(|series| *series == answers[0] && !series.is_empty())
    );
}

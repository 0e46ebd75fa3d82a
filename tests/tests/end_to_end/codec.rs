//! The codec and the service are the same, and both agree with a client and a decoder that are not ours.

use metric_host::{Dimension, MetricQuery, ValueType};
use metric_testbed::Shape;
use metric_tests::{Testbed, reference};

fn queries() -> Vec<MetricQuery> {
    let start = Shape::fixed_start();
    let mut queries = Vec::new();
    for (name, side) in [
        ("mem", None),
        ("mem", Some(ValueType::Usage)),
        ("mem", Some(ValueType::Pct)),
        ("cpu_util", Some(ValueType::Current)),
        ("cpu_util", Some(ValueType::Pct)),
        ("net_rx", Some(ValueType::Current)),
        ("odd_values", None),
        ("not_there", None),
    ] {
        for group_by in [
            vec![],
            vec![Dimension::KernelId],
            vec![Dimension::AgentId, Dimension::UserId, Dimension::ProjectId],
        ] {
            let mut query =
                MetricQuery::new(name, start.to_string(), (start + 3 * 3600 + 17).to_string());
            query.labels.value_type = side;
            query.group_by = group_by;
            queries.push(query);
        }
    }
    queries
}

#[tokio::test]
async fn every_way_to_an_answer_gives_the_same_bits() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let mut samples = 0;
    for query in queries() {
        let by_service = service.query_metric(&query).await.unwrap();
        let request = service.metric_request(&query).await.unwrap();
        let (status, body) = reference::send(&request).unwrap();
        let by_codec = service
            .metric_response(&query, status, &body)
            .await
            .unwrap();
        let expected = reference::read_matrix(&body).unwrap();
        assert_eq!(
            reference::plain(&by_service),
            expected,
            "{}",
            by_service.promql
        );
        assert_eq!(reference::plain(&by_codec), expected, "{}", by_codec.promql);
        assert_eq!(by_service.promql, by_codec.promql);
        samples += expected.values().map(Vec::len).sum::<usize>();
    }
    assert!(samples > 5_000, "{samples}");
}

//! The codec and the service are the same, and both agree with a client and a decoder that are not ours.

use metric_host::{Dimension, MetricQuery, RangeOptions, Scope, ValueType};
use metric_testbed::Shape;
use metric_tests::{Testbed, plugin, reference};

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
        let mut expected = reference::read_matrix(&body).unwrap();
        // No series of the answer: how many kernels a percentage leaves out.
        expected.retain(|labels, _| labels.iter().all(|(name, _)| name != "left_out"));
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

/// The scope has nobody's series, so that an answer tells whether it was kept.
#[tokio::test]
async fn what_a_scoped_service_hands_out_is_what_it_would_send() {
    let wide = Testbed::shared().unwrap().service().unwrap();
    let scope = Scope::equal("owner_user_id", "nobody").unwrap();
    let narrow = wide.scoped(scope.clone());
    let offline = plugin().unwrap().offline(wide.config().clone()).unwrap();
    let offline = offline.scoped(scope.clone());
    let (query, options) = (&queries()[0], RangeOptions::default());
    let unscoped = wide.build_promql(query).await.unwrap();
    let promql = scope.enforce_query(&unscoped).unwrap();
    assert!(!wide.query_metric(query).await.unwrap().series.is_empty());

    for service in [&narrow, &offline] {
        assert_eq!(service.build_promql(query).await.unwrap(), promql);
        let plan = service.plan(query, &options).await.unwrap();
        assert_eq!(plan.promql, promql);
        let stream = service.stream(query, &options).await.unwrap();
        assert_eq!(stream.plan().promql, promql);
        let request = service.metric_request(query).await.unwrap();
        let (status, body) = reference::send(&request).unwrap();
        let answer = service.metric_response(query, status, &body).await.unwrap();
        assert_eq!((answer.promql, answer.series), (promql.clone(), vec![]));
        let request = service.metadata_request().await.unwrap();
        let (status, body) = reference::send(&request).unwrap();
        let metrics = service.metadata_response(status, &body).await.unwrap();
        assert_eq!(metrics.metrics, []);
    }
    let mut said = vec![
        narrow.query_metric(query).await.unwrap(),
        narrow.query_range(query, &options).await.unwrap().answer,
    ];
    let page = narrow.query_page(query, &options, None).await.unwrap();
    said.push(page.answer.answer);
    let queries = std::slice::from_ref(query);
    let batch = narrow.query_batch(queries, &options).await.unwrap();
    said.extend(batch.into_iter().map(|answer| answer.unwrap().answer));
    for answer in said {
        assert_eq!((&answer.promql, answer.series), (&promql, vec![]));
    }
}

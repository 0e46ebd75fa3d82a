//! Many calls at once, on one service.

use metric_host::{Dimension, MetricQuery};
use metric_testbed::Shape;
use metric_tests::{Testbed, reference};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_calls_at_once_each_get_their_own_answer() {
    let service = Testbed::shared().unwrap().service().unwrap();
    let query = |i: i64| {
        let start = Shape::fixed_start() + i * 60;
        let mut query = MetricQuery::new("mem", start.to_string(), (start + 3600).to_string());
        query.group_by = vec![Dimension::KernelId];
        query.step = Some(60);
        query
    };
    let mut expected = Vec::new();
    for i in 0..64 {
        expected.push(reference::plain(
            &service.query_metric(&query(i)).await.unwrap(),
        ));
    }
    let calls: Vec<_> = (0..64)
        .map(|i| {
            let service = service.clone();
            tokio::spawn(async move { service.query_metric(&query(i)).await })
        })
        .collect();
    for (call, expected) in calls.into_iter().zip(expected) {
        assert_eq!(reference::plain(&call.await.unwrap().unwrap()), expected);
    }
}

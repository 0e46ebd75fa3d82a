//! Queries of one container that differ in the metric's name only: asked together, answered as if each were alone.

use std::sync::OnceLock;

use metric_host::{Config, Dimension, MetricQuery, MetricService, RangeOptions, Scope, ValueType};
use metric_testbed::{Dataset, Prometheus, PrometheusOptions, Series, Shape};
use metric_tests::{HOSTILE, plugin, reference};

/// Names that would be more than themselves as a regular expression, or less; and two that are not there.
const NAMES: [&str; 12] = [
    "mem", "cpu_util", "net_rx", "a|b", "a", "b", "a.b", "axb", ".*", HOSTILE, "absent", "(",
];
const KERNEL: &str = "family";

fn dataset() -> Dataset {
    let shape = Shape {
        to: Shape::fixed_start() + 3600,
        kernels: 3,
        ..Shape::four_hours()
    };
    let mut dataset = Dataset::generate(&shape);
    let times: Vec<i64> = (0..=120).map(|i| shape.from + i * 30).collect();
    for (number, name) in (1_u32..).zip(&NAMES[..10]) {
        for (session, value_type) in [("s1", "current"), ("s1", "capacity"), ("s2", "current")] {
            let labels = [
                ("container_metric_name", *name),
                ("kernel_id", KERNEL),
                ("session_id", session),
                ("value_type", value_type),
            ];
            dataset.push(Series {
                labels: labels.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(),
                values: (0..times.len() as u32)
                    .map(|i| f64::from(i * number) / 7.0)
                    .collect(),
                timestamps: times.clone(),
            });
        }
    }
    dataset
}

fn server() -> &'static Prometheus {
    static SERVER: OnceLock<Prometheus> = OnceLock::new();
    SERVER.get_or_init(|| Prometheus::start_with(PrometheusOptions::default(), &dataset()).unwrap())
}

fn service(change: impl FnOnce(&mut Config)) -> MetricService {
    let mut config = Config::new(server().address());
    change(&mut config);
    plugin().unwrap().service(config).unwrap()
}

/// A query of each name and side.
fn queries(step: u32, group_by: &[Dimension], by_session: bool) -> Vec<MetricQuery> {
    let start = Shape::fixed_start();
    let sides = [
        None,
        Some(ValueType::Current),
        Some(ValueType::Capacity),
        Some(ValueType::Pct),
    ];
    let query = |name: &&str, side| {
        let mut query =
            MetricQuery::new(*name, (start + 60).to_string(), (start + 3000).to_string());
        query.step = Some(step);
        query.labels.value_type = side;
        query.group_by = group_by.to_vec();
        match by_session {
            true => query.labels.session_id = vec!["s1".to_owned()],
            false => query.labels.kernel_id = vec![KERNEL.to_owned()],
        }
        query
    };
    NAMES
        .iter()
        .flat_map(|name| sides.map(|side| query(name, side)))
        .collect()
}

/// Asks together and alone, and gives how many samples both have.
async fn same_together_and_alone(
    service: &MetricService,
    queries: &[MetricQuery],
    options: &RangeOptions,
) -> usize {
    let mut samples = 0;
    let together = service.query_batch(queries, options).await.unwrap();
    for (query, together) in queries.iter().zip(together) {
        let (together, alone) = (
            together.unwrap(),
            service.query_range(query, options).await.unwrap(),
        );
        assert_eq!(together.answer.promql, alone.answer.promql);
        assert_eq!(
            reference::plain(&together.answer),
            reference::plain(&alone.answer),
            "{query:?}"
        );
        assert_eq!(together.answer.series.len(), alone.answer.series.len());
        assert_eq!(together.answer.warnings, alone.answer.warnings);
        samples += alone
            .answer
            .series
            .iter()
            .map(|s| s.values.len())
            .sum::<usize>();
    }
    samples
}

#[tokio::test]
async fn a_query_has_the_same_answer_in_company_as_alone() {
    let service = service(|_| {});
    let mut samples = 0;
    for step in [30, 60, 77] {
        for by in [
            &[][..],
            &[Dimension::MetricName],
            &[Dimension::KernelId, Dimension::ValueType],
        ] {
            for by_session in [false, true] {
                // With gaps between what is asked for, and twice the same.
                let mut queries = queries(step, by, by_session);
                queries.push(queries[5].clone());
                for interval in [None, Some(900)] {
                    let options = RangeOptions {
                        cached: true,
                        interval,
                        ..RangeOptions::default()
                    };
                    let service = service.with_now((Shape::fixed_start() + 7200) * 1000);
                    samples += same_together_and_alone(&service, &queries, &options).await;
                }
            }
        }
    }
    assert!(samples > 20_000, "{samples} samples were compared");
}

#[tokio::test]
async fn a_scope_holds_for_queries_in_company() {
    let scope = |value| Scope::equal("session_id", value).unwrap();
    let queries = queries(60, &[], false);
    let all = service(|_| {});
    let own = all.scoped(scope("s2"));
    let options = RangeOptions::default();
    let samples = same_together_and_alone(&own, &queries, &options).await;
    assert!(samples > 0);
    assert!(samples < same_together_and_alone(&all, &queries, &options).await);
    assert_eq!(own.denials().total(), 0);
}

#[tokio::test]
async fn a_limit_that_company_goes_beyond_does_not_hold_for_one_alone() {
    // Room for the samples of one query, not for those of ten.
    let service = service(|config| config.max_result_bytes = Some(4000));
    let queries = queries(60, &[], false);
    let queries: Vec<_> = queries
        .into_iter()
        .filter(|query| query.labels.value_type == Some(ValueType::Current))
        .collect();
    let samples = same_together_and_alone(&service, &queries, &RangeOptions::default()).await;
    assert!(samples > 10 * 49, "{samples}");
}

#[tokio::test]
async fn what_prometheus_refuses_together_it_is_asked_alone() {
    let options = PrometheusOptions {
        // A limit that one query keeps, and ten do not.
        arguments: vec!["--query.max-samples=400".to_owned()],
        ..PrometheusOptions::default()
    };
    let server = Prometheus::start_with(options, &dataset()).unwrap();
    let service = plugin()
        .unwrap()
        .service(Config::new(server.address()))
        .unwrap();
    let queries: Vec<_> = queries(60, &[], false)
        .into_iter()
        .filter(|query| query.labels.value_type == Some(ValueType::Current))
        .collect();
    let mut together = service.metric_request(&queries[0]).await.unwrap();
    together.body = together.body.replace("%3D%22mem%22", "%3D~%22.%2B%22");
    assert_eq!(reference::send(&together).unwrap().0, 422);
    let samples = same_together_and_alone(&service, &queries, &RangeOptions::default()).await;
    assert!(samples > 400, "{samples}");
}

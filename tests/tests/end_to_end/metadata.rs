//! The metrics that can be queried.

use metric_host::{Category, LabelSchema, MetricType, ValueType};
use metric_tests::Testbed;

#[tokio::test]
async fn every_metric_in_prometheus_is_listed_and_the_known_ones_are_described() {
    let testbed = Testbed::shared().unwrap();
    let metrics = testbed
        .service()
        .unwrap()
        .query_metadata()
        .await
        .unwrap()
        .metrics;
    let names: Vec<_> = metrics.iter().map(|metric| metric.name.as_str()).collect();
    assert_eq!(names, ["cpu_util", "mem", "net_rx", "odd_values"]);
    let [cpu_util, mem, net_rx, odd] = &metrics[..] else {
        panic!()
    };

    let entry = cpu_util.catalogue.as_ref().unwrap();
    assert_eq!(
        (cpu_util.metric_type, entry.category, entry.cumulative),
        (MetricType::Diff, Category::Cpu, true)
    );
    assert_eq!(
        (entry.unit.as_str(), entry.rate_unit.as_str()),
        ("milliseconds", "millicores")
    );
    assert_eq!(net_rx.metric_type, MetricType::Rate);
    assert_eq!(net_rx.catalogue.as_ref().unwrap().rate_unit, "bytes/s");
    assert!(
        mem.catalogue
            .as_ref()
            .unwrap()
            .value_types
            .contains(&ValueType::Usage)
    );
    assert!(odd.catalogue.is_none());
}

#[tokio::test]
async fn under_the_agent_schema_there_is_no_usage() {
    let testbed = Testbed::shared().unwrap();
    let service = testbed
        .service_with(|config| config.label_schema = LabelSchema::Agent)
        .unwrap();
    for metric in service.query_metadata().await.unwrap().metrics {
        let sides = metric
            .catalogue
            .map(|entry| entry.value_types)
            .unwrap_or_default();
        assert!(!sides.contains(&ValueType::Usage));
    }
}

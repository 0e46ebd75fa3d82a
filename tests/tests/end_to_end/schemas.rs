//! The same question under both label schemas.

use metric_host::{Dimension, LabelSchema, MetricQuery, MetricType, ValueType};
use metric_testbed::Shape;
use metric_tests::Testbed;

#[tokio::test]
async fn both_schemas_give_the_same_use_of_a_user() {
    let testbed = Testbed::shared().unwrap();
    let start = Shape::fixed_start() + 1800;
    let kernels = &testbed.documented.fleet().kernels;
    let user = kernels
        .iter()
        .find_map(|kernel| kernel.user_id.clone())
        .unwrap();
    let mut query = MetricQuery::new("cpu_util", start.to_string(), (start + 3600).to_string());
    query.labels.value_type = Some(ValueType::Current);
    query.labels.user_id = vec![user.clone()];
    let documented = testbed
        .service()
        .unwrap()
        .query_metric(&query)
        .await
        .unwrap();

    query.labels.value_type = Some(ValueType::Usage);
    let service = testbed
        .service_with(|config| config.label_schema = LabelSchema::Agent)
        .unwrap();
    let agent = service.query_metric(&query).await.unwrap();

    assert!(documented.promql.contains("owner_user_id="));
    assert!(agent.promql.contains(",user_id="));
    assert_eq!(
        (documented.metric_type, agent.metric_type),
        (MetricType::Diff, MetricType::Diff)
    );
    assert_eq!(documented.series[0].values, agent.series[0].values);
    assert!(!agent.series[0].values.is_empty());
}

#[tokio::test]
async fn an_unknown_owner_is_a_group_of_its_own() {
    let testbed = Testbed::shared().unwrap();
    let start = Shape::fixed_start() + 1800;
    let mut query = MetricQuery::new("mem", start.to_string(), (start + 60).to_string());
    query.group_by = vec![Dimension::ProjectId];
    let service = testbed
        .service_with(|config| config.label_schema = LabelSchema::Agent)
        .unwrap();
    let result = service.query_metric(&query).await.unwrap();
    let known = testbed
        .agent
        .matching(&[("project_id", "undefined")])
        .count()
        > 0;
    let found = result
        .series
        .iter()
        .any(|s| s.labels.iter().any(|(_, value)| value == "undefined"));
    assert_eq!(found, known);
}

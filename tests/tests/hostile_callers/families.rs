//! Families and derived metrics with every field drawn: an answer, or an error that says whose fault it is.

use metric_callers::text;
use metric_host::decisions::LabelValues;
use metric_host::families::{
    Derivation, DerivedQuery, Family, FamilyKind, FamilyOver, FamilyQuery, FamilyStatistic,
    OverTime, Side,
};
use metric_host::{Config, MetricQuery, MetricService, RangeOptions, Statistic};
use metric_tests::Testbed;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use tokio::runtime::Runtime;

use crate::verbs::outcome;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        "[a-z_:]{1,6}",
        Just("backendai_container_utilization".to_owned())
    ]
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![text(), Just("kernel_id".to_owned()), Just("le".to_owned())]
}

fn statistic() -> impl Strategy<Value = FamilyStatistic> {
    prop_oneof![
        prop::sample::select(vec![
            FamilyStatistic::Sum,
            FamilyStatistic::Avg,
            FamilyStatistic::Min,
            FamilyStatistic::Rate,
        ]),
        any::<f64>().prop_map(FamilyStatistic::Quantile),
    ]
}

fn query() -> impl Strategy<Value = FamilyQuery> {
    let family = (
        name(),
        vec(name(), 0..2),
        prop::sample::select(FamilyKind::ALL.to_vec()),
        vec(label(), 0..2),
        any::<bool>(),
    )
        .prop_map(|(name, former_names, kind, labels, intensive)| Family {
            former_names,
            labels,
            intensive,
            ..Family::new(name, kind)
        });
    let filter =
        (label(), vec(text(), 0..3)).prop_map(|(label, values)| LabelValues { label, values });
    let values = prop_oneof![
        Just(FamilyOver::Time),
        label().prop_map(FamilyOver::Members),
        label().prop_map(FamilyOver::Both),
    ];
    let over = prop::option::of((any::<f64>(), values, prop::option::of(any::<u32>())));
    let times = prop_oneof![
        Just(("1767571200".to_owned(), "1767574800".to_owned())),
        (text(), text())
    ];
    (
        family,
        vec(filter, 0..2),
        vec(label(), 0..2),
        prop::option::of(statistic()),
        over,
        times,
        prop::option::of(any::<u32>()),
        prop::option::of(any::<i32>()),
    )
        .prop_map(
            |(family, filters, group_by, statistic, over, (start, end), step, utc_offset)| {
                FamilyQuery {
                    filters,
                    group_by,
                    statistic,
                    over_time: over.map(|(q, over, window)| OverTime {
                        statistic: Statistic::Quantile(q),
                        over,
                        window,
                    }),
                    step,
                    utc_offset,
                    ..FamilyQuery::new(family, start, end)
                }
            },
        )
}

fn derived() -> impl Strategy<Value = DerivedQuery> {
    let side = prop_oneof![
        query().prop_map(Side::Family),
        text()
            .prop_map(|name| { Side::Metric(MetricQuery::new(name, "1767571200", "1767574800")) }),
    ];
    let derivation = prop_oneof![
        Just(Derivation::Ratio),
        Just(Derivation::Percent),
        Just(Derivation::Difference),
        Just(Derivation::Sum),
        any::<f64>().prop_map(Derivation::Scale),
    ];
    (vec(side, 0..4), derivation, prop::option::of(text())).prop_map(|(sides, derivation, unit)| {
        DerivedQuery {
            sides,
            derivation,
            unit,
        }
    })
}

async fn every_verb(
    service: &MetricService,
    queries: &[FamilyQuery],
    derived: &DerivedQuery,
) -> Result<(), TestCaseError> {
    let options = RangeOptions::default();
    let families: Vec<Family> = queries.iter().map(|query| query.family.clone()).collect();
    let checked = outcome(service.check_families(&families).await)?;
    let together = outcome(service.query_families(queries, &options).await)?;
    if let Some(together) = &together {
        prop_assert_eq!(together.len(), queries.len());
    }
    for query in queries {
        let promql = outcome(service.family_promql(query).await)?;
        prop_assert!(
            promql.is_none() || checked.is_some() || families.len() > 1,
            "{promql:?} of a family that is refused"
        );
        let answer = outcome(service.query_family(query, &options).await)?;
        if let (Some(promql), Some(answer)) = (promql, answer)
            && query.step.is_some()
        {
            prop_assert_eq!(promql, answer.answer.promql);
        }
    }
    outcome(service.query_derived(derived, &options).await)?;
    Ok(())
}

fn try_with(cases: u32, service: impl Fn() -> MetricService) {
    let runtime = Runtime::new().unwrap();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(cases));
    let drawn = (vec(query(), 0..3), derived());
    runner
        .run(&drawn, |(queries, derived)| {
            runtime.block_on(every_verb(&service(), &queries, &derived))
        })
        .unwrap();
}

#[test]
fn every_verb_of_families_answers_or_says_whose_fault_it_is() {
    let plugin = metric_tests::plugin().unwrap();
    let config = Config::new("prometheus.example:9090");
    try_with(300, || plugin.offline(config.clone()).unwrap());
}

#[test]
fn every_verb_of_families_answers_with_a_real_prometheus_behind_it() {
    let address = Testbed::shared().unwrap().server.address();
    let plugin = metric_tests::plugin().unwrap();
    try_with(100, || plugin.service(Config::new(&address)).unwrap());
}

//! Tests of the checks on a plugin's answers to these verbs, and of a plugin without them.

use super::*;
use crate::contract::families::{Derivation, FamilyKind, Side};
use crate::{CompileCache, Config, Host, HostOptions};
use metric_test_plugins::{TestPlugin, WITH_FAMILIES, data_at, offset, plugin, series_at};

fn service(bytes: &[u8]) -> MetricService {
    let host = Host::new(HostOptions {
        compile_cache: CompileCache::Off,
        ..HostOptions::default()
    });
    let plugin = host.unwrap().load(bytes).unwrap();
    plugin.service(Config::new("127.0.0.1:9090")).unwrap()
}

fn query() -> FamilyQuery {
    FamilyQuery::new(Family::new("f", FamilyKind::Gauge), "0", "60")
}

fn derived() -> DerivedQuery {
    DerivedQuery {
        sides: vec![Side::Family(query())],
        derivation: Derivation::Scale(2.0),
        unit: None,
    }
}

#[tokio::test]
async fn a_plugin_without_these_verbs_says_which_interface_it_lacks() {
    let service = service(&plugin("unreachable"));
    assert!(!service.plugin().has_families());
    let options = RangeOptions::default();
    for (refused, interface) in [
        (service.check_families(&[]).await, "family@0.2.0"),
        (
            service.family_promql(&query()).await.map(drop),
            "family@0.2.0",
        ),
        (
            service.query_family(&query(), &options).await.map(drop),
            "family-service@0.2.0",
        ),
        (
            service.query_families(&[query()], &options).await.map(drop),
            "family-service@0.2.0",
        ),
        (
            service.query_derived(&derived(), &options).await.map(drop),
            "family-service@0.2.0",
        ),
    ] {
        let error = refused.unwrap_err();
        assert!(matches!(error, CallError::Unsupported { .. }), "{error:?}");
        assert!(error.to_string().contains(interface), "{error}");
    }
}

#[tokio::test]
async fn points_of_a_derived_metric_that_nobody_asked_for_break_the_contract() {
    let answer = 1032 + offset("derived-answer", "answer") + offset("range-answer", "answer");
    for (points, sound) in [(1, true), (2, false)] {
        let step = data_at(answer + offset("metric-result", "step"), [60]);
        let series = series_at(
            answer + offset("metric-result", "series"),
            1,
            points,
            points,
        );
        let fields = step + &series;
        let bytes = TestPlugin::new("unreachable")
            .function("query-derived", "(i32.const 1024)")
            .world(&[], WITH_FAMILIES)
            .extra(&fields)
            .build();
        let answer = service(&bytes)
            .query_derived(&derived(), &RangeOptions::default())
            .await;
        match answer {
            Ok(_) => assert!(sound),
            Err(CallError::BrokenContract { reason }) => assert!(!sound, "{reason}"),
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn fewer_answers_than_queries_break_the_contract() {
    let bytes = TestPlugin::new("unreachable")
        .function("query-families", "(i32.const 1024)")
        .world(&[], WITH_FAMILIES)
        .build();
    let service = service(&bytes);
    assert!(service.plugin().has_families());
    let options = RangeOptions::default();
    let none = service.query_families(&[], &options).await.unwrap();
    assert!(none.is_empty());
    let error = service.query_families(&[query()], &options).await;
    let error = error.unwrap_err();
    assert!(
        matches!(error, CallError::BrokenContract { .. }),
        "{error:?}"
    );
}

//! Tests of the checks on a plugin's answers to ranges, and of a plugin without them.

use super::*;
use crate::{
    CacheOptions, Chunk, CompileCache, Config, Host, HostOptions, MetricType, Series,
    ServiceOptions,
};
use metric_test_plugins::{TestPlugin, WITH_RANGES, data_at, offset, plugin};

fn host() -> Host {
    Host::new(HostOptions {
        compile_cache: CompileCache::Off,
        ..HostOptions::default()
    })
    .unwrap()
}

fn service(bytes: &[u8]) -> MetricService {
    let plugin = host().load(bytes).unwrap();
    assert!(plugin.has_ranges());
    plugin.service(Config::new("127.0.0.1:9090")).unwrap()
}

fn query() -> MetricQuery {
    MetricQuery::new("mem", "0", "60")
}

#[tokio::test]
async fn a_plugin_of_the_older_world_is_loaded_and_says_that_it_has_no_ranges() {
    let plugin = host().load(&plugin("unreachable")).unwrap();
    assert!(!plugin.has_ranges());
    let service = plugin.service(Config::new("127.0.0.1:9090")).unwrap();
    let options = RangeOptions::default();
    let query = query();
    let verbs = [
        service.plan(&query, &options).await.map(drop),
        service.query_range(&query, &options).await.map(drop),
        service.query_batch(&[], &options).await.map(drop),
        service.query_page(&query, &options, None).await.map(drop),
        service.stream(&query, &options).await.map(drop),
    ];
    for refused in verbs {
        let error = refused.unwrap_err();
        assert!(matches!(error, CallError::Unsupported { .. }), "{error:?}");
        assert!(error.to_string().contains("range-service@0.2.0"), "{error}");
    }
}

#[test]
fn a_plugin_whose_ranges_are_of_other_types_is_not_loaded() {
    let wit = |name| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/").to_owned() + name;
        std::fs::read_to_string(path).unwrap()
    };
    let ranges = wit("range-service.wit");
    let changed = ranges.replace("result<option<piece>, range-error>", "option<piece>");
    assert_ne!(ranges, changed);
    let contract = [
        "package backendai:metric@0.2.9;",
        "world w { export types; export metric-service; export codec; export range-service; }",
        &wit("types.wit"),
        &wit("codec.wit"),
        &wit("metric-service.wit"),
        &changed,
    ]
    .concat();
    let bytes = TestPlugin::new("unreachable").world(&[], &contract).build();
    let error = host().load(&bytes).unwrap_err();
    assert!(
        error.to_string().contains("metric-plugin-full"),
        "{error:?}"
    );
}

#[test]
fn the_host_tells_the_time_unless_the_embedder_does() {
    let bytes = TestPlugin::new("unreachable")
        .world(&[], WITH_RANGES)
        .build();
    let service = service(&bytes);
    let now = service.config_now().now.unwrap();
    assert!(now > 1_700_000_000_000, "{now} is not in milliseconds");
    let config = Config {
        now: Some(7),
        ..Config::new("127.0.0.1:9090")
    };
    let said = service.plugin().service(config.clone()).unwrap();
    assert_eq!(said.config_now(), config);
    assert_eq!(service.with_now(7).config_now(), config);
}

#[test]
fn the_host_says_whether_answers_are_kept() {
    let bytes = TestPlugin::new("unreachable")
        .world(&[], WITH_RANGES)
        .build();
    let keeps = service(&bytes);
    assert!(keeps.options(&RangeOptions::default()).cached);
    let options = ServiceOptions {
        cache: CacheOptions::off(),
        ..ServiceOptions::default()
    };
    let config = Config::new("127.0.0.1:9090");
    let keeps_nothing = keeps.plugin().service_with(config, &options).unwrap();
    assert!(!keeps_nothing.options(&RangeOptions::default()).cached);
    // There may be another cache on the way.
    let said = RangeOptions {
        cached: true,
        ..RangeOptions::default()
    };
    assert_eq!(keeps_nothing.options(&said), said);
}

#[tokio::test]
async fn a_batch_has_an_answer_to_each_query() {
    // A list of none, at address 1024.
    let bytes = TestPlugin::new("unreachable")
        .function("query-batch", "(i32.const 1024)")
        .world(&[], WITH_RANGES)
        .build();
    let service = service(&bytes);
    let options = RangeOptions::default();
    assert!(service.query_batch(&[], &options).await.unwrap().is_empty());
    let error = service.query_batch(&[query()], &options).await.unwrap_err();
    assert!(
        matches!(&error, CallError::BrokenContract { reason } if reason == "0 answers to 1 queries"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_plan_without_a_step_breaks_the_contract() {
    for (step, sound) in [(0_u32, false), (60, true)] {
        // `ok`, and the payload eight bytes on.
        let step = data_at(1032 + offset("range-plan", "step"), step.to_le_bytes());
        let bytes = TestPlugin::new("unreachable")
            .function("plan", "(i32.const 1024)")
            .world(&[], WITH_RANGES)
            .extra(&step)
            .build();
        match service(&bytes)
            .plan(&query(), &RangeOptions::default())
            .await
        {
            Ok(plan) => assert!(sound && plan.step == 60, "{plan:?}"),
            Err(CallError::BrokenContract { .. }) => assert!(!sound),
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_plan_whose_chunks_do_not_follow_one_another_breaks_the_contract() {
    let plan = |chunks: &[(i64, i64)]| RangePlan {
        promql: String::new(),
        metric_type: MetricType::Gauge,
        unit: None,
        step: 60,
        step_reason: String::new(),
        window: None,
        window_reason: None,
        span: Span { start: 0, end: 60 },
        chunks: chunks
            .iter()
            .map(|&(start, end)| Chunk {
                span: Span { start, end },
                points: 1,
                is_final: false,
            })
            .collect(),
        warnings: Vec::new(),
    };
    let config = Config::new("");
    for (chunks, sound) in [
        (&[][..], true),
        (&[(60, 60)], true),
        (&[(0, 59), (60, 60)], true),
        (&[(61, 60)], false),
        (&[(0, 60), (60, 61)], false),
        (&[(60, 60), (0, 59)], false),
    ] {
        assert_eq!(grid_of(&plan(chunks), &config).is_ok(), sound, "{chunks:?}");
    }
}

/// A page of a minute by the second, with one sample.
fn page(first: i64, sample: i64) -> RangeAnswer {
    RangeAnswer {
        answer: MetricResult {
            promql: String::new(),
            metric_type: MetricType::Gauge,
            unit: None,
            step: 1,
            start: first * 1000,
            end: (first + 59) * 1000,
            series: vec![Series {
                labels: Vec::new(),
                timestamps: vec![sample * 1000],
                values: vec![0.0],
            }],
            warnings: Vec::new(),
            infos: Vec::new(),
            partial: false,
        },
        missing: Vec::new(),
    }
}

#[test]
fn pages_that_come_round_break_the_contract_whatever_their_cursors() {
    let config = Config::new("");
    let checked = |page, next: Option<&str>, before: Option<&str>| {
        let (next, before) = (next.map(str::to_owned), before.and_then(Cursor::read));
        Page::checked(page, next, before, &config)
    };
    for round in [["a", "a"], ["a", "b"]] {
        let first = checked(page(0, 0), Some(round[0]), None).unwrap();
        let cursor = first.next.as_deref();
        assert_eq!(Cursor::read(cursor.unwrap()).unwrap().plugins, round[0]);
        let second = checked(page(60, 60), Some(round[1]), cursor).unwrap();
        let error = checked(page(0, 0), Some(round[0]), second.next.as_deref()).unwrap_err();
        assert!(
            matches!(&error, CallError::BrokenContract { reason } if reason.contains("a page from 0")),
            "{error:?}"
        );
    }
    assert_eq!(checked(page(0, 0), None, None).unwrap().next, None);
}

#[test]
fn a_page_with_a_sample_beyond_its_own_points_breaks_the_contract() {
    let config = Config::new("");
    Page::checked(page(0, 59), None, None, &config).unwrap();
    Page::checked(page(0, 60), None, None, &config).unwrap_err();
}

#[test]
fn what_failed_can_be_told_from_a_chunk_as_from_a_whole_call() {
    let failed = |chunk| wit::RangeError {
        error: crate::contract::bindings::exports::backendai::metric::types::Error::TimedOut(
            "slow".into(),
        ),
        chunk,
    };
    let expected = ServiceError::TimedOut("slow".into());
    let whole = CallError::from(failed(None));
    assert!(matches!(&whole, CallError::Service(error) if *error == expected));
    assert_eq!(whole.service(), Some(&expected));
    let chunk = CallError::from(failed(Some(Span { start: 0, end: 60 })));
    assert!(matches!(&chunk, CallError::Chunk { chunk, .. } if chunk.end == 60));
    assert_eq!(chunk.service(), Some(&expected));
}

//! What a plugin's answers to ranges are held to, and what a plugin without them says.

use super::*;
use crate::{
    CacheOptions, CompileCache, Config, Host, HostOptions, MetricType, ServiceOptions,
    test_components::{TestPlugin, WITH_RANGES, data_at, offset, plugin},
};

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
        assert!(error.to_string().contains("range-service@0.1.0"), "{error}");
    }
}

#[test]
fn a_plugin_whose_ranges_are_of_other_types_is_not_loaded() {
    let wit = |name| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/").to_owned() + name;
        std::fs::read_to_string(path).unwrap()
    };
    let ranges = wit("range-service.wit");
    let changed = ranges.replace("result<option<piece>, range-error>", "option<piece>");
    assert_ne!(ranges, changed);
    let contract = [
        "package backendai:metric@0.1.9;",
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
        error.to_string().contains("metric-plugin-range"),
        "{error:?}"
    );
}

#[test]
fn the_host_tells_the_time_where_answers_are_kept_unless_the_caller_does() {
    let bytes = TestPlugin::new("unreachable")
        .world(&[], WITH_RANGES)
        .build();
    let keeps = service(&bytes);
    let said = RangeOptions {
        now: Some(7),
        ..RangeOptions::default()
    };
    assert_eq!(keeps.told_the_time(&said), said);
    let now = keeps.told_the_time(&RangeOptions::default()).now.unwrap();
    assert!(now > 1_700_000_000_000, "{now} is not in milliseconds");

    let options = ServiceOptions {
        cache: CacheOptions::off(),
        ..ServiceOptions::default()
    };
    let config = Config::new("127.0.0.1:9090");
    let keeps_nothing = keeps.plugin().service_with(config, &options).unwrap();
    assert_eq!(
        keeps_nothing.told_the_time(&RangeOptions::default()).now,
        None
    );
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
fn a_plan_whose_spans_end_before_they_start_breaks_the_contract() {
    let plan = |start, end| RangePlan {
        promql: String::new(),
        metric_type: MetricType::Gauge,
        unit: None,
        step: 60,
        step_reason: String::new(),
        window: None,
        window_reason: None,
        span: Span { start: 0, end: 60 },
        chunks: vec![Chunk {
            span: Span { start, end },
            points: 1,
            is_final: false,
        }],
        warnings: Vec::new(),
    };
    checked_plan(plan(60, 60)).unwrap();
    checked_plan(plan(61, 60)).unwrap_err();
}

#[test]
fn a_page_that_is_followed_by_itself_breaks_the_contract() {
    let page = |next: Option<&str>| wit::Page {
        answer: wit::RangeAnswer {
            answer: MetricResult {
                promql: String::new(),
                metric_type: MetricType::Gauge,
                unit: None,
                step: 60,
                start: 0,
                end: 60,
                series: Vec::new(),
                warnings: Vec::new(),
                infos: Vec::new(),
            },
            missing: Vec::new(),
        },
        next: next.map(str::to_owned),
    };
    let limits = crate::Limits::default();
    Page::checked(page(None), None, &limits).unwrap();
    Page::checked(page(Some("b")), Some("a"), &limits).unwrap();
    Page::checked(page(Some("b")), Some("b"), &limits).unwrap_err();
}

#[test]
fn what_failed_can_be_told_from_a_chunk_as_from_a_whole_call() {
    let failed = |chunk| wit::RangeError {
        error: crate::bindings::exports::backendai::metric::types::Error::TimedOut("slow".into()),
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

//! Tests of how calls end when the plugin misbehaves.

use super::*;
use crate::{CompileCache, Host, HostOptions, Limits};
use metric_test_plugins::{TestPlugin, data_at, plugin, result_with_columns};
use std::{future::Future, time::Instant};

const TIMEOUT: Duration = Duration::from_millis(300);

fn host(limits: Limits) -> Host {
    Host::new(HostOptions {
        limits,
        compile_cache: CompileCache::Off,
    })
    .unwrap()
}

fn quick() -> Limits {
    Limits {
        call_timeout: Some(TIMEOUT),
        ..Limits::default()
    }
}

fn service(limits: Limits, bytes: &[u8]) -> MetricService {
    let config = Config::new("127.0.0.1:9090");
    host(limits).load(bytes).unwrap().service(config).unwrap()
}

fn query() -> MetricQuery {
    MetricQuery::new("mem", "0", "60")
}

#[tokio::test(flavor = "current_thread")]
async fn an_endless_loop_is_ended_by_the_clock_and_leaves_the_runtime_alive() {
    let service = service(quick(), &plugin("(loop (br 0)) unreachable"));
    let ticks = tokio::spawn(async {
        let mut ticks = 0;
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            ticks += 1;
            if ticks == 5 {
                break ticks;
            }
        }
    });
    let start = Instant::now();
    let error = service.build_promql(&query()).await.unwrap_err();
    assert!(matches!(error, CallError::TimedOut { after } if after == TIMEOUT));
    assert!(start.elapsed() < TIMEOUT * 5, "{:?}", start.elapsed());
    // The other task had its turns while the plugin computed.
    assert!(ticks.is_finished());
    assert_eq!(ticks.await.unwrap(), 5);
}

#[tokio::test]
async fn a_call_that_its_caller_drops_ends_and_frees_its_permit() {
    let limits = Limits {
        concurrent_calls: 1,
        ..Limits::default()
    };
    let bytes = TestPlugin::new("(loop (br 0)) unreachable")
        .function("detect-metric-type", "(i32.const 2)")
        .build();
    let service = service(limits, &bytes);
    let call = tokio::time::timeout(TIMEOUT, service.query_metadata()).await;
    assert!(call.is_err());
    assert_eq!(
        service.detect_metric_type("cpu_util", None).await.unwrap(),
        MetricType::Diff
    );
}

#[tokio::test]
async fn a_crash_is_reported_and_the_next_call_is_not_affected() {
    let bytes = TestPlugin::new("unreachable")
        .function("detect-metric-type", "(i32.const 1)")
        .build();
    let service = service(quick(), &bytes);
    for _ in 0..3 {
        let error = service.query_metric(&query()).await.unwrap_err();
        assert!(matches!(error, CallError::Trapped { .. }), "{error:?}");
        assert_eq!(
            service.detect_metric_type("net_rx", None).await.unwrap(),
            MetricType::Rate
        );
    }
}

#[tokio::test]
async fn endless_recursion_is_a_crash() {
    let bytes = TestPlugin::new("unreachable")
        .function("build-promql", "(call $deep) unreachable")
        .extra("(func $deep (call $deep) (call $deep))")
        .build();
    let error = service(Limits::default(), &bytes)
        .build_promql(&query())
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::Trapped { .. }), "{error:?}");
}

#[tokio::test]
async fn a_memory_bomb_is_told_from_an_ordinary_crash() {
    let limits = Limits {
        memory_bytes: 1 << 20,
        ..Limits::default()
    };
    let bytes =
        plugin("(loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable");
    let error = service(limits, &bytes).query_metadata().await.unwrap_err();
    assert!(
        matches!(error, CallError::MemoryLimit { maximum, .. } if maximum == 1 << 20),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_before_it_is_copied() {
    let bytes = TestPlugin::new("unreachable")
        .function("query-metric", "(i32.const 1024)")
        .extra(&result_with_columns(1000, 1000))
        .build();
    let limits = |hostcall_bytes| Limits {
        hostcall_bytes,
        ..Limits::default()
    };
    let generous = service(limits(1 << 20), &bytes);
    let result = generous.query_metric(&query()).await.unwrap();
    assert_eq!(result.series[0].timestamps.len(), 1000);
    let error = service(limits(10_000), &bytes)
        .query_metric(&query())
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            CallError::AnswerTooLarge {
                maximum: 10_000,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_plugin_does_not_choose_the_class_of_its_crash_by_the_names_of_its_functions() {
    // As the name stands in the backtrace.
    let extra =
        r#"(func $f (@name "fuel allocated for hostcalls has been exhausted") unreachable)"#;
    let bytes = TestPlugin::new("unreachable")
        .function("build-promql", "(call $f) unreachable")
        .extra(extra)
        .build();
    let error = service(Limits::default(), &bytes)
        .build_promql(&query())
        .await
        .unwrap_err();
    let CallError::Trapped { source } = &error else {
        panic!("{error:?}")
    };
    assert!(source.to_string().contains("fuel allocated"), "{source}");
}

#[tokio::test]
async fn columns_of_different_lengths_break_the_contract() {
    for (timestamps, values, honest) in [(3, 3, true), (3, 2, false), (0, 1, false)] {
        let bytes = TestPlugin::new("unreachable")
            .function("query-metric", "(i32.const 1024)")
            .function("metric-response", "(i32.const 1024)")
            .extra(&result_with_columns(timestamps, values))
            .build();
        let service = service(quick(), &bytes);
        for answer in [
            service.query_metric(&query()).await,
            service.metric_response(&query(), 200, "{}").await,
        ] {
            match answer {
                Ok(result) => {
                    assert!(honest);
                    assert_eq!(result.series[0].values.len(), values as usize);
                }
                Err(CallError::BrokenContract { reason }) => {
                    assert!(!honest);
                    assert!(reason.contains("series 0"), "{reason}");
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_calls_than_places_wait_their_turn() {
    let limits = Limits {
        concurrent_calls: 4,
        ..Limits::default()
    };
    let bytes = TestPlugin::new("unreachable")
        .function("detect-metric-type", "(i32.const 0)")
        .build();
    let service = service(limits, &bytes);
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move { service.detect_metric_type("mem", None).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), MetricType::Gauge);
    }
}

#[tokio::test]
async fn a_call_that_finds_no_place_in_time_times_out() {
    let limits = Limits {
        concurrent_calls: 1,
        ..quick()
    };
    let service = service(limits, &plugin("(loop (br 0)) unreachable"));
    let (first, second) = tokio::join!(service.query_metadata(), service.query_metadata());
    for call in [first, second] {
        assert!(matches!(call, Err(CallError::TimedOut { .. })), "{call:?}");
    }
}

#[tokio::test]
async fn a_plugin_works_where_no_pool_can_be_made() {
    let limits = Limits {
        concurrent_calls: 1 << 20, // 4 PiB of address space
        ..quick()
    };
    let bytes = TestPlugin::new("(loop (br 0)) unreachable")
        .function("detect-metric-type", "(i32.const 0)")
        .build();
    let host = host(limits);
    assert!(format!("{host:?}").contains("pooling: false"));
    let service = host
        .load(&bytes)
        .unwrap()
        .service(Config::new("127.0.0.1:9090"))
        .unwrap();
    assert_eq!(
        service.detect_metric_type("mem", None).await.unwrap(),
        MetricType::Gauge
    );
    let error = service.build_promql(&query()).await.unwrap_err();
    assert!(matches!(error, CallError::TimedOut { .. }));
}

#[tokio::test]
async fn one_call_more_than_may_wait_is_refused_at_once_and_the_others_are_served() {
    let limits = Limits {
        concurrent_calls: 1,
        waiting_calls: 2,
        ..Limits::default()
    };
    let bytes = TestPlugin::new("unreachable")
        .function("detect-metric-type", "(i32.const 0)")
        .build();
    let service = service(limits, &bytes);
    let detect = || service.detect_metric_type("mem", None);
    let held = service
        .plugin
        .codec()
        .sandbox()
        .shared
        .concurrency
        .acquire()
        .await;
    let mut first = std::pin::pin!(service.query_metadata());
    let nobody = std::task::Waker::noop();
    let mut context = std::task::Context::from_waker(nobody);
    assert!(first.as_mut().poll(&mut context).is_pending());
    let mut second = std::pin::pin!(detect());
    assert!(second.as_mut().poll(&mut context).is_pending());
    let error = detect().await.unwrap_err();
    assert!(
        matches!(
            error,
            CallError::Overloaded {
                running: 1,
                waiting: 2
            }
        ),
        "{error:?}"
    );
    drop(held);
    let (first, second) = tokio::join!(first, second);
    assert!(matches!(first, Err(CallError::Trapped { .. })), "{first:?}");
    assert_eq!(second.unwrap(), MetricType::Gauge);
}

/// One way to hit a limit, and the error that it has to end in.
struct Excess {
    name: &'static str,
    service: MetricService,
    is_told: fn(&CallError) -> bool,
}

/// Plugins of one host, each of which asks for too much of something when its PromQL is asked for.
fn excesses(host: &Host) -> Vec<Excess> {
    let plugin = |body: &str, extra: &str| {
        let bytes = TestPlugin::new("unreachable")
            .function("build-promql", body)
            .extra(extra)
            .build();
        let config = Config::new("127.0.0.1:9090");
        host.load(&bytes).unwrap().service(config).unwrap()
    };
    let excess = |name, service, is_told| Excess {
        name,
        service,
        is_told,
    };
    let grow = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable";
    let widen = "(loop (br_if 0 (i32.ne (table.grow $t (ref.null func) (i32.const 100)) (i32.const -1)))) unreachable";
    // `ok`, whose payload begins eight bytes on, as an error may hold 64-bit numbers: a text of 60,000 bytes.
    let text = [0_u32, 0, 4096, 60_000];
    let text = data_at(1024, text.into_iter().flat_map(u32::to_le_bytes));
    vec![
        excess("time", plugin("(loop (br 0)) unreachable", ""), |error| {
            matches!(error, CallError::TimedOut { .. })
        }),
        excess("memory", plugin(grow, ""), |error| {
            matches!(error, CallError::MemoryLimit { .. })
        }),
        excess("table", plugin(widen, "(table $t 1 funcref)"), |error| {
            matches!(error, CallError::MemoryLimit { .. })
        }),
        excess(
            "stack",
            plugin(
                "(call $deep) unreachable",
                "(func $deep (call $deep) (call $deep))",
            ),
            |error| matches!(error, CallError::Trapped { .. }),
        ),
        excess("answer", plugin("(i32.const 1024)", &text), |error| {
            matches!(error, CallError::AnswerTooLarge { .. })
        }),
        excess("a crash", plugin("unreachable", ""), |error| {
            matches!(error, CallError::Trapped { .. })
        }),
        excess(
            "a pointer to nowhere",
            plugin("(i32.const -4)", ""),
            |error| matches!(error, CallError::Trapped { .. }),
        ),
    ]
}

#[tokio::test]
async fn a_host_survives_its_limits_one_after_the_other_and_no_call_is_affected_by_the_one_before()
{
    // One permit, so that all calls go through the same slot of the pool; and once without a pool.
    for concurrent_calls in [1, 1 << 20] {
        let host = host(Limits {
            concurrent_calls,
            memory_bytes: 1 << 20,
            hostcall_bytes: 32 << 10,
            call_timeout: Some(TIMEOUT),
            ..Limits::default()
        });
        // Says what is in its memory, where it should be zero, and in a global, and spoils both.
        let good = TestPlugin::new("unreachable")
            .function(
                "detect-metric-type",
                "(i32.add (global.get $calls) (i32.load8_u (i32.const 60000)))
                 (global.set $calls (i32.const 2))
                 (i32.store8 (i32.const 60000) (i32.const 2))",
            )
            .extra("(global $calls (mut i32) (i32.const 0))")
            .build();
        let good = host.load(&good).unwrap();
        let good = good.service(Config::new("127.0.0.1:9090")).unwrap();
        let excesses = excesses(&host);
        // The one that takes time: once.
        for round in 0..20 {
            for excess in &excesses[usize::from(round > 0)..] {
                let error = excess.service.build_promql(&query()).await.unwrap_err();
                assert!((excess.is_told)(&error), "{}: {error:?}", excess.name);
                let next = good.detect_metric_type("mem", None).await;
                assert_eq!(next.unwrap(), MetricType::Gauge, "after {}", excess.name);
            }
        }
    }
}

#[test]
fn a_second_memory_is_refused_with_a_pool_and_without() {
    let bytes = TestPlugin::new("unreachable")
        .extra("(memory $second 1)")
        .build();
    for concurrent_calls in [1, 1 << 20] {
        let limits = Limits {
            concurrent_calls,
            ..Limits::default()
        };
        host(limits).load(&bytes).unwrap_err();
    }
}

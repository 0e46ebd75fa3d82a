//! Instances made ahead: used once, bounded, and in all else as those that a call makes.

use std::{
    future::Future as _,
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
    thread,
    time::{Duration, Instant},
};

use crate::{
    CallError, Codec, CompileCache, Config, Host, HostOptions, Limits, MetricQuery, MetricType,
    egress::Egress,
};
use metric_test_plugins::{TestPlugin, WITHOUT_IO, result_with_columns};

fn host(limits: Limits) -> Host {
    Host::new(HostOptions {
        limits,
        compile_cache: CompileCache::Off,
    })
    .unwrap()
}

/// "gauge" from an instance that no call has used, else "diff".
fn witness(host: &Host) -> Codec {
    let body = "
        (local $found i32)
        (if (i32.or (global.get $used) (i32.load offset=64 (i32.const 1024)))
            (then (local.set $found (i32.const 2))))
        (global.set $used (i32.const 1))
        (i32.store offset=64 (i32.const 1024) (i32.const 1))
        (local.get $found)";
    codec(host, body, "(global $used (mut i32) (i32.const 0))")
}

/// A codec whose `detect-metric-type` does `body`.
fn codec(host: &Host, body: &str, extra: &str) -> Codec {
    let bytes = TestPlugin::new("unreachable")
        .world(&[], WITHOUT_IO)
        .function("detect-metric-type", body)
        .extra(extra)
        .build();
    host.load_codec(&bytes).unwrap()
}

/// The number of instances that lie ready, and of calls that have found one.
fn counts(host: &Host) -> (u32, u32) {
    let text = host.metrics().to_string();
    let value = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(' '));
        let (_, value) = lines.find(|(of, _)| *of == name).unwrap();
        value.parse().unwrap()
    };
    (
        value("metric_host_instances_ready"),
        value("metric_host_instances_found_ready_total"),
    )
}

/// Lets the tasks run that were spawned.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn each_call_finds_an_instance_that_no_call_has_used() {
    let host = host(Limits::default());
    let codec = witness(&host);
    // The one that loading has tried.
    assert_eq!(counts(&host), (1, 0));
    for call in 1..=50 {
        let seen = codec.detect_metric_type("mem", None).await.unwrap();
        assert_eq!(seen, MetricType::Gauge);
        // The answer is there before the next one is made.
        assert_eq!(counts(&host), (0, call));
        settle().await;
        assert_eq!(counts(&host), (1, call));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_at_once_share_no_instance_that_lies_ready() {
    let host = host(Limits::default());
    let codec = witness(&host);
    let callers = (0..16).map(|_| {
        let codec = codec.clone();
        tokio::spawn(async move {
            for _ in 0..100 {
                let seen = codec.detect_metric_type("mem", None).await.unwrap();
                assert_eq!(seen, MetricType::Gauge);
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    let (ready, found) = counts(&host);
    assert!(ready <= 4 && found > 0, "{ready} {found}");
}

#[tokio::test]
async fn what_lies_ready_goes_with_its_plugin_and_with_its_host() {
    let host = host(Limits::default());
    let codec = witness(&host);
    codec.detect_metric_type("mem", None).await.unwrap();
    // Gone before its next instance is made.
    drop(codec);
    settle().await;
    assert_eq!(counts(&host), (0, 1));
    let codec = witness(&host);
    assert_eq!(counts(&host), (1, 1));
    let engine = host.shared.engine.weak();
    drop((host, codec));
    let deadline = Instant::now() + Duration::from_secs(5);
    while engine.upgrade().is_some() {
        assert!(
            Instant::now() < deadline,
            "an instance still holds the engine"
        );
        thread::sleep(Duration::from_millis(10));
    }
}

#[tokio::test]
async fn what_lies_ready_takes_no_call_its_permit_or_its_slot() {
    let host = host(Limits {
        concurrent_calls: 4,
        waiting_calls: 0,
        ready_instances: 3,
        ..Limits::default()
    });
    let egress = Arc::new(Egress::denied());
    let (codec, other) = (witness(&host), witness(&host));
    for round in 0..5 {
        for codec in [&codec, &other] {
            let mut running = Vec::new();
            for _ in 0..4 {
                running.push(codec.sandbox().enter(&egress).await.unwrap());
            }
            assert!(codec.sandbox().enter(&egress).await.is_err(), "{round}");
            // There is room for one that is being loaded, too.
            drop(witness(&host));
            running
                .into_iter()
                .for_each(|used| codec.sandbox().replace(used));
            // Before the used ones are gone.
            assert!(codec.sandbox().enter(&egress).await.is_ok());
            settle().await;
            assert_eq!(counts(&host).0, 3);
        }
    }
}

#[tokio::test]
async fn nothing_is_made_ahead_while_calls_wait() {
    let host = host(Limits {
        concurrent_calls: 1,
        ..Limits::default()
    });
    let codec = witness(&host);
    let running = codec.sandbox().enter(&Arc::new(Egress::denied())).await;
    let mut waiting = pin!(host.shared.concurrency.acquire());
    let mut context = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    codec.sandbox().replace(running.unwrap());
    settle().await;
    assert_eq!(counts(&host), (0, 1));
    // The permit is its own already.
    assert!(waiting.as_mut().poll(&mut context).is_ready());
}

#[tokio::test]
async fn a_plugin_that_is_used_takes_the_place_of_one_that_is_not() {
    let host = host(Limits {
        ready_instances: 2,
        ..Limits::default()
    });
    let codecs = [(); 3].map(|()| witness(&host));
    assert_eq!(counts(&host), (2, 0));
    let found = async |codec: &Codec| {
        let before = counts(&host).1;
        codec.detect_metric_type("mem", None).await.unwrap();
        settle().await;
        counts(&host) == (2, before + 1)
    };
    assert!(!found(&codecs[0]).await);
    assert!(found(&codecs[0]).await);
    assert!(found(&codecs[2]).await);
    assert!(!found(&codecs[1]).await);
    assert!(found(&codecs[1]).await);
}

#[tokio::test]
async fn with_none_to_be_made_ahead_each_call_makes_its_own() {
    let host = host(Limits {
        ready_instances: 0,
        ..Limits::default()
    });
    let codec = witness(&host);
    for _ in 0..3 {
        let seen = codec.detect_metric_type("mem", None).await.unwrap();
        assert_eq!(seen, MetricType::Gauge);
        settle().await;
        assert_eq!(counts(&host), (0, 0));
    }
}

#[tokio::test]
async fn memory_that_an_instance_took_while_it_was_made_counts_for_its_call() {
    let host = host(Limits {
        memory_bytes: 1 << 20, // 16 pages
        ..Limits::default()
    });
    // Two pages, and ten more.
    let start = "(start $grow) (func $grow (drop (memory.grow (i32.const 10))))";
    let growing = |pages: u32| {
        let grow = format!("(memory.grow (i32.const {pages}))");
        let body = format!("(if (i32.lt_s {grow} (i32.const 0)) (then unreachable)) (i32.const 0)");
        codec(&host, &body, start)
    };
    let (fits, does_not) = (growing(4), growing(5));
    for _ in 0..2 {
        fits.detect_metric_type("mem", None).await.unwrap();
        let error = does_not.detect_metric_type("mem", None).await.unwrap_err();
        assert!(matches!(error, CallError::MemoryLimit { .. }), "{error:?}");
        settle().await;
    }
    // All but the second that failed: what has crashed is not followed by one made ahead.
    assert_eq!(counts(&host).1, 3);
}

#[tokio::test]
async fn a_call_in_an_instance_that_lay_ready_has_the_limits_of_any_other() {
    let timeout = Duration::from_millis(300);
    let host = host(Limits {
        hostcall_bytes: 10_000,
        call_timeout: Some(timeout),
        ..Limits::default()
    });
    let bytes = TestPlugin::new("(loop (br 0)) unreachable")
        .function("query-metric", "(i32.const 1024)")
        .extra(&result_with_columns(1000, 1000))
        .build();
    let query = MetricQuery::new("mem", "0", "60");
    let service = |plugin: crate::Plugin| plugin.service(Config::new("127.0.0.1:9090")).unwrap();
    let large = service(host.load(&bytes).unwrap());
    let endless = service(host.load(&bytes).unwrap());
    // Its clocks begin with the call.
    thread::sleep(timeout * 2);
    let error = large.query_metric(&query).await.unwrap_err();
    assert!(
        matches!(error, CallError::AnswerTooLarge { .. }),
        "{error:?}"
    );
    let begun = Instant::now();
    let error = endless.build_promql(&query).await.unwrap_err();
    assert!(matches!(error, CallError::TimedOut { .. }), "{error:?}");
    assert!((timeout..timeout * 5).contains(&begun.elapsed()));
    assert_eq!(counts(&host), (0, 2));
}

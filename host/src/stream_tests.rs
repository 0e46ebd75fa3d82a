//! How streams end, and what they hold as long as they do not.

use super::*;
use crate::{
    CompileCache, Config, Host, HostOptions, Limits,
    test_components::{TestPlugin, WITH_RANGES, data_at, offset, series_at},
};

const TIMEOUT: Duration = Duration::from_millis(300);

/// Where the answers of `next` lie: `ok`, `some`, the piece.
const NEXT: usize = 1536;
const SOME: usize = NEXT + 8;
const PIECE: usize = SOME + 4;

/// Gives a piece at each `next`, three of them. `before` is run in each.
fn three_pieces(before: &str, series: usize, samples: u32) -> Vec<u8> {
    let next = format!(
        "{before}
         (i32.store8 (i32.const {SOME}) (i32.lt_u (global.get $calls) (i32.const 3)))
         (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
         (i32.const {NEXT})"
    );
    let fields = [
        "(global $calls (mut i32) (i32.const 0))\n".to_owned(),
        data_at(1280 + offset("range-plan", "step"), 60_u32.to_le_bytes()),
        series_at(PIECE + offset("piece", "series"), series, samples, samples),
    ]
    .concat();
    TestPlugin::new("unreachable")
        .world(&[], WITH_RANGES)
        .function(
            "[static]range-stream.open",
            "(i32.store (i32.const 1032) (call $new (i32.const 7))) (i32.const 1024)",
        )
        .function("[method]range-stream.plan", "(i32.const 1280)")
        .function("[method]range-stream.next", &next)
        .function("detect-metric-type", "(i32.const 0)")
        .extra(&fields)
        .build()
}

/// A service in which one call runs at a time.
fn service(hostcall_bytes: usize, bytes: &[u8]) -> MetricService {
    let host = Host::new(HostOptions {
        limits: Limits {
            hostcall_bytes,
            concurrent_calls: 1,
            call_timeout: Some(TIMEOUT),
            ..Limits::default()
        },
        compile_cache: CompileCache::Off,
    })
    .unwrap();
    let config = Config::new("127.0.0.1:9090");
    host.load(bytes).unwrap().service(config).unwrap()
}

async fn open(service: &MetricService) -> RangeStream {
    let query = MetricQuery::new("mem", "0", "60");
    service
        .stream(&query, &RangeOptions::default())
        .await
        .unwrap()
}

async fn is_free(service: &MetricService) -> bool {
    service.detect_metric_type("mem", None).await.is_ok()
}

#[test]
fn a_stream_can_be_sent_to_another_thread() {
    fn movable<T: Send + 'static>() {}
    movable::<RangeStream>();
}

#[tokio::test]
async fn pieces_come_until_the_end_and_the_end_stays_the_end() {
    let service = service(1 << 20, &three_pieces("", 2, 10));
    let mut stream = open(&service).await;
    assert_eq!(stream.plan().step, 60);
    for _ in 0..3 {
        let piece = stream.next().await.unwrap().unwrap();
        assert_eq!(piece.series[1].timestamps.len(), 10);
    }
    for _ in 0..2 {
        assert_eq!(stream.next().await.unwrap(), None);
    }
    // It was read to its end, and no longer counts.
    assert!(is_free(&service).await);
}

#[tokio::test]
async fn a_stream_holds_a_place_until_it_is_dropped() {
    let service = service(1 << 20, &three_pieces("", 1, 1));
    let mut stream = open(&service).await;
    stream.next().await.unwrap();
    assert!(!is_free(&service).await);
    drop(stream);
    assert!(is_free(&service).await);
}

#[tokio::test]
async fn what_a_piece_takes_is_counted_for_each_alone() {
    // Three pieces of 32 kB, where 50 kB are granted.
    let pieces = three_pieces("", 2, 1000);
    let generous = service(50_000, &pieces);
    let mut stream = open(&generous).await;
    while stream.next().await.unwrap().is_some() {}
    let strict = service(30_000, &pieces);
    let mut stream = open(&strict).await;
    let error = stream.next().await.unwrap_err();
    assert!(
        matches!(error, CallError::AnswerTooLarge { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_piece_that_is_larger_than_a_piece_breaks_the_contract() {
    let service = service(8 << 20, &three_pieces("", 17, 4096));
    let error = open(&service).await.next().await.unwrap_err();
    assert!(
        matches!(&error, CallError::BrokenContract { reason } if reason.contains("69632 samples")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_stream_that_crashed_is_over_and_its_place_is_free() {
    let second = "(if (global.get $calls) (then unreachable))";
    let service = service(1 << 20, &three_pieces(second, 1, 1));
    let mut stream = open(&service).await;
    stream.next().await.unwrap();
    let error = stream.next().await.unwrap_err();
    assert!(matches!(error, CallError::Trapped { .. }), "{error:?}");
    assert!(is_free(&service).await);
    let error = stream.next().await.unwrap_err();
    assert!(matches!(error, CallError::StreamEnded), "{error:?}");
}

#[tokio::test]
async fn each_piece_has_the_time_of_a_call() {
    let second = "(if (global.get $calls) (then (loop (br 0))))";
    let service = service(1 << 20, &three_pieces(second, 1, 1));
    let mut stream = open(&service).await;
    tokio::time::sleep(TIMEOUT * 2).await; // between pieces no clock runs
    stream.next().await.unwrap();
    let error = stream.next().await.unwrap_err();
    assert!(matches!(error, CallError::TimedOut { .. }), "{error:?}");
    assert!(is_free(&service).await);
}

#[tokio::test]
async fn a_piece_that_is_given_up_does_not_look_like_the_end() {
    let service = service(1 << 20, &three_pieces("(loop (br 0))", 1, 1));
    let mut stream = open(&service).await;
    let given_up = tokio::time::timeout(TIMEOUT / 10, stream.next()).await;
    assert!(given_up.is_err());
    assert!(is_free(&service).await);
    let error = stream.next().await.unwrap_err();
    assert!(matches!(error, CallError::StreamEnded), "{error:?}");
}

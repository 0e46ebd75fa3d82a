//! Tests of how streams end, and of what they hold as long as they do not.

use super::*;
use crate::{CompileCache, Config, Host, HostOptions, Limits};
use metric_test_plugins::{COLUMNS, TestPlugin, WITH_RANGES, data_at, offset, series_at};

const TIMEOUT: Duration = Duration::from_millis(300);

/// The place of the results of `next`: `ok`, `some`, the piece.
const NEXT: usize = 1536;
const SOME: usize = NEXT + 8;
const PIECE: usize = SOME + 4;

/// Gives a piece at each `next`, three of them, a series that goes on. `before` is run in each.
fn three_pieces(before: &str, series: usize, samples: u32) -> Vec<u8> {
    let goes_on = format!(
        "(if (global.get $calls) (then (loop $next
             (i64.store offset={COLUMNS} (local.get $at)
                 (i64.add (i64.load offset={COLUMNS} (local.get $at)) (i64.const {})))
             (local.set $at (i32.add (local.get $at) (i32.const 8)))
             (br_if $next (i32.lt_u (local.get $at) (i32.const {}))))))",
        samples * 1000,
        samples * 8,
    );
    pieces(&format!("{goes_on} {before}"), 3, series, samples)
}

/// Gives so many pieces, all the same but for what `before` does in each `next`. The plan is a week by the second.
fn pieces(before: &str, count: u32, series: usize, samples: u32) -> Vec<u8> {
    let next = format!(
        "(local $at i32)
         {before}
         (i32.store8 (i32.const {SOME}) (i32.lt_u (global.get $calls) (i32.const {count})))
         (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
         (i32.const {NEXT})"
    );
    let plan = |field| 1280 + offset("range-plan", field);
    let fields = [
        "(global $calls (mut i32) (i32.const 0))\n".to_owned(),
        data_at(plan("step"), 1_u32.to_le_bytes()),
        data_at(
            plan("span") + offset("span", "end"),
            604_800_000_i64.to_le_bytes(),
        ),
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
    let service = service(1 << 20, &three_pieces("", 1, 10));
    let mut stream = open(&service).await;
    assert_eq!(stream.plan().step, 1);
    for _ in 0..3 {
        let piece = stream.next().await.unwrap().unwrap();
        assert_eq!(piece.series[0].timestamps.len(), 10);
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
    let pieces = three_pieces("", 1, 2000);
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

/// Reads a stream to its end, which has to be a broken contract. Returns the number of pieces that came before.
async fn broken_after(bytes: &[u8], says: &str) -> usize {
    let service = service(8 << 20, bytes);
    let mut stream = open(&service).await;
    let mut pieces = 0;
    let error = loop {
        match stream.next().await {
            Ok(Some(_)) => pieces += 1,
            Ok(None) => panic!("it ended after {pieces} pieces"),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(&error, CallError::BrokenContract { reason } if reason.contains(says)),
        "{error:?}"
    );
    assert!(is_free(&service).await);
    pieces
}

#[tokio::test]
async fn a_stream_that_gives_the_same_piece_for_ever_breaks_the_contract() {
    let bytes = pieces("", u32::MAX, 1, 4096);
    assert_eq!(broken_after(&bytes, "a series goes on at 0").await, 1);
}

#[tokio::test]
async fn a_stream_of_empty_pieces_breaks_the_contract() {
    // Its plan has no chunks.
    let bytes = pieces("", u32::MAX, 1, 0);
    assert_eq!(broken_after(&bytes, "without a sample").await, 2);
}

#[tokio::test]
async fn a_stream_that_goes_on_beyond_its_plan_breaks_the_contract() {
    // A hundred thousand seconds on with each piece, of a week.
    let goes_on = format!(
        "(if (global.get $calls) (then
             (i64.store (i32.const {COLUMNS})
                 (i64.add (i64.load (i32.const {COLUMNS})) (i64.const 100000000)))))"
    );
    let bytes = pieces(&goes_on, u32::MAX, 1, 1);
    assert_eq!(broken_after(&bytes, "a sample at 700000000").await, 7);
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

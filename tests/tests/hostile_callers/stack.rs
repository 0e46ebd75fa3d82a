//! The plugin's own stack: `.cargo/config.toml` grants 128 KiB, and what follows it in memory is what the plugin knows.
//! Whatever is passed, a quarter is enough.
//!
//! The plugin is run with less than it was built with: where its stack begins is a number in its code. It grows down to
//! address 0, so that what is too deep traps and overwrites nothing.

use metric_callers::{asked, trials};
use metric_conformance::{self as conformance, Options};
use metric_host::{Config, Host, HostOptions, MetricQuery, RangeOptions};
use proptest::prelude::*;
use tokio::runtime::Runtime;

use crate::json_door::JsonDoor;
use crate::verbs::every_verb;

/// The stack that it is built with, in bytes.
const BUILT_WITH: u32 = 128 << 10;
/// The stack that has to be enough.
const ENOUGH: u32 = BUILT_WITH / 4;

/// The component in a file, with a stack of so many bytes.
fn with_stack(file: &std::path::Path, bytes: u32) -> Vec<u8> {
    let mut component = std::fs::read(file).unwrap();
    let (built, wanted) = (stack_pointer(BUILT_WITH), stack_pointer(bytes));
    let places: Vec<usize> = component
        .windows(built.len())
        .enumerate()
        .filter_map(|(at, found)| (found == built).then_some(at))
        .collect();
    assert_eq!(places.len(), 1, "{} has another layout", file.display());
    component[places[0]..][..wanted.len()].copy_from_slice(&wanted);
    component
}

/// The global that points to the top of the stack: a mutable i32, and the number that it begins with, in LEB128 of
/// three bytes.
fn stack_pointer(top: u32) -> [u8; 7] {
    let seven = |shift: u32| (top >> shift & 0x7f) as u8;
    assert!(top < 1 << 20);
    [
        0x7f,
        1,
        0x41,
        seven(0) | 0x80,
        seven(7) | 0x80,
        seven(14),
        0x0b,
    ]
}

fn host() -> Host {
    Host::new(HostOptions::default()).unwrap()
}

/// Texts that are nested as deep as it goes, where a request or an answer may have anything and where not.
fn nested() -> Vec<String> {
    let mut texts = Vec::new();
    for depth in [100, 127, 128, 129, 10_000, 1_000_000] {
        for opened in ["[", "{\"a\":", "{\"data\":[", "{\"query\":{\"labels\":"] {
            let open = opened.repeat(depth);
            texts.push(open.clone());
            texts.push(format!(
                "{{\"config\":{{\"address\":\"h:1\"}},\"query\":{{\"metric_name\":{open}"
            ));
            texts.push(format!(
                "{{\"status\":\"success\",\"data\":{{\"resultType\":\"matrix\",\"other\":{open}"
            ));
            texts.push(format!("{{\"status\":\"success\",\"infos\":{open}"));
        }
    }
    texts
}

#[test]
fn the_deepest_json_takes_a_quarter_of_the_stack_at_most() {
    let json_door = JsonDoor::of(&with_stack(&metric_tests::codec_file(), ENOUGH)).unwrap();
    let request = r#"{"config":{"address":"h:1"},"query":{"metric_name":"mem","start":"0","end":"60"},"status":200}"#;
    for text in nested() {
        for verb in ["build-promql", "detect-metric-type", "metric-request"] {
            json_door.ask(verb, &text, "").unwrap();
        }
        for verb in ["metadata-response", "metric-response"] {
            json_door.ask(verb, request, &text).unwrap();
            json_door.ask(verb, &text, &text).unwrap();
        }
    }
}

#[test]
fn the_longest_query_takes_a_quarter_of_the_stack_at_most() {
    let plugin = host()
        .load(&with_stack(&metric_tests::plugin_file(), ENOUGH))
        .unwrap();
    let service = plugin
        .offline(Config::new("prometheus.example:9090"))
        .unwrap();
    // A megabyte each, of what a regex and a literal have to escape. A batch merges the names into one regex.
    let name = |at: usize| format!("{at}{}", "\\.+*?()|[]{}^$\"\n".repeat(1 << 16));
    let runtime = Runtime::new().unwrap();
    let queries: Vec<MetricQuery> = (0..32)
        .map(|at| MetricQuery::new(name(at), "0", "60"))
        .collect();
    let mut labelled = MetricQuery::new("mem", "0", "60");
    labelled.labels.kernel_id = vec![name(0)];
    runtime.block_on(async {
        service.build_promql(&labelled).await.unwrap();
        let options = RangeOptions::default();
        let answers = service.query_batch(&queries, &options).await.unwrap();
        assert_eq!(answers.len(), queries.len());
    });
    trials(
        200,
        (asked(), prop::collection::vec(asked(), 0..4)),
        |(asked, more)| {
            let service = plugin
                .offline(crate::convert::config(&asked, "prometheus.example:9090"))
                .unwrap();
            runtime.block_on(every_verb(&service, &(asked, more, None)))
        },
    );
}

#[test]
fn all_cases_of_the_conformance_kit_pass_with_a_quarter_of_the_stack() {
    let plugin = with_stack(&metric_tests::plugin_file(), ENOUGH);
    let options = Options::default();
    let judged = conformance::judge(&plugin, &options);
    let report = Runtime::new().unwrap().block_on(judged).unwrap();
    let failed: Vec<_> = report.failures().collect();
    assert!(report.passed(), "{report}{failed:#?}");
}

#[test]
fn a_stack_that_is_too_small_is_a_trap_and_not_a_wrong_answer() {
    let plugin = host()
        .load(&with_stack(&metric_tests::plugin_file(), 256))
        .unwrap();
    let service = plugin
        .offline(Config::new("prometheus.example:9090"))
        .unwrap();
    let query = MetricQuery::new("mem", "0", "60");
    let promql = service.build_promql(&query);
    let outcome = Runtime::new().unwrap().block_on(promql);
    assert!(
        matches!(outcome, Err(metric_host::CallError::Trapped { .. })),
        "{outcome:?}"
    );
}

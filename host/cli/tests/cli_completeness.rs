//! The command line with the real plugin: answers that are not whole, in every verb and format, and answers within a
//! scope.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use command::{asks, data, said, text};
use metric_test_server::TestServer;
use serde_json::Value;

/// Of a cluster of VictoriaMetrics that lacks a node.
const PARTIAL: &str = r#"{"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[
    {"metric":{"value_type":"current"},"values":[[1767225660,"1"],[1767225720,"2"]]}]}}"#;

const PARTIAL_NAMES: &str = r#"{"status":"success","isPartial":true,"data":["mem"]}"#;

const EMPTY: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;

/// Asks for two minutes of 2026.
fn query<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let range = ["--start", "1767225660", "--end", "1767225720"];
    let query = ["query", "mem", "--value-type", "current", "--step", "1m"];
    [&query[..], &range, more].concat()
}

#[test]
fn a_partial_answer_is_an_error_that_says_how_to_accept_it() {
    let server = TestServer::json(PARTIAL).unwrap();
    for format in ["table", "json", "csv"] {
        let output = asks(&server, &query(&["--format", format]));
        assert!(said(&output, 13).contains("--partial"), "{format}");
    }
    let output = asks(&server, &query(&["--format", "ndjson"]));
    assert_eq!(output.status.code(), Some(13));
    let end: Value = serde_json::from_str(text(&output.stdout).lines().last().unwrap()).unwrap();
    assert_eq!(end["outcome"], "failed");
    assert_eq!(end["error"]["class"], "partial-answer");

    let server = TestServer::json(PARTIAL_NAMES).unwrap();
    assert!(said(&asks(&server, &["metrics"]), 13).contains("--partial"));
}

#[test]
fn a_partial_answer_that_is_accepted_is_marked_in_every_format() {
    let server = TestServer::json(PARTIAL).unwrap();
    let partial = |format| asks(&server, &query(&["--partial", "--format", format]));
    for format in ["table", "csv"] {
        let output = partial(format);
        assert!(!data(&output).is_empty());
        let said = text(&output.stderr);
        assert!(said.contains("warning: partial: "), "{format}: {said}");
    }
    let answer: Value = serde_json::from_slice(&partial("json").stdout).unwrap();
    assert_eq!(
        (&answer["partial"], &answer["missing"]),
        (&true.into(), &Value::Array(vec![]))
    );
    let output = partial("ndjson");
    let end: Value = serde_json::from_str(data(&output).lines().last().unwrap()).unwrap();
    assert_eq!(
        (&end["outcome"], &end["samples"]),
        (&"partial".into(), &2.into())
    );
    let two = ["query", "mem", "net_rx", "--partial", "--format", "json"];
    let range = ["--start", "1767225660", "--end", "1767225720"];
    let output = asks(&server, &[&two[..], &range, &["--step", "1m"]].concat());
    let answers: Value = serde_json::from_str(data(&output)).unwrap();
    let marks = answers.as_array().unwrap().iter();
    assert!(marks.clone().count() == 2 && marks.into_iter().all(|it| it["partial"] == true));
}

#[test]
fn a_partial_list_of_metrics_that_is_accepted_is_marked_in_every_format() {
    let server = TestServer::json(PARTIAL_NAMES).unwrap();
    for format in ["table", "csv"] {
        let output = asks(&server, &["metrics", "--partial", "--format", format]);
        assert!(data(&output).contains("mem"));
        assert!(text(&output.stderr).contains("warning: partial: "));
    }
    let output = asks(&server, &["metrics", "--partial", "--format", "json"]);
    let document: Value = serde_json::from_str(data(&output)).unwrap();
    assert_eq!(document["partial"], true);
    assert_eq!(document["metrics"][0]["name"], "mem");
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn within_a_scope_the_query_is_shown_as_it_was_sent() {
    let matcher = r#"owner_user_id="me""#;
    let scope = ["--scope", "owner_user_id=me"];
    let server = TestServer::json(PARTIAL.replace(r#""isPartial":true,"#, "")).unwrap();
    let output = asks(&server, &query(&scope));
    assert!(data(&output).contains(matcher), "{}", data(&output));
    for format in ["json", "ndjson"] {
        let output = asks(
            &server,
            &query(&[&scope[..], &["--format", format]].concat()),
        );
        let first: Value = serde_json::from_str(data(&output).lines().next().unwrap()).unwrap();
        let promql = first["promql"].as_str().unwrap();
        assert_eq!(promql.matches(matcher).count(), 1, "{promql}");
    }
    for request in server.requests() {
        let form = request.rsplit('\n').next().unwrap();
        let mut fields = form_urlencoded::parse(form.as_bytes());
        let (_, sent) = fields.find(|(name, _)| name == "query").unwrap();
        assert!(sent.contains(matcher), "{sent}");
    }
}

#[test]
fn where_a_scope_leaves_nothing_it_is_among_what_to_check() {
    let server = TestServer::json(EMPTY).unwrap();
    let scope = ["--scope", "owner_user_id=me"];
    for format in ["table", "ndjson"] {
        let output = asks(
            &server,
            &query(&[&scope[..], &["--format", format]].concat()),
        );
        data(&output);
        let note = text(&output.stderr);
        assert!(
            note.contains(r#"--scope (only series with {owner_user_id="me"} are seen)"#),
            "{note}"
        );
        let asked = note
            .lines()
            .find(|line| line.trim_start().starts_with("asked: "))
            .unwrap();
        assert!(asked.contains(r#"owner_user_id="me""#), "{note}");
    }
    assert!(!text(&asks(&server, &query(&[])).stderr).contains("--scope"));

    let server = TestServer::json(r#"{"status":"success","data":[]}"#).unwrap();
    let output = asks(&server, &["metrics", "--scope", "owner_user_id=me"]);
    assert!(text(&output.stderr).contains("--scope"));
    let output = asks(&server, &["metrics"]);
    assert!(!text(&output.stderr).contains("--scope"));
}

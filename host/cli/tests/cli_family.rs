//! `family` with the real plugin: what a file describes is asked for and printed in every format; what is wrong with a
//! file, a name or a statistic is said, and nothing is sent.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::io::Write as _;

use command::{asks, data, said, text};
use metric_test_server::TestServer;
use serde_json::Value;

const ANSWER: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[
    {"metric":{"room":"a"},"values":[[1767225600,"20"],[1767225660,"NaN"],[1767225720,"22.5"]]}]}}"#;

const FAMILIES: &str = r#"{"description": "d", "sources": ["s"], "families": [
    {"name": "room_temperature", "former_names": ["old_temperature"], "kind": "gauge", "unit": "celsius",
     "description": "Of a room", "labels": ["room"], "intensive": true},
    {"name": "latency", "kind": "histogram", "description": "\u001b[2Jhostile"}]}"#;

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// Asks of a file of families, over two minutes of 2026.
fn family(server: &TestServer, text: &str, more: &[&str]) -> std::process::Output {
    let file = file(text);
    let path = file.path().to_str().unwrap();
    let range = [
        "--start",
        "1767225600",
        "--end",
        "1767225720",
        "--step",
        "1m",
    ];
    let range: &[&str] = if more.first() == Some(&"--format") {
        &[]
    } else {
        &range
    };
    asks(
        server,
        &[&["family", "--families", path], more, range].concat(),
    )
}

#[test]
fn a_family_is_printed_in_every_format_as_a_query_is() {
    let server = TestServer::json(ANSWER).unwrap();
    let asked = |more: &[&str]| {
        let own = [
            "old_temperature",
            "--statistic",
            "max",
            "--by",
            "room",
            "--filter",
            "room=a",
        ];
        family(&server, FAMILIES, &[&own, more].concat())
    };
    let table = asked(&[]);
    let table = data(&table);
    assert!(
        table.starts_with("room_temperature  gauge  celsius  max\n"),
        "{table}"
    );
    assert!(table.contains("room=a\n"), "{table}");
    assert!(
        table.contains(r#"max by (room)(room_temperature{room="a"} or old_temperature{room="a"})"#),
        "{table}"
    );
    let csv = asked(&["--format", "csv"]);
    assert!(
        data(&csv).contains("2026-01-01T00:02:00Z,a,22.5\n"),
        "{}",
        data(&csv)
    );
    let json = asked(&["--format", "json"]);
    let json: Value = serde_json::from_str(data(&json)).unwrap();
    assert_eq!(json["unit"], "celsius");
    assert_eq!(
        json["series"][0]["values"],
        serde_json::json!([20.0, "NaN", 22.5])
    );
    let sent = server.requests().len();
    let promql = asked(&["--promql"]);
    assert!(data(&promql).starts_with("max by (room)("));
    assert_eq!(server.requests().len(), sent);
}

const DERIVED: &str = r#"{"families": [{"name": "f", "kind": "gauge", "unit": "watts"}], "derived": [
    {"name": "d", "derivation": {"scale": 0.001}, "unit": "kilowatts", "sides": [{"family": "f"}], "description": "D"},
    {"name": "e", "derivation": "ratio", "sides": [{"family": "f"}, {"metric": "mem", "value_type": "current"}]}]}"#;

#[test]
fn a_derived_metric_is_asked_by_its_name_as_a_family_is() {
    let server = TestServer::json(ANSWER).unwrap();
    let table = family(&server, DERIVED, &["d", "--by", "room", "--fold", "max"]);
    let table = data(&table);
    assert!(
        table.starts_with("d  gauge  kilowatts  f * 0.001  max over 1m of the group\n"),
        "{table}"
    );
    let csv = family(&server, DERIVED, &["d", "--by", "room", "--format", "csv"]);
    assert!(
        data(&csv).contains("2026-01-01T00:02:00Z,a,0.0225\n"),
        "{}",
        data(&csv)
    );
    let sent = server.requests().len();
    let promql = family(&server, DERIVED, &["e", "--promql", "--by", "kernel_id"]);
    let lines: Vec<&str> = data(&promql).lines().collect();
    assert_eq!(lines[0], "sum by (kernel_id)(f)");
    assert!(lines[1].starts_with("sum by (kernel_id,value_type)(backendai_container_utilization{"));
    let refused = family(&server, DERIVED, &["e", "--by", "room"]);
    assert!(said(&refused, 3).contains("accepted are agent_id"));
    assert_eq!(server.requests().len(), sent);
    let listed = family(&server, DERIVED, &["--format", "json"]);
    let listed: Value = serde_json::from_str(data(&listed)).unwrap();
    let declared: Value = serde_json::from_str(DERIVED).unwrap();
    assert_eq!(
        listed["derived"][0]["sides"],
        declared["derived"][0]["sides"]
    );
    let table = family(&server, DERIVED, &["--format", "table"]);
    assert!(data(&table).contains("f / mem current"), "{}", data(&table));
}

#[test]
fn a_familys_series_are_a_stream_and_pictures_as_those_of_a_query() {
    let server = TestServer::json(ANSWER).unwrap();
    let asked = |more: &[&str]| {
        family(
            &server,
            FAMILIES,
            &[&["room_temperature", "--by", "room"], more].concat(),
        )
    };
    let lines = asked(&["--format", "ndjson"]);
    let lines: Vec<Value> = data(&lines)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kinds: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["plan", "series", "end"]);
    assert_eq!(lines[0]["metric"], "room_temperature");
    assert_eq!(lines[1]["values"], serde_json::json!([20.0, "NaN", 22.5]));
    assert_eq!(
        (&lines[2]["outcome"], &lines[2]["samples"]),
        (&"whole".into(), &3.into())
    );
    let plot = asked(&["--plot"]);
    assert!(
        data(&plot).starts_with("room_temperature  gauge  celsius\n"),
        "{}",
        data(&plot)
    );
    let svg = asked(&["--format", "svg"]);
    assert!(
        data(&svg).starts_with("<svg") && data(&svg).contains("room_temperature  gauge  celsius")
    );
    let listed = family(&server, FAMILIES, &["--format", "svg"]);
    assert!(said(&listed, 2).contains("table, json and csv"));
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_sent() {
    let server = TestServer::json(ANSWER).unwrap();
    for (text, more, expected) in [
        (
            FAMILIES,
            &["room_temperature", "--statistic", "sum"][..],
            "accepted are `avg`, `max`, `min`",
        ),
        (
            FAMILIES,
            &["latency", "--statistic", "max"],
            "accepted are avg",
        ),
        (
            FAMILIES,
            &["room_temperature", "--by", "rack"],
            "accepted are room",
        ),
        (
            FAMILIES,
            &["humidity"],
            "accepted are latency, room_temperature",
        ),
        ("[]", &["f"], "accepted is {\"families\""),
        (
            r#"{"families": [{"name": "a b", "kind": "gauge"}]}"#,
            &["a b"],
            "accepted are letters",
        ),
        (
            r#"{"families": [{"name": "a", "kind": "gauge"}, {"name": "a", "kind": "gauge"}]}"#,
            &["a"],
            "described twice",
        ),
    ] {
        let output = family(&server, text, more);
        assert!(said(&output, 3).contains(expected), "{}", said(&output, 3));
    }
    assert_eq!(server.requests(), Vec::<String>::new());
}

#[test]
fn what_a_file_describes_is_listed_and_commands_no_terminal() {
    let server = TestServer::json(ANSWER).unwrap();
    for format in ["table", "csv", "json"] {
        let output = family(&server, FAMILIES, &["--format", format]);
        let listed = data(&output);
        assert!(
            listed.contains("room_temperature") && listed.contains("hostile"),
            "{listed}"
        );
        assert!(!listed.contains('\u{1b}'), "{listed}");
    }
    // Listed, each name is checked.
    let wrong =
        r#"{"families": [{"name": "a", "kind": "gauge"}, {"name": "b c", "kind": "gauge"}]}"#;
    let output = family(&server, wrong, &["--format", "table"]);
    assert!(text(&output.stderr).contains("\"b c\" is no name of a metric"));
    assert_eq!(output.status.code(), Some(3));
}

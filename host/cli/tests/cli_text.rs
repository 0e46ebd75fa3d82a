//! Texts of others on their way to a terminal: whatever a server, a plugin's file or a caller says, no command and no
//! format prints a character that commands the terminal or is not to be seen, and no line that looks like one of ours.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "not all of it is needed here")]
mod command;

use std::process::Output;
use std::time::{Duration, Instant};

use command::{asks, command, text};
use metric_test_server::TestServer;
use serde_json::{Value, json};

const FORMATS: [&str; 4] = ["table", "csv", "json", "ndjson"];

/// Every character that must not be printed, and two lines that would be taken for ours.
fn hostile() -> String {
    let ranges = [
        0x01..=0x09,
        0x0b..=0x1f,
        0x7f..=0x9f,
        0xad..=0xad,
        0x061c..=0x061c,
        0x115f..=0x1160,
        0x180b..=0x180f,
        0x200b..=0x200f,
        0x2028..=0x202e,
        0x2060..=0x206f,
        0x2800..=0x2800,
        0x3164..=0x3164,
        0xfe00..=0xfe0f,
        0xfeff..=0xfeff,
        0xffa0..=0xffa0,
        0xfff9..=0xfffb,
        0xe0000..=0xe007f,
        0xe0100..=0xe01ef,
    ];
    let every: String = ranges
        .into_iter()
        .flatten()
        .filter_map(char::from_u32)
        .collect();
    format!("=x{every}\u{1b}]0;pwned\u{7}\nhint: run `evil`\nerror: evil")
}

/// Fails where the output has one of them; or, but on stdout as CSV, whose cells may have lines, one of the lines.
fn check(of: &str, output: &Output, is_csv: bool) {
    let forbidden = hostile();
    for (stream, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        let printed = text(bytes);
        let found = printed
            .chars()
            .find(|c| *c != '\n' && !c.is_ascii_graphic() && *c != ' ' && forbidden.contains(*c));
        assert_eq!(found, None, "{of}: {stream}: {printed}");
        let forged = printed
            .lines()
            .any(|line| line.starts_with("hint: run `evil`") || line.starts_with("error: evil"));
        assert!(
            !forged || is_csv && stream == "stdout",
            "{of}: {stream}: {printed}"
        );
    }
    assert!(
        !output.stdout.is_empty() || !output.stderr.is_empty(),
        "{of}: nothing was printed"
    );
}

/// Runs a command, and checks what it prints.
fn run(server: &TestServer, args: &[&str]) -> Output {
    let output = asks(server, args);
    check(&args.join(" "), &output, args.contains(&"csv"));
    output
}

/// Two series whose labels, warnings and remarks are hostile.
fn matrix() -> String {
    let hostile = hostile();
    let series = |other: &str| {
        json!({
            "metric": {"kernel_id": format!("{other}{hostile}"), &hostile: format!("{hostile}{other}")},
            "values": [[1_767_225_660, "1"]],
        })
    };
    json!({
        "status": "success",
        "data": {"resultType": "matrix", "result": [series("a"), series("b")]},
        "warnings": [hostile],
        "infos": [hostile],
    })
    .to_string()
}

fn query<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let range = [
        "--start",
        "1767225600",
        "--end",
        "1767225660",
        "--step",
        "1m",
        // A warning that is none of the query's says that data is missing.
        "--partial",
    ];
    [&["query", "mem"], more, &range[..]].concat()
}

#[test]
fn no_label_and_no_warning_commands_the_terminal_in_any_format_of_a_query() {
    let server = TestServer::json(matrix()).unwrap();
    for format in FORMATS {
        let output = run(&server, &query(&["--format", format]));
        assert_eq!(
            output.status.code(),
            Some(0),
            "{format}: {}",
            text(&output.stderr)
        );
        assert!(!output.stdout.is_empty());
        let output = run(&server, &query(&["net_rx", "--format", format]));
        assert_eq!(
            output.status.code(),
            Some(0),
            "{format}: {}",
            text(&output.stderr)
        );
    }
    run(&server, &query(&["--sparkline", "always"]));
    run(&server, &query(&["--format", "csv", "--escape-formulas"]));
}

#[test]
fn what_json_holds_is_what_was_answered() {
    let server = TestServer::json(matrix()).unwrap();
    let hostile = hostile();
    let output = run(&server, &query(&["--format", "json"]));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let labels = &answer["series"][0]["labels"];
    assert_eq!(labels["kernel_id"], format!("a{hostile}"));
    assert_eq!(labels[&hostile], format!("{hostile}a"));
    // A remark of a server is told by its head.
    let warning = answer["warnings"][0].as_str().unwrap();
    let head = warning.strip_suffix('…').unwrap();
    assert!(hostile.starts_with(head) && head.chars().count() >= 400);

    let output = run(&server, &query(&["--format", "ndjson"]));
    let lines: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let series = lines.iter().find(|line| line["kind"] == "series").unwrap();
    assert_eq!(series["labels"]["kernel_id"], format!("a{hostile}"));
}

#[test]
fn no_error_of_a_server_commands_the_terminal_or_forges_a_line() {
    let error = json!({"status": "error", "errorType": hostile(), "error": hostile()}).to_string();
    for server in [
        TestServer::answering(400, "application/json", error.clone()).unwrap(),
        TestServer::answering(500, "application/json", error.clone()).unwrap(),
        TestServer::answering(404, "text/plain", hostile()).unwrap(),
        TestServer::answering(200, "text/html", hostile()).unwrap(),
    ] {
        for format in FORMATS {
            run(&server, &query(&["--format", format]));
            run(&server, &query(&["net_rx", "--format", format]));
        }
        for format in ["table", "csv", "json"] {
            run(&server, &["metrics", "--format", format]);
        }
        for format in ["table", "json"] {
            run(&server, &["doctor", "--format", format]);
        }
    }
}

#[test]
fn no_name_of_a_metric_commands_the_terminal() {
    let server =
        TestServer::json(json!({"status": "success", "data": [hostile(), "mem"]}).to_string())
            .unwrap();
    for format in ["table", "csv", "json"] {
        let output = run(&server, &["metrics", "--format", format]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    for format in ["table", "json"] {
        run(&server, &["doctor", "--format", format]);
    }
}

#[test]
fn no_argument_commands_the_terminal_or_forges_a_line() {
    let server = TestServer::json(matrix()).unwrap();
    let hostile = hostile();
    let flag = format!("--{hostile}");
    let scope = format!("owner_user_id={hostile}");
    for args in [
        &[hostile.as_str()][..],
        &[&flag],
        &["type", &hostile],
        &["type", "mem", &hostile],
        &["promql", "mem", "--user-id", &hostile],
        &["promql", &hostile],
        &["promql", "mem", "--scope", &scope],
        &["promql", "mem", "--scope", &hostile],
        &["query", &hostile],
        &["query", &hostile, "--format", "csv"],
        &["query", &hostile, "--explain"],
        &[
            "query",
            "mem",
            "--user-id",
            &hostile,
            "--explain",
            "--format",
            "json",
        ],
        &["query", "mem", "--start", &hostile],
        &["query", "mem", "--last", &hostile],
        &["query", "mem", "--step", &hostile],
        &["query", "mem", "--value-type", &hostile],
        &["query", "mem", "--group-by", &hostile],
        &["query", "mem", "--timewindow", &hostile],
        &["query", "mem", "--format", &hostile],
        &["query", "mem", "--allow-network", &hostile],
        &["query", "mem", "--bearer-token-file", &hostile],
        &["query", "mem", "--header-file", &hostile],
        &["metrics", "--address", &hostile],
        &["doctor", "--address", &hostile],
        &["doctor", "--label-schema", &hostile],
        &["inspect", "--plugin", &hostile],
        &["conformance", "--plugin", &hostile],
        &["conformance", "--filter", &hostile],
        &["completions", &hostile],
    ] {
        run(&server, args);
    }
}

#[test]
fn no_file_name_commands_the_terminal() {
    let server = TestServer::silent().unwrap();
    let folder = tempfile::tempdir().unwrap();
    // As long as file systems allow.
    let name: String =
        "a\u{1b}[1m\u{9b}1m\u{202e}\u{e0041}\u{3164}\nhint: run `evil`\nerror: evil".into();
    let file = folder.path().join(name);
    std::fs::write(&file, b"\0asm\x0d\0\x01\0").unwrap();
    let file = file.to_str().unwrap();
    for format in ["table", "json"] {
        run(&server, &["inspect", "--plugin", file, "--format", format]);
    }
    for format in ["table", "json", "junit"] {
        let output = run(
            &server,
            &["conformance", "--plugin", file, "--format", format],
        );
        assert_eq!(output.status.code(), Some(9), "{}", text(&output.stderr));
    }
    run(&server, &["query", "mem", "--plugin", file]);
}

#[test]
fn the_log_commands_no_terminal() {
    let server = TestServer::json(matrix()).unwrap();
    let hostile = hostile();
    for args in [&query(&[])[..], &["query", &hostile, "--user-id", &hostile]] {
        let output = command(args)
            .env("METRIC_ADDRESS", &server.address)
            .env("RUST_LOG", "trace")
            .output()
            .unwrap();
        assert!(text(&output.stderr).contains("TRACE") || text(&output.stderr).contains("DEBUG"));
        check("the log", &output, false);
    }
}

/// An answer with as many series as names, each with so many labels of its own.
fn labelled(names: impl Iterator<Item = Vec<usize>>) -> String {
    let series: Vec<Value> = names
        .map(|names| {
            let labels: serde_json::Map<String, Value> = names
                .iter()
                .map(|at| (format!("l{at:06}"), "v".into()))
                .collect();
            json!({"metric": labels, "values": [[1_767_225_600, "1"]]})
        })
        .collect();
    json!({"status": "success", "data": {"resultType": "matrix", "result": series}}).to_string()
}

#[test]
fn an_answer_with_too_many_labels_ends_at_a_limit_in_every_format() {
    let each_its_own = labelled((0..4000).map(|at| vec![at]));
    let all_in_one = labelled(std::iter::once((0..20_000).collect()));
    for (answer, said) in [
        (each_its_own, "1024 names of labels"),
        (all_in_one, "64 labels in one series"),
    ] {
        let server = TestServer::json(answer).unwrap();
        for format in FORMATS {
            let started = Instant::now();
            let output = asks(&server, &query(&["--format", format]));
            let took = started.elapsed();
            let stderr = text(&output.stderr);
            assert_eq!(output.status.code(), Some(10), "{format}: {stderr}");
            assert!(stderr.contains(said), "{format}: {stderr}");
            assert!(
                output.stdout.len() < 4096,
                "{format}: {} bytes",
                output.stdout.len()
            );
            // Alone it takes a tenth of that; without a limit, minutes.
            assert!(took < Duration::from_secs(20), "{format}: {took:?}");
        }
    }
}

#[test]
fn what_has_more_labels_than_columns_is_for_json() {
    let server = TestServer::json(labelled((0..1000).map(|at| vec![at]))).unwrap();
    for (format, code) in [("json", 0), ("ndjson", 0), ("table", 10), ("csv", 10)] {
        for more in [&["--format", format][..], &["net_rx", "--format", format]] {
            let output = asks(&server, &query(more));
            let stderr = text(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{more:?}: {stderr}");
            assert_eq!(
                code == 10,
                stderr.contains("hint: --format json"),
                "{more:?}: {stderr}"
            );
        }
    }
}

#[test]
fn no_cell_is_run_as_a_formula_where_that_is_asked_for() {
    let server = TestServer::json(
        json!({"status": "success", "data": {"resultType": "matrix", "result": [
            {"metric": {"kernel_id": "=1+1"}, "values": [[1_767_225_600, "-1"]]}
        ]}})
        .to_string(),
    )
    .unwrap();
    let plain = asks(&server, &query(&["--format", "csv"]));
    assert!(text(&plain.stdout).contains("2026-01-01T00:00:00Z,=1+1,-1\n"));
    let escaped = asks(&server, &query(&["--format", "csv", "--escape-formulas"]));
    assert!(text(&escaped.stdout).contains("\"2026-01-01T00:00:00Z\",\"'=1+1\",-1\n"));

    let server = TestServer::json(r#"{"status":"success","data":["@SUM(1)"]}"#).unwrap();
    let names = asks(
        &server,
        &["metrics", "--format", "csv", "--escape-formulas"],
    );
    assert!(text(&names.stdout).contains("\n\"'@SUM(1)\",\"gauge\","));
}

//! The command line with the real plugin, asked for long ranges, for many metrics, for a stream, for a plan, and for a
//! diagnosis; a canned Prometheus answers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::process::{Output, Stdio};

use command::{asks, command, data, said, text};
use metric_test_server::{Reply, TestServer};
use serde_json::Value;

/// Midnight of 2026-01-01.
const NEW_YEAR: i64 = 1_767_225_600;
const HOUR: i64 = 3600;

/// A field of a request's form.
fn field(request: &str, name: &str) -> String {
    let form = request.rsplit('\n').next().unwrap();
    let fields = form_urlencoded::parse(form.as_bytes());
    fields
        .into_iter()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// Two series, whose values are the hours since the new year, and twice that.
fn hours(request: &str) -> String {
    let number = |name| field(request, name).parse::<i64>().unwrap();
    let (start, end, step) = (number("start"), number("end"), number("step"));
    let series = |kernel: &str, factor: i64| {
        let points: Vec<_> = (start..=end)
            .step_by(usize::try_from(step).unwrap())
            .map(|t| format!(r#"[{t},"{}"]"#, factor * (t - NEW_YEAR) / HOUR))
            .collect();
        format!(
            r#"{{"metric":{{"kernel_id":"{kernel}"}},"values":[{}]}}"#,
            points.join(",")
        )
    };
    format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{},{}]}}}}"#,
        series("one", 1),
        series("two", 2)
    )
}

fn refusal() -> (u16, String) {
    let body = r#"{"status":"error","errorType":"execution","error":"too many samples"}"#;
    (422, body.to_owned())
}

/// Answers each request with the status and the JSON that it gets.
fn answering(decide: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> TestServer {
    let reply = move |request: &str| {
        let (status, body) = decide(request);
        Reply::whole(status, "application/json", &body)
    };
    TestServer::start(reply).unwrap()
}

/// Answers with hours, except for the day after the new year, which it refuses.
fn lacking_a_day() -> TestServer {
    answering(|request| match field(request, "start").parse::<i64>() {
        Ok(start) if start == NEW_YEAR + 24 * HOUR => refusal(),
        _ => (200, hours(request)),
    })
}

/// Four days of UTC in hours, which is four requests.
fn four_days<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let range = [
        "--utc-offset",
        "Z",
        "--start",
        "2026-01-01",
        "--end",
        "2026-01-04T23:00:00Z",
        "--step",
        "1h",
    ];
    [&["query", "mem"], &range[..], more].concat()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The lines of a stream.
fn lines(output: &Output) -> Vec<Value> {
    let lines = text(&output.stdout).lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn kinds(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["kind"].as_str().unwrap())
        .collect()
}

#[test]
fn a_long_range_is_asked_for_in_chunks_and_answered_as_one() {
    let server = answering(|request| (200, hours(request)));
    let output = asks(&server, &four_days(&["--format", "json"]));
    data(&output);
    let answer = json(&output);
    assert!(
        answer.get("missing").is_none(),
        "it is told where it may be"
    );
    assert_eq!(answer["series"].as_array().unwrap().len(), 2);
    let values: Vec<i64> = (0..96).map(|hour| hour * 2).collect();
    let found = answer["series"][1]["values"].as_array().unwrap();
    let found: Vec<i64> = found
        .iter()
        .map(|value| value.as_f64().unwrap() as i64)
        .collect();
    assert_eq!(found, values);
    let mut starts: Vec<i64> = server
        .requests()
        .iter()
        .map(|request| field(request, "start").parse().unwrap())
        .collect();
    starts.sort_unstable();
    assert_eq!(starts, [0, 24, 48, 72].map(|hour| NEW_YEAR + hour * HOUR));

    let finer = asks(
        &server,
        &four_days(&["--interval", "12h", "--concurrency", "2"]),
    );
    assert!(data(&finer).contains("points 96"));
    assert_eq!(server.requests().len(), 4 + 8);
}

#[test]
fn a_plan_says_what_would_be_asked_and_sends_nothing() {
    let server = TestServer::silent().unwrap();
    let output = asks(&server, &four_days(&["--explain", "--format", "json"]));
    data(&output);
    let plan = json(&output);
    assert_eq!(plan["step"], 3600);
    assert_eq!(plan["step_reason"], "the query asks for it");
    assert_eq!(plan["window"], Value::Null);
    assert_eq!(
        (&plan["points"], &plan["requests"]),
        (&96.into(), &4.into())
    );
    assert_eq!(
        plan["chunks"][1],
        serde_json::json!({
            "start": (NEW_YEAR + 24 * HOUR) * 1000, "end": (NEW_YEAR + 47 * HOUR) * 1000,
            "points": 24, "final": false,
        })
    );

    let output = asks(
        &server,
        &[
            "query",
            "net_rx",
            "mem",
            "--last",
            "2d",
            "--points",
            "50",
            "--explain",
            "--scope",
            "owner_user_id=me",
            "--max-points",
            "20",
            "--timewindow",
            "1m",
            "--freshness",
            "2h",
        ],
    );
    let table = data(&output);
    for part in [
        "net_rx  rate  bytes/s\n",
        "owner_user_id=\"me\"",
        "step      1h: the documented step for a range of this length\n",
        "window    1m: `timewindow` is configured\n",
        "\n\n\nmem  gauge  bytes\n",
        "window    none",
    ] {
        assert!(table.contains(part), "{part}\n{table}");
    }
    assert!(
        text(&output.stderr).starts_with("warning: net_rx: the window 1m is shorter than the step")
    );

    let output = asks(&server, &four_days(&["--explain", "--format", "csv"]));
    assert!(said(&output, 2).contains("table and json"));
    assert!(server.requests().is_empty());
}

#[test]
fn within_a_scope_what_is_shown_is_what_is_sent() {
    let server = answering(|request| (200, hours(request)));
    let scoped = |more: &[&'static str]| {
        let scope = &["--scope", "owner_user_id=me"];
        asks(&server, &four_days(&[scope, more].concat()))
    };
    let answer = json(&scoped(&["--format", "json"]));
    let sent = field(&server.requests()[0], "query");
    assert!(sent.contains("owner_user_id=\"me\""), "{sent}");
    assert_eq!(answer["promql"], *sent);
    let stream = lines(&scoped(&["--format", "ndjson"]));
    assert_eq!(stream[0]["promql"], *sent);
    let plan = json(&scoped(&["--format", "json", "--explain"]));
    assert_eq!(plan["promql"], *sent);
}

#[test]
fn a_chunk_that_fails_fails_the_query_and_is_named() {
    let server = lacking_a_day();
    let output = asks(&server, &four_days(&[]));
    let error = said(&output, 4);
    assert!(
        error.contains("too many samples") && error.contains("2026-01-02"),
        "{error}"
    );
}

#[test]
fn a_partial_answer_says_what_is_missing_in_every_format() {
    let server = lacking_a_day();
    let partial = |format| {
        let output = asks(&server, &four_days(&["--partial", "--format", format]));
        data(&output);
        output
    };
    let missing = serde_json::json!({
        "start": (NEW_YEAR + 24 * HOUR) * 1000, "end": (NEW_YEAR + 47 * HOUR) * 1000,
        "error": {"code": 4, "class": "refused",
            "message": "Prometheus refused with status 422 (execution): too many samples"},
    });

    let answer = json(&partial("json"));
    assert_eq!(answer["missing"], serde_json::json!([missing]));
    assert_eq!(answer["partial"], true);
    assert_eq!(answer["series"][0]["values"].as_array().unwrap().len(), 72);

    let warning =
        "warning: missing 2026-01-02 09:00:00 to 2026-01-03 08:00:00 +09:00: Prometheus refused";
    for (format, points) in [("table", 2 + 6), ("csv", 1 + 2 * 72)] {
        let output = partial(format);
        assert!(
            text(&output.stderr).starts_with(warning),
            "{}",
            text(&output.stderr)
        );
        assert_eq!(text(&output.stdout).lines().count(), points, "{format}");
    }

    let lines = lines(&partial("ndjson"));
    let found = lines.iter().find(|line| line["kind"] == "missing").unwrap();
    assert_eq!(
        (&found["start"], &found["error"]),
        (&missing["start"], &missing["error"])
    );
    let end = lines.last().unwrap();
    assert_eq!(
        (&end["outcome"], &end["samples"], &end["missing"]),
        (&"partial".into(), &144.into(), &1.into())
    );

    let whole = answering(|request| (200, hours(request)));
    let output = asks(&whole, &four_days(&["--partial", "--format", "json"]));
    let answer = json(&output);
    assert_eq!(
        (&answer["missing"], &answer["partial"]),
        (&Value::Array(vec![]), &false.into())
    );
}

#[test]
fn a_stream_begins_with_its_plan_and_ends_with_its_outcome() {
    let server = answering(|request| (200, hours(request)));
    let output = asks(
        &server,
        &four_days(&["--value-type", "current", "--format", "ndjson"]),
    );
    data(&output);
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    let lines = lines(&output);
    let (plan, end) = (lines.first().unwrap(), lines.last().unwrap());
    assert_eq!(plan["kind"], "plan");
    assert_eq!(
        (&plan["metric"], &plan["value_type"], &plan["requests"]),
        (&"mem".into(), &"current".into(), &4.into())
    );
    assert_eq!(
        *end,
        serde_json::json!({
            "kind": "end", "metric": "mem", "value_type": "current", "outcome": "whole",
            "samples": 192, "missing": 0, "error": null,
        })
    );
    let mut seen = Vec::new();
    for series in lines
        .iter()
        .filter(|line| line["labels"]["kernel_id"] == "two")
    {
        assert_eq!(series["kind"], "series");
        let times = series["timestamps"].as_array().unwrap();
        let values = series["values"].as_array().unwrap();
        seen.extend(times.iter().cloned().zip(values.iter().cloned()));
    }
    let all: Vec<(Value, Value)> = (0..96_i32)
        .map(|hour| {
            (
                ((NEW_YEAR + i64::from(hour) * HOUR) * 1000).into(),
                f64::from(2 * hour).into(),
            )
        })
        .collect();
    assert_eq!(seen, all);
}

#[test]
fn a_stream_that_breaks_off_says_so_at_its_end() {
    let server = lacking_a_day();
    let output = asks(&server, &four_days(&["--format", "ndjson"]));
    assert_eq!(output.status.code(), Some(4));
    let error = text(&output.stderr);
    assert!(
        error.starts_with("error: ") && error.contains("2026-01-02"),
        "{error}"
    );
    let lines = lines(&output);
    assert_eq!(kinds(&lines), ["plan", "series", "series", "end"]);
    let end = lines.last().unwrap();
    assert_eq!(
        (&end["outcome"], &end["samples"]),
        (&"failed".into(), &48.into())
    );
    assert_eq!(
        (&end["error"]["code"], &end["error"]["class"]),
        (&4.into(), &"refused".into())
    );
    assert!(
        error.contains(
            end["error"]["message"]
                .as_str()
                .unwrap()
                .lines()
                .next()
                .unwrap()
        )
    );
}

#[test]
fn a_query_that_cannot_be_asked_is_a_stream_of_its_error() {
    let server = TestServer::silent().unwrap();
    let output = asks(
        &server,
        &[
            "query", "net_rx", "mem", "--fold", "max", "--last", "30d", "--format", "ndjson",
        ],
    );
    // A range that is too long; the first one decides.
    assert_eq!(output.status.code(), Some(10));
    let lines = lines(&output);
    assert_eq!(kinds(&lines), ["end", "end"]);
    assert_eq!(lines[0]["metric"], "net_rx");
    assert_eq!(text(&output.stderr).matches("error: ").count(), 2);
}

#[test]
fn streams_of_several_queries_follow_one_another() {
    let server = answering(|request| match request.contains("net_rx") {
        true => refusal(),
        false => (200, hours(request)),
    });
    let output = asks(
        &server,
        &[
            "query",
            "net_rx",
            "mem",
            "--start",
            "2026-01-01",
            "--end",
            "2026-01-01T04:00:00Z",
            "--format",
            "ndjson",
        ],
    );
    assert_eq!(output.status.code(), Some(4));
    let lines = lines(&output);
    assert_eq!(
        kinds(&lines),
        ["plan", "end", "plan", "series", "series", "end"]
    );
    assert_eq!(
        (&lines[1]["metric"], &lines[1]["outcome"]),
        (&"net_rx".into(), &"failed".into())
    );
    assert_eq!(
        (&lines[5]["metric"], &lines[5]["outcome"]),
        (&"mem".into(), &"whole".into())
    );
}

#[test]
fn a_reader_of_a_stream_who_has_seen_enough_is_no_error() {
    let server = answering(|request| (200, hours(request)));
    let mut child = command(&[
        "query",
        "mem",
        "--start",
        "2026-01-01",
        "--end",
        "2026-01-07",
        "--step",
        "1m",
        "--format",
        "ndjson",
    ])
    .env("METRIC_ADDRESS", &server.address)
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn an_empty_stream_says_what_to_check() {
    let server =
        TestServer::json(r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#)
            .unwrap();
    let output = asks(&server, &four_days(&["--format", "ndjson"]));
    data(&output);
    assert_eq!(kinds(&lines(&output)), ["plan", "end"]);
    assert!(text(&output.stderr).contains("no series of mem"));
}

/// Two metrics by two sides; `cpu_util` is refused.
fn batch(format: &str) -> (TestServer, Output) {
    let server = answering(|request| match request.contains("cpu_util") {
        true => refusal(),
        false => (200, hours(request)),
    });
    let output = asks(
        &server,
        &[
            "query",
            "mem",
            "cpu_util",
            "mem",
            "--value-type",
            "current,capacity",
            "--start",
            "2026-01-01",
            "--end",
            "2026-01-01T04:00:00Z",
            "--step",
            "1h",
            "--format",
            format,
        ],
    );
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    (server, output)
}

#[test]
fn many_queries_are_one_call_with_an_answer_or_an_error_each() {
    let (server, output) = batch("json");
    let answers = json(&output);
    let names: Vec<_> = answers
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| {
            (
                answer["metric"].as_str().unwrap(),
                answer["value_type"].as_str().unwrap(),
            )
        })
        .collect();
    let mem = [("mem", "current"), ("mem", "capacity")];
    let cpu = [("cpu_util", "current"), ("cpu_util", "capacity")];
    assert_eq!(names, [mem, cpu, mem].concat());
    assert_eq!(
        answers[0]["series"][1]["values"],
        serde_json::json!([0.0, 2.0, 4.0, 6.0, 8.0])
    );
    assert_eq!(answers[0]["step"], 3600);
    assert_eq!(answers[2]["error"]["class"], "refused");
    assert_eq!(answers[2].get("series"), None);
    assert_eq!(answers[0]["series"], answers[4]["series"]);
    // Equal questions are asked once.
    assert_eq!(server.requests().len(), 4, "{:?}", server.requests());
    let said = text(&output.stderr);
    assert_eq!(said.matches("error: cpu_util c").count(), 2, "{said}");
    assert_eq!(said.matches("hint: ").count(), 1, "{said}");
}

#[test]
fn many_queries_are_a_block_each_and_one_table_of_csv() {
    let (_server, output) = batch("table");
    let table = text(&output.stdout);
    assert!(
        table.starts_with("mem  gauge  bytes\n") && !table.contains("cpu_util"),
        "{table}"
    );
    assert_eq!(
        table.matches("\n\n\nmem  gauge  bytes\n").count(),
        3,
        "{table}"
    );

    let (_server, output) = batch("csv");
    let csv: Vec<&str> = text(&output.stdout).lines().collect();
    assert_eq!(csv[0], "metric,timestamp,kernel_id,value_type,value");
    assert_eq!(csv[1], "mem,2026-01-01T00:00:00Z,one,current,0");
    assert_eq!(csv[11], "mem,2026-01-01T00:00:00Z,one,capacity,0");
    assert_eq!(csv.len(), 1 + 4 * 2 * 5);
}

#[test]
fn what_a_point_stands_for_is_asked_of_prometheus() {
    let server = answering(|request| (200, hours(request)));
    data(&asks(&server, &four_days(&["--fold", "max"])));
    let requests = server.requests();
    assert!(
        field(&requests[0], "query").contains("max_over_time("),
        "{requests:?}"
    );
    let last = ["--statistic", "last", "--over", "members:kernel-id"];
    let error = asks(&server, &[&["query", "mem"], &last[..]].concat());
    assert!(said(&error, 3).contains("last"));
    let error = asks(&server, &["query", "mem", "--window", "1h"]);
    assert!(said(&error, 3).contains("--statistic"));
    let error = asks(&server, &["query", "mem", "--points", "1"]);
    assert!(said(&error, 3).contains("--points"));
    let error = asks(&server, &["query", "mem", "--points", "9", "--step", "1m"]);
    assert_eq!(error.status.code(), Some(2));
}

#[test]
fn promql_is_a_line_a_query() {
    let server = TestServer::silent().unwrap();
    let output = asks(
        &server,
        &[
            "promql",
            "mem",
            "--value-type",
            "current",
            "--value-type",
            "pct",
        ],
    );
    let lines: Vec<&str> = data(&output).lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[1].starts_with("100 * "), "{lines:?}");
}

#[test]
fn the_doctor_names_what_fails_and_needs_no_plugin() {
    let html = TestServer::answering(200, "text/html", "<html>\u{1b}[2JSign in</html>").unwrap();
    let doctor = |server: &TestServer, more: &[&str]| {
        let mut command = command(&[&["doctor"], more].concat());
        command.env_remove("METRIC_PLUGIN");
        command
            .env("METRIC_ADDRESS", &server.address)
            .output()
            .unwrap()
    };
    let output = doctor(&html, &[]);
    assert_eq!(output.status.code(), Some(12), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!(
        table.contains("fail     protocol") && table.contains("text/html"),
        "{table}"
    );
    assert!(!table.contains('\u{1b}'));
    assert!(
        table.ends_with("2 ok, 0 warnings, 1 failed, 9 skipped\n"),
        "{table}"
    );

    let output = doctor(&html, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(12));
    let found = json(&output);
    assert_eq!(found["verdict"], "fail");
    assert_eq!(found["checks"].as_array().unwrap().len(), 12);

    // Nothing listens there: what the flags grant is granted to the doctor, too.
    let output = doctor(
        &html,
        &["--address", "127.0.0.1:9", "--failover", &html.address],
    );
    assert!(text(&output.stdout).contains("fail     protocol"));

    let output = doctor(&html, &["--address", "not an address"]);
    assert!(said(&output, 3).contains("host:port"));
}

#[test]
fn an_answer_that_lacks_everything_is_an_error_although_it_may_lack_much() {
    let server = answering(|_| refusal());
    for format in ["table", "json", "csv", "ndjson"] {
        let output = asks(&server, &four_days(&["--partial", "--format", format]));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{format}: {said}");
        assert!(!said.contains("no series"), "{format}: {said}");
    }
    let output = asks(
        &server,
        &[
            "query",
            "mem",
            "net_rx",
            "--last",
            "1h",
            "--partial",
            "--format",
            "json",
        ],
    );
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(json(&output).as_array().unwrap().len(), 2);
}

#[test]
fn a_picture_has_the_series_the_gap_and_what_is_missing() {
    let server = lacking_a_day();
    let drawn = |more: &[&str]| {
        let output = asks(&server, &four_days(&[&["--partial"], more].concat()));
        assert!(text(&output.stderr).starts_with("warning: missing 2026-01-02 09:00:00"));
        data(&output).to_owned()
    };
    let svg = drawn(&["--format", "svg"]);
    assert!(
        svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
        "{svg}"
    );
    for part in [
        "mem  gauge  bytes",
        "missing 2026-01-02 09:00:00 to 2026-01-03 08:00:00 +09:00",
        ">\none\n<",
        ">\ntwo\n<",
        "01-03",
    ] {
        assert!(svg.contains(part), "{part}\n{svg}");
    }
    // The second series is dashed; the first is two runs, and a line in the legend.
    let first = svg
        .lines()
        .filter(|line| line.starts_with("<polyline") && line.contains("#0072B2"));
    let corners: Vec<usize> = first.map(|line| line.matches(',').count()).collect();
    assert_eq!(corners, [24, 48, 2]);

    let plot = drawn(&["--plot"]);
    assert_eq!(plot, drawn(&["--format", "plot"]));
    assert!(
        plot.contains("░░░░") && plot.ends_with("*  one\n+  two\n░  missing\n"),
        "{plot}"
    );
    assert!(
        plot.lines().all(|line| line.chars().count() <= 100),
        "{plot}"
    );
}

#[test]
fn pictures_of_several_metrics_are_one_file_and_a_flag_that_has_none_is_refused() {
    let server = answering(|request| (200, hours(request)));
    let range = ["--last", "6h", "--step", "1h"];
    let ask = |more: &[&str]| {
        asks(
            &server,
            &[&["query", "mem", "cpu_util"], &range[..], more].concat(),
        )
    };
    let output = ask(&["--format", "svg"]);
    let svg = data(&output);
    assert_eq!(svg.matches("<svg").count(), 1);
    for title in ["mem  gauge  bytes", "cpu_util  gauge  milliseconds"] {
        assert!(svg.contains(title), "{svg}");
    }
    assert_eq!(data(&ask(&["--plot"])).matches("*  one").count(), 2);
    for more in [
        &["--plot", "--format", "json"][..],
        &["--plot", "--explain"],
        &["--format", "svg", "--explain"],
    ] {
        assert_eq!(ask(more).status.code(), Some(2), "{more:?}");
    }
}

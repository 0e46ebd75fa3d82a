//! The command line with the real plugin and a canned Prometheus: what stands on stdout, what on
//! stderr, and the exit code of each class of error.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::io::Write as _;
use std::process::Stdio;

use command::{asks, command, data, said, text};
use metric_test_server::TestServer;
use serde_json::Value;

/// A matrix of one series, as Prometheus writes it.
const MATRIX: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[
    {"metric":{"kernel_id":"k\u001b[31m1","value_type":"current"},
     "values":[[1767225600,"1073741824"],[1767225660,"NaN"],[1767225720,"+Inf"],[1767225840,"2147483648"]]}
]},"warnings":["PromQL warning: take care"],"infos":["by the way"]}"#;

/// Four minutes of 2026, from 09:00:01 in Seoul.
const RANGE: [&str; 4] = ["--start", "2026-01-01T00:00:01Z", "--end", "1767225840"];

fn query<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [
        &["query", "mem", "--value-type", "current", "--step", "1m"],
        &RANGE[..],
        more,
    ]
    .concat()
}

#[test]
fn json_is_one_object_with_all_that_the_answer_holds() {
    let server = TestServer::json(MATRIX).unwrap();
    let output = asks(
        &server,
        &query(&["--format", "json", "--group-by", "kernel-id"]),
    );
    let answer: Value = serde_json::from_str(data(&output)).unwrap();
    assert_eq!(
        answer,
        serde_json::json!({
            "promql": "sum by (kernel_id,value_type)(backendai_container_utilization\
                {container_metric_name=\"mem\",value_type=\"current\"})",
            "metric_type": "gauge",
            "unit": "bytes",
            "step": 60,
            "start": 1_767_225_600_000_i64,
            "end": 1_767_225_840_000_i64,
            "series": [{
                "labels": {"kernel_id": "k\u{1b}[31m1", "value_type": "current"},
                "timestamps": [1_767_225_600_000_i64, 1_767_225_660_000_i64, 1_767_225_720_000_i64, 1_767_225_840_000_i64],
                "values": [1_073_741_824.0, "NaN", "+Inf", 2_147_483_648.0],
            }],
            "warnings": ["PromQL warning: take care"],
            "infos": ["by the way"],
            "partial": false,
        })
    );
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    let [request] = &server.requests()[..] else {
        panic!("not one request: {:?}", server.requests())
    };
    assert!(
        request.starts_with("POST /api/v1/query_range "),
        "{request}"
    );
    // Five minutes, which are a whole cell: the least that a cache may keep.
    for part in ["start=1767225600", "end=1767225840", "step=60"] {
        assert!(request.contains(part), "{request}");
    }
}

#[test]
fn the_table_is_for_people_and_harmless_to_a_terminal() {
    let server = TestServer::json(MATRIX).unwrap();
    let output = asks(&server, &query(&["--sparkline", "always"]));
    let table = data(&output);
    for part in [
        "mem  gauge  bytes\n2026-01-01 09:00:00 to 09:04:00 +09:00  step 1m  points 4\n",
        "kernel_id=k\\u{1b}[31m1  value_type=current\n",
        "2.0 GiB  1.0 GiB  +Inf  +Inf     1  ▁ █ █\n",
    ] {
        assert!(table.contains(part), "{part}\n{table}");
    }
    assert!(!table.contains('\u{1b}'));
    assert_eq!(
        text(&output.stderr),
        "warning: PromQL warning: take care\nnote: by the way\n"
    );
    assert!(
        !data(&asks(&server, &query(&[]))).contains('█'),
        "a pipe gets no sparkline unless it is asked for"
    );
}

#[test]
fn csv_has_a_line_a_value() {
    let server = TestServer::json(MATRIX).unwrap();
    let output = asks(&server, &query(&["--format", "csv"]));
    assert_eq!(
        data(&output),
        "timestamp,kernel_id,value_type,value\n\
         2026-01-01T00:00:00Z,k\\u{1b}[31m1,current,1073741824\n\
         2026-01-01T00:01:00Z,k\\u{1b}[31m1,current,NaN\n\
         2026-01-01T00:02:00Z,k\\u{1b}[31m1,current,+Inf\n\
         2026-01-01T00:04:00Z,k\\u{1b}[31m1,current,2147483648\n"
    );
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let points: Vec<String> = (0..10_000)
        .map(|i| format!("[{},\"{i}.5\"]", 1_767_225_600 + i))
        .collect();
    let server = TestServer::json(format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{}]}}]}}}}"#,
        points.join(",")
    )).unwrap();
    for format in ["json", "csv", "table"] {
        let mut child = command(&[
            "query",
            "mem",
            "--start",
            "1767225600",
            "--end",
            "1767235599",
            "--step",
            "1",
            "--format",
            format,
        ])
        .env("METRIC_ADDRESS", &server.address)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{format}");
        assert!(
            output.stderr.is_empty(),
            "{format}: {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn an_empty_answer_is_no_error_and_says_what_to_check() {
    let server =
        TestServer::json(r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#)
            .unwrap();
    let output = asks(&server, &query(&[]));
    assert!(data(&output).is_empty());
    let note = text(&output.stderr);
    assert!(
        note.contains("no series of mem") && note.contains("--label-schema"),
        "{note}"
    );
    let output = asks(&server, &query(&["--format", "json"]));
    let answer: Value = serde_json::from_str(data(&output)).unwrap();
    assert_eq!(answer["series"], serde_json::json!([]));
    assert_eq!(
        data(&asks(&server, &query(&["--format", "csv"]))),
        "timestamp,value\n"
    );
}

#[test]
fn metrics_are_listed_with_what_is_known_of_them() {
    let server =
        TestServer::json(r#"{"status":"success","data":["cpu_util","of_my_own"]}"#).unwrap();
    let output = asks(&server, &["metrics", "--format", "json"]);
    let metrics: Value = serde_json::from_str(data(&output)).unwrap();
    assert_eq!(metrics[0]["name"], "cpu_util");
    assert_eq!(metrics[0]["rate_unit"], "millicores");
    assert_eq!(
        metrics[1],
        serde_json::json!({
            "name": "of_my_own", "metric_type": "gauge", "description": null, "unit": null,
            "rate_unit": null, "category": null, "cumulative": null, "value_types": null,
        })
    );
    let table = data(&asks(&server, &["metrics"])).to_owned();
    assert!(
        table
            .lines()
            .any(|line| line.starts_with("cpu_util ") && line.contains("cpu")),
        "{table}"
    );
    assert!(
        data(&asks(&server, &["metrics", "--format", "csv"])).contains("\nof_my_own,gauge,,,,,,\n")
    );
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.starts_with("GET /api/v1/label/"))
    );
}

#[test]
fn type_and_promql_send_nothing() {
    let server = TestServer::silent().unwrap();
    for (args, answer) in [
        (
            &["type", "cpu_util", "--value-type", "current"][..],
            "diff\n",
        ),
        (&["type", "cpu_util", "--value-type", "usage"], "gauge\n"),
        (
            &[
                "type",
                "cpu_util",
                "--value-type",
                "usage",
                "--label-schema",
                "agent",
            ],
            "diff\n",
        ),
        (&["type", "net_tx"], "rate\n"),
        (&["type", "mem"], "gauge\n"),
        (
            &["promql", "mem", "--user-id", "a\"b"],
            "sum by (owner_user_id,value_type)(backendai_container_utilization\
             {container_metric_name=\"mem\",owner_user_id=\"a\\\"b\"})\n",
        ),
        (
            &[
                "promql",
                "net_rx",
                "--label-schema",
                "agent",
                "--user-id",
                "u",
                "--timewindow",
                "90s",
            ],
            "sum by (user_id,value_type)(rate(backendai_container_utilization\
             {container_metric_name=\"net_rx\",user_id=\"u\"}[90s]))\n",
        ),
        // Four days are asked for in steps of an hour: the window follows.
        (
            &["promql", "net_rx", "--last", "4d"],
            "sum by (value_type)(rate(backendai_container_utilization{container_metric_name=\"net_rx\"}[1h15s]))\n",
        ),
    ] {
        assert_eq!(data(&asks(&server, args)), answer, "{args:?}");
    }
    assert!(server.requests().is_empty());
}

#[test]
fn each_class_of_error_ends_with_its_own_code() {
    let server = TestServer::silent().unwrap();
    let code = |code, args: &[&str], part: &str| {
        let output = asks(&server, args);
        let said = said(&output, code);
        assert!(said.contains(part), "{args:?}\n{said}");
    };
    code(3, &["query", "mem", "--start", "yesterday"], "yesterday");
    code(3, &["query", "mem", "--end", "yesterday"], "accepted");
    code(
        3,
        &["query", "mem", "--start", "now", "--end", "now-1h"],
        "before",
    );
    code(3, &["query", "mem", "--step", "0"], "--step");
    code(3, &["query", "mem", "--kernel-id", ""], "--kernel-id");
    code(
        3,
        &["promql", "net_rx", "--timewindow", "5x"],
        "--timewindow",
    );
    code(
        3,
        &["query", "mem", "--address", "not an address"],
        "host:port",
    );
    code(
        3,
        &["promql", "mem", "--address", "not an address"],
        "host:port",
    );
    code(10, &["query", "mem", "--last", "30d"], "--max-range");
    assert!(
        server.requests().is_empty(),
        "these are refused before anything is sent"
    );

    code(6, &["query", "mem", "--timeout", "300ms"], "--timeout");
}

#[test]
fn what_prometheus_does_wrong_ends_with_its_own_code_too() {
    let refusing = TestServer::answering(
        422,
        "application/json",
        r#"{"status":"error","errorType":"execution","error":"too many samples"}"#,
    )
    .unwrap();
    let output = asks(&refusing, &query(&[]));
    let error = said(&output, 4);
    assert!(
        error.contains("422") && error.contains("execution") && error.contains("too many samples"),
        "{error}"
    );

    let html = TestServer::answering(200, "text/html", "<html>\u{1b}[2JSign in</html>").unwrap();
    let output = asks(&html, &query(&[]));
    let error = said(&output, 11);
    assert!(
        error.contains(&html.address) && !error.contains('\u{1b}'),
        "{error}"
    );

    // The discard port of the loopback: nothing listens there.
    let output = command(&query(&["--address", "127.0.0.1:9"]))
        .output()
        .unwrap();
    let error = said(&output, 5);
    assert!(
        error.contains("127.0.0.1:9") && error.contains("METRIC_ADDRESS"),
        "{error}"
    );
}

#[test]
fn inspect_says_that_the_plugin_loads() {
    let output = command(&["inspect", "--format", "json"]).output().unwrap();
    let found: Value = serde_json::from_str(data(&output)).unwrap();
    assert_eq!(found["loads"], true);
    assert_eq!(found["refused_because"], Value::Null);
    assert_eq!(
        found["world"],
        "backendai:metric/metric-plugin-decisions@0.2.0"
    );
    assert!(
        found["exports"]
            .as_array()
            .unwrap()
            .iter()
            .any(|name| name.as_str().unwrap().contains("codec"))
    );
    assert!(data(&command(&["inspect"]).output().unwrap()).contains("loads       yes\n"));
    // It loads by the SHA-256 that was shown, too.
    let digest = found["sha256"].as_str().unwrap();
    let pinned = command(&["type", "mem", "--plugin-sha256", digest])
        .output()
        .unwrap();
    assert_eq!(data(&pinned), "gauge\n");
}

#[test]
fn conformance_reports_and_its_filter_chooses() {
    let output = command(&[
        "conformance",
        "--filter",
        "type-detection",
        "--format",
        "json",
    ])
    .output()
    .unwrap();
    let report: Value = serde_json::from_str(data(&output)).unwrap();
    let cases = report["cases"].as_array().unwrap();
    assert!(!cases.is_empty() && report["failed"] == 0, "{report}");
    assert!(
        cases.iter().all(|case| case["topic"]
            .as_str()
            .unwrap()
            .starts_with("type-detection")),
        "{report}"
    );

    let output = command(&["conformance", "--filter", "no such case"])
        .output()
        .unwrap();
    assert!(said(&output, 2).contains("--filter"));
}

#[test]
fn secrets_come_from_files_and_variables_and_are_said_to_nobody_but_the_server() {
    let server = TestServer::json(MATRIX).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (token, label) = (file("token", "hunter2-token\n"), file("label", "project=7"));
    let output = command(&[
        "query",
        "mem",
        "--address",
        &server.address,
        "--start",
        "1767225600",
        "--end",
        "1767225840",
        "--step",
        "1m",
        "--bearer-token-file",
        &token,
        "--header-file",
        "X-Scope-OrgID=env:TENANT",
        "--parameter-file",
        &format!("extra_label={label}"),
    ])
    .env("TENANT", "hunter2-tenant")
    .env("RUST_LOG", "trace")
    .output()
    .unwrap();
    assert!(!data(&output).contains("hunter2"));
    assert!(!text(&output.stderr).contains("hunter2"));
    let heads = server.requests().concat().to_lowercase();
    for expected in [
        "/api/v1/query_range?extra_label=project%3d7 http/1.1",
        "authorization: bearer hunter2-token",
        "x-scope-orgid: hunter2-tenant",
    ] {
        assert!(heads.contains(expected), "{heads}");
    }
}

#[test]
fn a_secret_that_is_not_there_ends_the_command_before_anything_is_asked() {
    let server = TestServer::json(MATRIX).unwrap();
    for (args, expected) in [
        (
            &["--bearer-token-file", "/no/such/token"][..],
            "/no/such/token",
        ),
        (
            &["--bearer-token-file", "env:NO_SUCH_VARIABLE"],
            "NO_SUCH_VARIABLE",
        ),
        (&["--header-file", "Host=env:PATH"], "Host"),
    ] {
        let args = [&["query", "mem"], args].concat();
        let output = asks(&server, &args);
        let said = said(&output, 1);
        assert!(said.contains(expected), "{said}");
    }
    let before = &["--header-file", "a=env:PATH", "query", "mem"];
    let output = asks(&server, before);
    assert!(said(&output, 2).contains("--header-file"));
    assert!(server.requests().is_empty());
}

#[test]
fn the_method_and_the_parameters_are_as_they_are_asked_for() {
    let server = TestServer::json(MATRIX).unwrap();
    let flags = [
        "--method",
        "get",
        "--parameter",
        "nocache=1",
        "--kernel-id",
        "a,b",
    ];
    data(&asks(&server, &query(&flags)));
    let [request] = &server.requests()[..] else {
        panic!("not one request: {:?}", server.requests())
    };
    let (target, _) = request.split_once(" HTTP/").unwrap();
    let query = target.strip_prefix("GET /api/v1/query_range?").unwrap();
    let fields: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let field = |name| fields.iter().find(|(found, _)| found == name).unwrap();
    assert!(
        field("query").1.contains(r#"kernel_id=~"a|b""#),
        "{fields:?}"
    );
    assert_eq!(field("nocache").1, "1");
}

#[test]
fn the_points_are_in_the_local_zone_unless_it_is_said() {
    let server = TestServer::silent().unwrap();
    let start = |more: &[&str]| {
        let days = ["--explain", "--format", "json", "--step", "1d"];
        let range = ["--start", "2026-01-01", "--end", "2026-01-04"];
        let args = [&["query", "mem"], &days[..], &range, more].concat();
        let plan: Value = serde_json::from_str(data(&asks(&server, &args))).unwrap();
        plan["start"].as_i64().unwrap() / 1000
    };
    let day = 86_400;
    // 15:00 UTC is midnight in Seoul.
    assert_eq!(start(&[]).rem_euclid(day), 15 * 3600);
    assert_eq!(start(&["--utc-offset", "Z"]).rem_euclid(day), 0);
    assert_eq!(start(&["--utc-offset", "-03:30"]).rem_euclid(day), 12_600);
}

#[test]
fn another_address_is_asked_where_the_first_cannot_be_reached() {
    let server = TestServer::json(MATRIX).unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = free.local_addr().unwrap().to_string();
    drop(free);
    let args = [
        "query",
        "mem",
        "--address",
        &nobody,
        "--failover",
        &server.address,
        "--start",
        "1767225600",
        "--end",
        "1767225840",
        "--step",
        "1m",
    ];
    let output = command(&args).output().unwrap();
    data(&output);
    let asked = server.requests().len();
    let note = format!(
        "note: {} answered {asked} of {asked} requests, in the place of {nobody}\n",
        server.address
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.ends_with(&note), "{said}");
}

/// `ulimit` and seccomp tell what a process lacks; on other systems they do so in other ways.
#[cfg(target_os = "linux")]
#[test]
fn a_want_of_descriptors_ends_with_14_wherever_it_is_noticed() {
    let server = TestServer::json(MATRIX).unwrap();
    let mut codes = Vec::new();
    for descriptors in 4..64 {
        let whole = command(&query(&["--address", &server.address]));
        let mut limited = std::process::Command::new("sh");
        limited
            .args([
                "-c",
                &format!("ulimit -n {descriptors}; exec \"$0\" \"$@\""),
            ])
            .arg(whole.get_program())
            .args(whole.get_args())
            .envs(
                whole
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .stdin(Stdio::null());
        let output = limited.output().unwrap();
        let said = text(&output.stderr);
        let code = output.status.code().unwrap();
        match code {
            0 => break,
            14 => assert!(said.contains("hint: `ulimit -n`"), "{descriptors}: {said}"),
            _ => panic!("{descriptors} descriptors end with {code}: {said}"),
        }
        codes.push(code);
    }
    // From the runtime's to the connection's own.
    assert!((4..59).contains(&codes.len()), "{codes:?}");
}

#[test]
fn a_parameter_that_the_backend_sets_is_refused_before_anything_is_asked() {
    let server = TestServer::json(MATRIX).unwrap();
    let output = asks(
        &server,
        &query(&["--backend", "thanos", "--parameter", "dedup=false"]),
    );
    let said = said(&output, 3);
    assert!(
        said.contains("\"dedup\"") && said.contains("hint: --backend sets it"),
        "{said}"
    );
    assert!(server.requests().is_empty());
}

#[test]
fn where_nothing_is_found_a_long_filter_is_repeated_by_its_head() {
    let server =
        TestServer::json(r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#)
            .unwrap();
    let long = "x".repeat(60_000);
    let output = asks(&server, &query(&["--kernel-id", &long]));
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output.stderr);
    assert!(said.contains("no series of mem"), "{said}");
    assert!(said.len() < 3_000, "{} bytes", said.len());
}

#[test]
fn a_metric_decides_on_the_subjects_that_are_written_to_it_and_on_nothing_old() {
    // Of either request: the value, and when it was sampled, which is long ago.
    let vector = r#"{"status":"success","data":{"resultType":"vector","result":[
        {"metric":{"kernel_id":"k1"},"value":[1767225600,"7"]}]}}"#;
    let server = TestServer::json(vector).unwrap();
    let evaluate = |more: &[&str]| {
        let words = ["evaluate", "mem", "--subject", "kernel-id", "--ids", "-"];
        let mut child = command(&[&words[..], more].concat())
            .env("METRIC_ADDRESS", &server.address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that refuses its arguments reads nothing, so the write may fail.
        let _ = child.stdin.take().unwrap().write_all(b"k1\n\n k2 \nk1\n");
        child.wait_with_output().unwrap()
    };
    let current = ["--value-type", "current", "--at", "1767225600"];
    let output = evaluate(&[&current[..], &["--above", "5", "--format", "json"]].concat());
    let verdicts: Value = serde_json::from_str(data(&output)).unwrap();
    assert_eq!(
        verdicts,
        serde_json::json!([
            {"subject": "k1", "verdict": "stale", "value": 7.0, "at": 7000, "decision": null,
             "timestamps": [1_767_225_600_000_i64], "values": [7.0]},
            {"subject": "k2", "verdict": "no-data", "value": null, "at": null, "decision": null,
             "timestamps": [], "values": []},
        ])
    );
    let table = evaluate(&current);
    let row = data(&table).lines().find(|line| line.contains("stale"));
    assert!(row.unwrap().contains("7 B"), "{}", data(&table));
    assert!(said(&evaluate(&[]), 3).contains("labels.value-type"));
    let two = ["--value-type", "current,capacity"];
    assert!(said(&evaluate(&two), 3).contains("2 value types"));
}

//! Every class of error, with its status and its problem details.

use std::time::Duration;

use http::Method;
use metric_host::{CacheOptions, Limits};
use metric_serve::Listen;
use metric_test_server::{Reply, TestServer};
use metric_tests::over_http::connect;
use metric_tests::{Testbed, counting_proxy::CountingProxy};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::{Answer, get, post, posting, request, send};
use crate::served::{Served, config, loaded, options, query, serve, serve_at, serve_with};

/// Holds a problem to its form.
#[track_caller]
fn refused(answer: &Answer, status: u16, kind: &str, class: Option<&str>) -> Value {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{text}"
    );
    let problem = answer.json();
    assert_eq!(
        problem["type"],
        format!("urn:backendai:metric:problem:{kind}")
    );
    assert_eq!(problem["status"], status);
    assert!(!problem["title"].as_str().unwrap().is_empty());
    assert!(!problem["detail"].as_str().unwrap().is_empty());
    assert_eq!(problem["request_id"], answer.header("x-request-id"));
    let found = problem["error"]["type"].as_str();
    assert_eq!(found, class, "{text}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let waits = matches!(status, 429 | 503);
    assert_eq!(answer.headers.contains_key("retry-after"), waits);
    problem
}

#[tokio::test]
async fn what_the_caller_has_to_mend_is_a_400_that_says_so() {
    let (served, _) = serve();
    let place = &served.place;
    let mut unreadable = query();
    unreadable["start"] = "yesterday".into();
    let mut odd = query();
    odd["odd"] = 1.into();
    let mut no_step = query();
    no_step["step"] = 0.into();
    for (path, body, class, field) in [
        (
            "/v1/query",
            json!({ "query": unreadable }),
            "invalid_time_range",
            "",
        ),
        (
            "/v1/query",
            json!({ "query": odd }),
            "invalid_argument",
            "request",
        ),
        (
            "/v1/query",
            json!({ "query": no_step }),
            "invalid_argument",
            "step",
        ),
        ("/v1/query", json!({}), "invalid_argument", "request.query"),
        ("/v1/query", json!([]), "invalid_argument", "request"),
        (
            "/v1/query",
            json!({ "query": query(), "config": { "address": "127.0.0.1:1" } }),
            "invalid_argument",
            "config.address",
        ),
        (
            "/v1/live",
            json!({ "by": "kernel_id", "ids": ["a"], "config": { "max_range": 1 } }),
            "invalid_argument",
            "config.max_range",
        ),
        (
            "/v1/stream",
            json!({ "query": unreadable }),
            "invalid_time_range",
            "",
        ),
        (
            "/v1/stream",
            json!({ "query": odd }),
            "invalid_argument",
            "request",
        ),
        (
            "/v1/stream",
            json!({ "query": query(), "config": { "address": "127.0.0.1:1" } }),
            "invalid_argument",
            "config.address",
        ),
        (
            "/v1/live",
            json!({ "by": "kernel_id", "ids": ["a"], "options": { "metrics": [] } }),
            "invalid_argument",
            "options.metrics",
        ),
        (
            "/v1/live",
            json!({ "by": "kernel_id", "ids": ["a"], "options": { "at": 1_767_225_600_000_000_000_i64 } }),
            "invalid_argument",
            "options.at",
        ),
        (
            "/v1/presets/execute",
            json!({ "preset": { "template": "up" }, "at": 1_767_225_600_000_000_000_i64 }),
            "invalid_argument",
            "at",
        ),
        (
            "/v1/presets/execute",
            json!({ "preset": { "template": "'up'" } }),
            "invalid_argument",
            "preset.template",
        ),
        (
            "/v1/presets/execute",
            json!({ "preset": "up" }),
            "invalid_argument",
            "request",
        ),
    ] {
        let kind = class.replace('_', "-");
        let problem = refused(&post(place, path, &body).await, 400, &kind, Some(class));
        if !field.is_empty() {
            assert_eq!(problem["error"]["field"], field, "{problem}");
        }
    }
    let broken = send(
        place,
        request(
            Method::POST,
            "/v1/query",
            &[("content-type", "application/json")],
            "{\"query\"",
        ),
    );
    refused(
        &broken.await,
        400,
        "invalid-argument",
        Some("invalid_argument"),
    );
    let parameter = get(place, "/v1/values/kernel_id?limt=5").await;
    let problem = refused(
        &parameter,
        400,
        "invalid-argument",
        Some("invalid_argument"),
    );
    assert!(
        problem["detail"].as_str().unwrap().contains("limit"),
        "{problem}"
    );
    let dimension = get(place, "/v1/values/pod").await;
    refused(
        &dimension,
        400,
        "invalid-argument",
        Some("invalid_argument"),
    );
}

#[tokio::test]
async fn what_is_no_request_of_this_api_is_refused_with_what_is_accepted() {
    let mut tight = options();
    tight.limits.body_bytes = 1000;
    let (served, _) = serve_at(Testbed::shared().unwrap().server.address(), tight);
    let place = &served.place;
    let nowhere = get(place, "/v2/query").await;
    refused(&nowhere, 404, "not-found", None);
    let by_get = get(place, "/v1/query").await;
    refused(&by_get, 405, "method-not-allowed", None);
    assert_eq!(by_get.header("allow"), "POST");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let form = send(place, request(Method::POST, "/v1/query", &form, "a=b")).await;
    refused(&form, 415, "unsupported-media-type", None);
    let untyped = send(place, request(Method::POST, "/v1/query", &[], "{}")).await;
    refused(&untyped, 415, "unsupported-media-type", None);
    let packed = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    let packed = send(place, request(Method::POST, "/v1/query", &packed, "{}")).await;
    refused(&packed, 415, "unsupported-media-type", None);
    let unreadable = get(place, "/v1/values/%ff").await;
    refused(
        &unreadable,
        400,
        "invalid-argument",
        Some("invalid_argument"),
    );
    let large = json!({ "query": query(), "padding": "x".repeat(2000) });
    refused(
        &post(place, "/v1/query", &large).await,
        413,
        "body-too-large",
        None,
    );
}

#[tokio::test]
async fn more_than_is_allowed_is_a_422_and_a_request_for_another_host_a_403() {
    let (served, _) = serve();
    let mut long = query();
    long["start"] = "0".into();
    let answer = post(&served.place, "/v1/query", &json!({ "query": long })).await;
    let problem = refused(&answer, 422, "limit-exceeded", Some("limit_exceeded"));
    assert_eq!(problem["error"]["limit"], "max-range");

    let rebound = [("host", "evil.example")];
    let body = json!({ "query": query() });
    let answer = send(&served.place, posting("/v1/query", &rebound, &body)).await;
    refused(&answer, 403, "other-host", None);
    let from_a_page = [("origin", "http://evil.example")];
    let answer = send(&served.place, posting("/v1/query", &from_a_page, &body)).await;
    refused(&answer, 403, "other-origin", None);
}

#[tokio::test]
async fn a_prometheus_that_is_down_is_a_502_and_not_ready() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let (served, _) = serve_at(address, options());
    let place = &served.place;
    let body = json!({ "query": query() });
    let answer = post(place, "/v1/query", &body).await;
    refused(&answer, 502, "connection-failed", Some("connection_failed"));
    let ready = get(place, "/readyz").await;
    refused(&ready, 503, "not-ready", None);
    assert_eq!(get(place, "/healthz").await.status, 200);
    // It has begun by then, and says in its last line how it went.
    let stream = post(place, "/v1/stream", &body).await;
    let text = stream.text();
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!((stream.status, &last["outcome"]), (200, &json!("failed")));
    assert_eq!(last["error"]["type"], "connection_failed");
}

/// A server whose Prometheus gives each request the same answer.
fn serve_canned(status: u16, body: &'static str) -> Served {
    let answer = move |_: &str| Reply::whole(status, "application/json", body);
    let prometheus = TestServer::start(answer).unwrap();
    let mut config = config(prometheus.address);
    config.timeout = Some(2000);
    let host = loaded(Limits::default());
    serve_with(host, config, CacheOptions::off(), options()).0
}

#[tokio::test]
async fn what_prometheus_says_no_to_is_a_502_and_a_503_where_it_has_no_time() {
    let body = json!({ "query": query() });
    let no = r#"{"status":"error","errorType":"bad_data","error":"no"}"#;
    let served = serve_canned(400, no);
    let answer = post(&served.place, "/v1/query", &body).await;
    let class = Some("failed_to_get_metric");
    let problem = refused(&answer, 502, "failed-to-get-metric", class);
    assert_eq!(problem["error"]["status"], 400);

    let busy = r#"{"status":"error","errorType":"timeout","error":"busy"}"#;
    let served = serve_canned(503, busy);
    let answer = post(&served.place, "/v1/query", &body).await;
    assert!(matches!(answer.status, 503 | 504), "{}", answer.text());

    let served = serve_canned(200, "<html>");
    let answer = post(&served.place, "/v1/query", &body).await;
    refused(
        &answer,
        502,
        "malformed-response",
        Some("malformed_response"),
    );
}

#[tokio::test]
async fn a_partial_answer_is_an_error_or_marked_and_never_kept() {
    let partial =
        r#"{"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[]}}"#;
    let served = serve_canned(200, partial);
    let place = &served.place;
    let body = json!({ "query": query() });
    let answer = post(place, "/v1/query", &body).await;
    refused(&answer, 502, "partial-answer", Some("partial_answer"));
    for body in [
        json!({ "query": query(), "config": { "partial": true } }),
        json!({ "query": query(), "options": { "partial": true } }),
    ] {
        let answer = post(place, "/v1/query", &body).await;
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        assert_eq!(answer.result()["answer"]["partial"], true);
        let stream = post(place, "/v1/stream", &body).await.text();
        let last: Value = serde_json::from_str(stream.lines().last().unwrap()).unwrap();
        assert_eq!(last["outcome"], "partial");
    }
}

/// A server whose Prometheus takes requests, and does not answer until it is let to.
async fn serve_held(limits: Limits, timeout: u32) -> (Served, CountingProxy) {
    let proxy = CountingProxy::to(Testbed::shared().unwrap().server.address())
        .await
        .unwrap();
    proxy.open(false);
    let mut config = config(proxy.address());
    config.timeout = Some(timeout);
    let served = serve_with(loaded(limits), config, CacheOptions::off(), options());
    (served.0, proxy)
}

#[tokio::test]
async fn a_prometheus_that_does_not_answer_in_time_is_a_504() {
    let (served, _proxy) = serve_held(Limits::default(), 300).await;
    let body = json!({ "query": query() });
    let answer = post(&served.place, "/v1/query", &body).await;
    refused(&answer, 504, "timed-out", Some("timed_out"));
}

async fn metric(place: &Listen, line: &str) -> bool {
    get(place, "/metrics").await.text().contains(line)
}

/// Waits until a line stands in the metrics.
async fn until(place: &Listen, line: &str) {
    for _ in 0..200 {
        if metric(place, line).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!(
        "{line} was waited for: {}",
        get(place, "/metrics").await.text()
    );
}

#[tokio::test]
async fn where_there_is_no_place_it_is_a_503_and_a_client_that_goes_away_frees_its_own() {
    let limits = Limits {
        concurrent_calls: 1,
        waiting_calls: 0,
        ..Limits::default()
    };
    let (served, proxy) = serve_held(limits, 20_000).await;
    let place = &served.place;
    let body = json!({ "query": query() });
    for path in ["/v1/query", "/v1/stream"] {
        let first = tokio::spawn({
            let (place, request) = (place.clone(), posting(path, &[], &body));
            async move { send(&place, request).await }
        });
        until(place, "metric_host_calls_running 1\n").await;
        if path == "/v1/query" {
            let second = post(place, path, &body).await;
            refused(&second, 503, "overloaded", None);
        }
        // Prometheus is still silent, and its time is long: what ends the call is that nobody waits for it.
        first.abort();
        until(place, "metric_host_calls_running 0\n").await;
        let gone = format!("metric_serve_requests_abandoned_total{{path=\"{path}\"}} 1\n");
        until(place, &gone).await;
    }
    proxy.open(true);
    post(place, "/v1/query", &body).await.result();
}

#[tokio::test]
async fn a_range_and_a_stream_refuse_the_same_with_the_same_words() {
    let (served, _) = serve();
    let good = || json!({ "query": query() });
    let with = |change: fn(&mut Value)| {
        let mut body = good();
        change(&mut body);
        body
    };
    let bodies = [
        json!({}),
        json!([]),
        json!({ "query": null }),
        with(|body| body["odd"] = 1.into()),
        with(|body| body["query"]["odd"] = 1.into()),
        with(|body| body["query"]["step"] = (-1).into()),
        with(|body| body["query"]["step"] = 0.into()),
        with(|body| body["query"]["start"] = "yesterday".into()),
        with(|body| body["query"]["metric_name"] = 5.into()),
        with(|body| body["query"]["group_by"] = json!(["agent-id"])),
        with(|body| body["query"]["labels"] = json!({ "kernel-id": "k" })),
        with(|body| body["query"]["labels"] = json!({ "kernel_id": [5] })),
        with(|body| body["query"]["labels"] = json!({ "kernel_id": [""] })),
        with(|body| body["query"]["pointwise"] = json!({ "statistic": "max", "over": {} })),
        with(|body| body["query"]["pointwise"] = json!({ "statistic": {}, "over": "time" })),
        with(|body| body["options"] = json!({ "odd": 1 })),
        with(|body| body["options"] = json!({ "max_points": 0 })),
        with(|body| body["config"] = json!({ "address": "127.0.0.1:1" })),
        with(|body| body["config"] = json!({ "timewindow": 5 })),
        with(|body| body["config"] = json!({ "timewindow": "yesterday" })),
        with(|body| body["config"] = json!({ "partial": null })),
        with(|body| body["config"] = 5.into()),
    ];
    for body in bodies {
        let mut errors = Vec::new();
        for path in ["/v1/query", "/v1/stream"] {
            let answer = post(&served.place, path, &body).await;
            assert_eq!(answer.status, 400, "{path} {body}: {}", answer.text());
            let error = answer.json()["error"].take();
            // Places are the caller's, and types are JSON's.
            for word in ["line 1 column", "u32", "struct", "enum"] {
                let is_named = error.to_string().contains(word);
                assert!(!is_named || body.is_array(), "{body}: {error}");
            }
            errors.push(error);
        }
        assert_eq!(errors[0], errors[1], "{body}");
    }
    for config in [
        json!({ "timewindow": null }),
        json!({ "partial": true }),
        json!(null),
    ] {
        let body = json!({ "query": query(), "config": config });
        let range = post(&served.place, "/v1/query", &body).await.status;
        let stream = post(&served.place, "/v1/stream", &body).await.status;
        assert_eq!((range, stream), (200, 200), "{body}");
    }
}

#[tokio::test]
async fn a_fault_is_named_by_its_place_in_the_callers_body() {
    let (served, _) = serve();
    let mut odd = query();
    odd["odd"] = 1.into();
    let both = json!({ "above": 1, "below": 2 });
    for (path, body, place) in [
        ("/v1/query", json!({ "query": odd }), "in `query`"),
        (
            "/v1/batch",
            json!({ "queries": [query(), odd] }),
            "in `queries[1]`",
        ),
        (
            "/v1/top",
            json!({ "query": query(), "ranking": { "score": "max", "k": "2" } }),
            "in `ranking.k`",
        ),
        (
            "/v1/presets/evaluate",
            json!({ "preset": { "template": "up" }, "question": {
                "subject": "a", "subjects": ["x"], "combine": "max", "condition": { "bound": both },
            } }),
            "expected {\"above\": 0.5} or {\"below\": 0.5}, in `question.condition.bound`",
        ),
    ] {
        let answer = post(&served.place, path, &body).await;
        let problem = refused(&answer, 400, "invalid-argument", Some("invalid_argument"));
        let reason = problem["error"]["reason"].as_str().unwrap();
        assert!(reason.ends_with(place), "{path}: {reason}");
    }
}

#[tokio::test]
async fn the_parts_of_an_answer_are_counted_together() {
    let address = Testbed::shared().unwrap().server.address();
    let one = json!({ "query": query() });
    let (served, _) = serve_at(address.clone(), options());
    let bytes = post(&served.place, "/v1/query", &one).await.body.len();
    let mut tight = options();
    tight.limits.answer_bytes = 2 * bytes;
    let (served, _) = serve_at(address, tight);
    post(&served.place, "/v1/query", &one).await.result();
    let many = json!({ "queries": [query(), query(), query()] });
    let mut finer = query();
    finer["step"] = 15.into();
    for (path, body) in [
        ("/v1/batch", many),
        ("/v1/query", json!({ "query": finer })),
    ] {
        let answer = post(&served.place, path, &body).await;
        let problem = refused(&answer, 422, "limit-exceeded", Some("limit_exceeded"));
        assert_eq!(problem["error"]["limit"], "answer-bytes");
        assert_eq!(problem["error"]["maximum"], 2 * bytes);
    }
}

#[tokio::test]
async fn answers_that_wait_for_their_clients_are_bounded_together() {
    // More than the system takes on its way.
    let mut large = query();
    large["step"] = 1.into();
    large["group_by"] = json!(["kernel_id"]);
    let body = json!({ "query": large });
    let bytes = {
        let (unbounded, _) = serve();
        post(&unbounded.place, "/v1/query", &body).await.body.len()
    };
    let serve_within = |held_bytes| {
        let mut tight = options();
        tight.limits.held_bytes = held_bytes;
        serve_at(Testbed::shared().unwrap().server.address(), tight).0
    };
    let answer = post(&serve_within(bytes / 2).place, "/v1/query", &body).await;
    refused(&answer, 503, "overloaded", None);
    let served = serve_within(bytes + bytes / 2);
    let place = &served.place;
    let mut stalled = connect(place).await.unwrap();
    let text = body.to_string();
    let head = format!(
        "POST /v1/query HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    );
    stalled.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 15];
    stalled.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    let second = post(place, "/v1/query", &body).await;
    refused(&second, 503, "overloaded", None);
    // Who goes away gives it back, and leaves a trace.
    drop(stalled);
    until(
        place,
        "metric_serve_requests_abandoned_total{path=\"/v1/query\"} 1\n",
    )
    .await;
    post(place, "/v1/query", &body).await.result();
}

//! Tests of the verdict on odd servers, and on none. The rest is tested with a real one.

use http::HeaderMap;
use metric_test_server::{Reply, TestServer};

use super::report::Verdict;
use super::response::BuildInfo;
use super::*;
use crate::contract::types::{Backend, RequestMethod};
use crate::{CompileCache, Credentials, HostOptions, SecretSource};

async fn examined(address: &str) -> Examination {
    examined_with(address, &ServiceOptions::default()).await
}

async fn examined_with(address: &str, options: &ServiceOptions) -> Examination {
    let host = Host::new(HostOptions {
        compile_cache: CompileCache::Off,
        ..HostOptions::default()
    })
    .unwrap();
    let config = Config {
        timeout: Some(1000),
        ..Config::new(address)
    };
    host.doctor(config, options).unwrap().examine().await
}

/// The verdicts from `transport` to `clock`.
fn verdicts(examination: &Examination) -> Vec<Verdict> {
    examination
        .checks
        .iter()
        .take(6)
        .map(|check| check.verdict)
        .collect()
}

const JSON: &str = "application/json";

/// Answers each request with the status and the JSON that it gets.
fn deciding(decide: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> TestServer {
    let reply = move |request: &str| {
        let (status, body) = decide(request);
        Reply::whole(status, JSON, &body).then_close()
    };
    TestServer::start(reply).unwrap()
}

#[tokio::test]
async fn a_server_that_is_down_fails_once_and_the_rest_is_skipped() {
    // The discard port of the loopback: nothing listens there.
    let examination = examined("127.0.0.1:9").await;
    let mut expected = vec![Verdict::Ok, Verdict::Fail];
    expected.resize(Subject::ALL.len(), Verdict::Skipped);
    let all: Vec<_> = examination
        .checks
        .iter()
        .map(|check| check.verdict)
        .collect();
    assert_eq!(all, expected);
    assert_eq!(examination.verdict(), Verdict::Fail);
    let reachable = examination.check(Subject::Reachable).unwrap();
    assert!(
        reachable.found.contains("connection refused"),
        "{reachable:?}"
    );
}

#[tokio::test]
async fn what_is_not_prometheus_is_shown() {
    for (status, content_type, body, part) in [
        (
            200,
            "text/html",
            "<html> <b>Sign in</b>",
            "text/html: <html> <b>Sign in</b>",
        ),
        (404, "text/plain", "404 page not found", "status 404"),
        (302, "text/html", "", "status 302"),
        (401, JSON, "who are you", "refused with status 401"),
        (
            503,
            JSON,
            r#"{"status":"error","errorType":"unavailable","error":"starting"}"#,
            "unavailable: starting",
        ),
        (
            200,
            JSON,
            r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#,
            "no number",
        ),
        (200, JSON, r#"{"status":"success","data":[]}"#, "status 200"),
        (200, JSON, "", "empty"),
    ] {
        let server = TestServer::answering(status, content_type, body).unwrap();
        let examination = examined(&server.address).await;
        let (ok, fail, skipped) = (Verdict::Ok, Verdict::Fail, Verdict::Skipped);
        assert_eq!(
            verdicts(&examination),
            [ok, ok, fail, skipped, skipped, skipped],
            "{status} {content_type}"
        );
        let protocol = examination.check(Subject::Protocol).unwrap();
        assert!(protocol.found.contains(part), "{protocol:?}");
        assert!(protocol.advice.is_some());
    }
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    // More than is read of any answer.
    let server = TestServer::json("x".repeat(5 << 20)).unwrap();
    assert_eq!(examined(&server.address).await.verdict(), Verdict::Fail);
}

#[tokio::test]
async fn only_what_a_service_may_ask_is_asked() {
    // A clock is all that this server has.
    let body =
        r#"{"status":"success","data":{"resultType":"scalar","result":[1767225600,"1767225600"]}}"#;
    let server = TestServer::json(body).unwrap();
    let examination = examined(&server.address).await;
    let clock = examination.check(Subject::Clock).unwrap();
    assert_eq!(clock.verdict, Verdict::Fail);
    assert!(clock.found.contains("behind this machine's"), "{clock:?}");
    let requests = server.requests();
    for request in &requests {
        let request = request.lines().next().unwrap_or_default();
        assert!(
            [
                "query?",
                "query_range ",
                "query_range?",
                "status/buildinfo ",
                "label/",
                "labels?"
            ]
            .iter()
            .any(|endpoint| request.contains(&format!(" /api/v1/{endpoint}"))),
            "{request}"
        );
    }
    assert!(requests.len() >= 4, "{requests:?}");
}

#[tokio::test]
async fn the_doctor_shows_the_credentials_of_a_service() {
    let server = deciding(
        |request| match request.contains("authorization: Bearer s3cret") {
            true => (
                200,
                r#"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}"#
                    .to_owned(),
            ),
            false => (401, String::new()),
        },
    );
    let protocol = |examination: Examination| examination.check(Subject::Protocol).unwrap().verdict;
    assert_eq!(protocol(examined(&server.address).await), Verdict::Fail);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "s3cret").unwrap();
    let options = ServiceOptions {
        credentials: Credentials::new().bearer_token(SecretSource::file(file.path())),
        ..ServiceOptions::default()
    };
    assert_eq!(
        protocol(examined_with(&server.address, &options).await),
        Verdict::Ok
    );
}

/// The data that `vector(1)` is answered with.
const ONE_POINT: &str =
    r#"{"resultType":"matrix","result":[{"metric":{},"values":[[1767225600,"1"]]}]}"#;

/// The check of the method, of a server that answers all but POST well, and POST with this status and text.
async fn asked_by(method: RequestMethod, status: u16, to_post: &'static str) -> Check {
    let server = deciding(move |request| {
        let success = |data: &str| (200, format!(r#"{{"status":"success","data":{data}}}"#));
        if request.contains("/query?") {
            let now = server::here();
            return success(&format!(
                r#"{{"resultType":"scalar","result":[{now},"{now}"]}}"#
            ));
        }
        match (
            request.starts_with("POST "),
            request.contains("query_range"),
        ) {
            (true, _) => (status, to_post.to_owned()),
            (false, true) => success(ONE_POINT),
            (false, false) => success("[]"),
        }
    });
    let host = Host::new(HostOptions {
        compile_cache: CompileCache::Off,
        ..HostOptions::default()
    })
    .unwrap();
    let config = Config {
        method,
        ..Config::new(&*server.address)
    };
    let doctor = host.doctor(config, &ServiceOptions::default()).unwrap();
    let examination = doctor.examine().await;
    // The following checks are asked by the method that works.
    let limits = examination.check(Subject::Limits).unwrap();
    assert_eq!(limits.verdict, Verdict::Ok, "{examination:#?}");
    examination.check(Subject::Method).unwrap().clone()
}

#[tokio::test]
async fn a_server_that_loses_what_is_posted_fails_and_get_is_proposed() {
    let empty = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
    let lost = r#"{"status":"error","errorType":"bad_data","error":"invalid parameter \"start\""}"#;
    for method in [RequestMethod::Auto, RequestMethod::Post] {
        for (status, body) in [(200, empty), (200, ""), (400, lost), (302, "")] {
            let check = asked_by(method, status, body).await;
            assert_eq!(check.verdict, Verdict::Fail, "{status} {body}: {check:?}");
            assert_eq!(check.set, [Setting::Method(RequestMethod::Get)]);
        }
    }
}

#[tokio::test]
async fn a_server_that_refuses_to_be_posted_to_fails_unless_the_service_goes_on_by_get() {
    for status in [403, 405, 501] {
        for (method, verdict) in [
            (RequestMethod::Post, Verdict::Fail),
            (RequestMethod::Auto, Verdict::Warn),
        ] {
            let check = asked_by(method, status, "POST is not for you").await;
            assert_eq!(check.verdict, verdict, "{status}: {check:?}");
            assert_eq!(check.set, [Setting::Method(RequestMethod::Get)]);
            assert!(check.found.contains(&status.to_string()), "{check:?}");
        }
        let check = asked_by(RequestMethod::Get, status, "").await;
        assert_eq!((check.verdict, check.set), (Verdict::Ok, vec![]));
    }
}

#[test]
fn the_backend_is_told_by_what_a_server_says_of_itself_and_proposed_where_it_matters() {
    let judge = |configured, victoria: bool, address, application: Option<&str>, version| {
        let mut headers = HeaderMap::new();
        if victoria {
            headers.insert("x-server-hostname", "here".parse().unwrap());
        }
        let build = BuildInfo {
            application: application.map(str::to_owned),
            version: Some(String::from(version)),
        };
        let check = server::judge_build(&headers, &build);
        match server::backend_of(&headers, &build, address) {
            Some(found) => server::judge_backend(check, found, configured),
            None => check,
        }
    };
    let auto = Backend::Auto;
    for (check, verdict, set) in [
        (
            judge(auto, false, "p:9090", None, "3.5.0"),
            Verdict::Ok,
            None,
        ),
        (
            judge(auto, false, "p:9090", None, "0.35.1"),
            Verdict::Warn,
            Some(Backend::Thanos),
        ),
        (
            judge(auto, false, "p:9090", Some("Grafana Mimir"), "2.15.0"),
            Verdict::Ok,
            Some(Backend::Mimir),
        ),
        (
            judge(auto, true, "p:9090", None, "2.24.0"),
            Verdict::Ok,
            Some(Backend::Victoria),
        ),
        (
            judge(auto, true, "http://p/select/0/prometheus", None, ""),
            Verdict::Warn,
            Some(Backend::VictoriaCluster),
        ),
        (
            judge(Backend::VictoriaCluster, true, "http://p", None, ""),
            Verdict::Ok,
            None,
        ),
        (
            judge(Backend::Thanos, false, "p:9090", None, "3.5.0"),
            Verdict::Warn,
            Some(Backend::Prometheus),
        ),
        (
            judge(Backend::Thanos, false, "p:9090", None, "0.35.1"),
            Verdict::Ok,
            None,
        ),
        (
            judge(auto, false, "p:9090", Some("Something else"), "1.0"),
            Verdict::Ok,
            None,
        ),
    ] {
        assert_eq!(check.verdict, verdict, "{check:?}");
        assert_eq!(check.set, Vec::from_iter(set.map(Setting::Backend)));
    }
}

#[tokio::test]
async fn a_partial_list_of_names_is_a_warning_with_what_it_means() {
    let every =
        r#"["cpu_util","cpu_used","mem","net_rx","net_tx","io_read","io_write","io_scratch_size"]"#;
    for (said, words) in [
        ("", None),
        (r#","warnings":["PromQL info: a remark"]"#, None),
        (r#","isPartial":true"#, Some("isPartial")),
        (
            r#","warnings":["results truncated due to limit"]"#,
            Some("results truncated due to limit"),
        ),
    ] {
        let server = deciding(move |request| {
            let success = |data: &str| (200, format!(r#"{{"status":"success","data":{data}}}"#));
            match request {
                _ if request.contains("/query?") => {
                    let now = server::here();
                    success(&format!(
                        r#"{{"resultType":"scalar","result":[{now},"{now}"]}}"#
                    ))
                }
                _ if request.contains("query_range") => success(ONE_POINT),
                _ if request.contains("label/container_metric_name") => {
                    success(&format!("{every}{said}"))
                }
                _ => success("[]"),
            }
        });
        let examination = examined(&server.address).await;
        let metrics = examination.check(Subject::Metrics).unwrap();
        match words {
            None => assert_eq!(metrics.verdict, Verdict::Ok, "{examination:#?}"),
            Some(words) => {
                assert_eq!(metrics.verdict, Verdict::Warn, "{examination:#?}");
                assert!(metrics.found.contains(words), "{metrics:?}");
                let advice = metrics.advice.as_deref().unwrap_or_default();
                assert!(advice.contains("partial-answer"), "{metrics:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_refuses_long_ranges_says_how_long_they_may_be() {
    let server = deciding(|request| {
        let form = request.rsplit("\r\n").next().unwrap_or_default();
        let number = |name: &str| {
            let mut fields = form_urlencoded::parse(form.as_bytes());
            let (_, value) = fields.find(|(found, _)| found == name)?;
            value.parse::<i64>().ok()
        };
        let length = number("end")
            .zip(number("start"))
            .map(|(end, start)| end - start);
        let success = |data: &str| (200, format!(r#"{{"status":"success","data":{data}}}"#));
        match length {
            Some(86_401..) => (
                422,
                r#"{"status":"error","errorType":"execution","error":"the range is too long"}"#
                    .to_owned(),
            ),
            Some(_) => success(ONE_POINT),
            None if request.contains("query?") => {
                let now = server::here();
                success(&format!(
                    r#"{{"resultType":"scalar","result":[{now},"{now}"]}}"#
                ))
            }
            None => success("[]"),
        }
    });
    let examination = examined(&server.address).await;
    let limits = examination.check(Subject::Limits).unwrap();
    assert_eq!(limits.verdict, Verdict::Warn, "{examination:#?}");
    assert_eq!(limits.set, [Setting::MaxRange(86_400)]);
    assert!(limits.found.contains("the range is too long"), "{limits:?}");
}

#[test]
fn servers_are_told_apart_by_what_they_say_of_themselves() {
    let judge = |victoria: bool, application: Option<&str>, version: Option<&str>| {
        let mut headers = HeaderMap::new();
        if victoria {
            headers.insert("x-server-hostname", "here".parse().unwrap());
        }
        let build = BuildInfo {
            application: application.map(str::to_owned),
            version: version.map(str::to_owned),
        };
        let check = server::judge_build(&headers, &build);
        (check.verdict, check.found)
    };
    let ok = |found: &str| (Verdict::Ok, found.to_owned());
    assert_eq!(
        judge(false, None, Some("2.42.0+ds")),
        ok("Prometheus 2.42.0+ds")
    );
    assert_eq!(judge(false, None, Some("3.5.0")), ok("Prometheus 3.5.0"));
    assert_eq!(judge(false, None, Some("0.35.1")), ok("Thanos 0.35.1"));
    assert_eq!(
        judge(false, Some("Grafana Mimir"), Some("2.15.0")),
        ok("Grafana Mimir 2.15.0")
    );
    // It tells Grafana that it was Prometheus 2.24.
    assert!(
        judge(true, None, Some("2.24.0"))
            .1
            .starts_with("VictoriaMetrics")
    );
    assert_eq!(judge(false, None, Some("2.19.3")).0, Verdict::Warn);
    for nothing in [None, Some("")] {
        assert_eq!(judge(false, None, nothing).0, Verdict::Warn);
    }
}

#[test]
fn clocks_are_judged_by_what_their_difference_does() {
    let here = server::here();
    for (skew, verdict) in [
        (0.0, Verdict::Ok),
        (-4.0, Verdict::Ok),
        (30.0, Verdict::Warn),
        (-30.0, Verdict::Warn),
        (900.0, Verdict::Fail),
    ] {
        let check = server::clock(server::clock_at(here + skew, here));
        assert_eq!(check.verdict, verdict, "{skew}: {check:?}");
    }
}

#[test]
fn the_way_is_private_by_tls_or_by_not_leaving_the_machine() {
    let judge = |addresses: &[&str]| {
        let addresses: Vec<_> = addresses
            .iter()
            .map(|text| Address::parse(text).unwrap())
            .collect();
        server::transport(&addresses).verdict
    };
    assert_eq!(judge(&["https://prometheus"]), Verdict::Ok);
    for here in [
        "localhost:9090",
        "prometheus.localhost:9090",
        "localhost.:9090",
        "127.0.0.2:9090",
        "[::1]:9090",
    ] {
        assert_eq!(judge(&[here]), Verdict::Ok, "{here}");
    }
    assert_eq!(judge(&["prometheus:9090"]), Verdict::Warn);
    assert_eq!(
        judge(&["https://prometheus", "prometheus:9090"]),
        Verdict::Warn
    );
}

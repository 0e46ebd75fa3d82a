//! What is said of servers that are odd, and of none. The rest is tested with a real one.

use super::report::Verdict;
use super::*;
use crate::{CompileCache, HostOptions};

async fn examined(address: &str) -> Examination {
    let host = Host::new(HostOptions {
        compile_cache: CompileCache::Off,
        ..HostOptions::default()
    })
    .unwrap();
    let config = Config {
        timeout: Some(1000),
        ..Config::new(address)
    };
    host.doctor(config, &ServiceOptions::default())
        .unwrap()
        .examine()
        .await
}

/// The verdicts from `transport` to `clock`.
fn verdicts(examination: &Examination) -> Vec<Verdict> {
    examination
        .checks
        .iter()
        .take(5)
        .map(|check| check.verdict)
        .collect()
}

/// Gives every request this answer, and hands on what it was asked.
async fn server(
    head: &'static str,
    body: String,
) -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (asked, requests) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 8192];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let text = String::from_utf8_lossy(&request[..read]).into_owned();
            let _ = asked.send(text.lines().next().unwrap_or_default().to_owned());
            let answer = format!(
                "HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, requests)
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
    for (head, body, part) in [
        (
            "200 OK\r\ncontent-type: text/html",
            "<html> <b>Sign in</b>",
            "text/html: <html> <b>Sign in</b>",
        ),
        (
            "404 Not Found\r\ncontent-type: text/plain",
            "404 page not found",
            "status 404",
        ),
        ("302 Found\r\nlocation: /login", "", "status 302"),
        ("401 Unauthorized", "who are you", "refused with status 401"),
        (
            "503 Unavailable",
            r#"{"status":"error","errorType":"unavailable","error":"starting"}"#,
            "unavailable: starting",
        ),
        (
            "200 OK",
            r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#,
            "no number",
        ),
        ("200 OK", r#"{"status":"success","data":[]}"#, "status 200"),
        ("200 OK", "", "empty"),
    ] {
        let (address, _requests) = server(head, body.to_owned()).await;
        let examination = examined(&address).await;
        let (ok, fail, skipped) = (Verdict::Ok, Verdict::Fail, Verdict::Skipped);
        assert_eq!(
            verdicts(&examination),
            [ok, ok, fail, skipped, skipped],
            "{head}"
        );
        let protocol = examination.check(Subject::Protocol).unwrap();
        assert!(protocol.found.contains(part), "{protocol:?}");
        assert!(protocol.advice.is_some());
    }
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    // More than is read of any answer.
    let (address, _requests) = server("200 OK", "x".repeat(5 << 20)).await;
    assert_eq!(examined(&address).await.verdict(), Verdict::Fail);
}

#[tokio::test]
async fn only_what_a_service_may_ask_is_asked() {
    // A clock is all that this server has.
    let body =
        r#"{"status":"success","data":{"resultType":"scalar","result":[1767225600,"1767225600"]}}"#;
    let (address, mut requests) = server("200 OK", body.to_owned()).await;
    let examination = examined(&address).await;
    let clock = examination.check(Subject::Clock).unwrap();
    assert_eq!(clock.verdict, Verdict::Fail);
    assert!(clock.found.contains("behind this machine's"), "{clock:?}");
    let mut number = 0;
    while let Ok(request) = requests.try_recv() {
        number += 1;
        assert!(
            [
                "query?",
                "query_range ",
                "status/buildinfo ",
                "label/",
                "labels?"
            ]
            .iter()
            .any(|endpoint| request.contains(&format!(" /api/v1/{endpoint}"))),
            "{request}"
        );
    }
    assert!(number >= 4, "{number}");
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
    for here in ["localhost:9090", "127.0.0.2:9090", "[::1]:9090"] {
        assert_eq!(judge(&[here]), Verdict::Ok, "{here}");
    }
    assert_eq!(judge(&["prometheus:9090"]), Verdict::Warn);
    assert_eq!(
        judge(&["https://prometheus", "prometheus:9090"]),
        Verdict::Warn
    );
}

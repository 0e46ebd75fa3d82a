//! The way out, against servers on the loopback that do as they like.

use super::*;
use crate::{
    config::{credentials::Credentials, secret::SecretSource},
    observe::HostMetrics,
    sandbox::wasi::hooks::Hooks,
    testing::body::TestBody,
};
use metric_test_server::{Reply, TestServer};
use std::time::Instant;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt},
    net::TcpListener,
};

/// An answer that stops.
const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nhi";
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";

/// Gives each request this answer, and waits for the next one.
fn server(answer: &str) -> TestServer {
    replying(Reply::new(answer))
}

fn replying(reply: Reply) -> TestServer {
    TestServer::start(move |_| reply.clone()).unwrap()
}

fn uri(server: &TestServer, path: &str) -> String {
    format!("http://{}{path}", server.address)
}

fn limits() -> Limits {
    Limits {
        response_bytes: 100,
        connect_timeout: Duration::from_secs(5),
        first_byte_timeout: Duration::from_millis(200),
        between_bytes_timeout: Duration::from_millis(200),
        ..Limits::default()
    }
}

fn outgoing(address: &str) -> Egress {
    Egress::to(
        Address::parse(address).unwrap(),
        &ServiceOptions::default(),
        &limits(),
        &Timers::ticking(),
        &Arc::new(Metrics::new()),
    )
    .unwrap()
}

fn request(method: &str, uri: &str, body: &[&'static str]) -> Request<WasiBody> {
    let body = TestBody::at_once(body).map_err(Error::from).boxed_unsync();
    Request::builder()
        .method(method)
        .uri(uri)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", "Bearer stolen")
        .header("host", "evil")
        .body(body)
        .unwrap()
}

/// A call of its own.
fn call() -> Arc<CallBudget> {
    Arc::new(CallBudget::of(&limits()))
}

/// Sends, and reads the whole body.
async fn ask(egress: &Egress, request: Request<WasiBody>) -> Result<(u16, Bytes)> {
    let response = egress
        .send(
            request,
            RequestOptions::default(),
            &call(),
            &egress.denial_log(),
        )
        .await?;
    let status = response.status().as_u16();
    Ok((status, response.into_body().collect().await?.to_bytes()))
}

async fn get(server: &TestServer) -> Result<(u16, Bytes)> {
    let uri = uri(server, "/api/v1/query");
    ask(&outgoing(&server.address), request("GET", &uri, &[])).await
}

#[tokio::test]
async fn requests_share_a_connection() {
    let server = server(OK);
    let egress = outgoing(&server.address);
    for _ in 0..5 {
        let request = request(
            "POST",
            &uri(&server, "/api/v1/query_range"),
            &["query", "=up"],
        );
        let answer = ask(&egress, request).await.unwrap();
        assert_eq!(answer, (200, Bytes::from_static(b"hi")));
    }
    assert_eq!(server.connections(), 1);
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn a_request_leaves_whole_and_with_the_hosts_own_headers() {
    let server = server(OK);
    let mut request = request(
        "POST",
        &uri(&server, "/api/v1/query?a=b"),
        &["que", "ry=up"],
    );
    request
        .headers_mut()
        .insert("content-length", "3".parse().unwrap());
    ask(&outgoing(&server.address), request).await.unwrap();
    let seen = server.requests().concat();
    assert!(
        seen.starts_with("POST /api/v1/query?a=b HTTP/1.1\r\n"),
        "{seen}"
    );
    assert!(seen.ends_with("\r\n\r\nquery=up"), "{seen}");
    assert!(seen.contains("content-length: 8\r\n"), "{seen}");
    assert!(
        seen.contains(&format!("host: {}\r\n", server.address)),
        "{seen}"
    );
    assert!(seen.contains("content-type: application/x-www-form-urlencoded"));
    for dropped in ["authorization", "evil", "transfer-encoding"] {
        assert!(!seen.contains(dropped), "{seen}");
    }
}

#[tokio::test]
async fn what_the_policy_refuses_is_denied_and_never_sent() {
    let server = server(OK);
    for uri in [
        uri(&server, "/api/v1/admin/tsdb/snapshot"),
        "http://127.0.0.1:1/api/v1/query".to_owned(),
        format!("https://{}/api/v1/query", server.address),
    ] {
        let answer = ask(&outgoing(&server.address), request("POST", &uri, &[])).await;
        assert!(matches!(answer, Err(Error::HttpRequestDenied)), "{uri}");
    }
    let answer = ask(
        &Egress::denied(),
        request("GET", &uri(&server, "/api/v1/query"), &[]),
    )
    .await;
    assert!(matches!(answer, Err(Error::HttpRequestDenied)));
    assert_eq!(server.connections(), 0);
}

/// One way of refusing: the reason, the way out, and the request.
type Denied = (DenyReason, Egress, Request<WasiBody>);

/// Every way, but those of `Hooks` and of `sandbox/wasi/outgoing_handler.rs`, which have tests of their own.
fn every_way_of_refusing(server: &TestServer) -> Vec<Denied> {
    let scope = || Scope::equal("user", "u1").unwrap();
    let tenant = || {
        with_credentials(
            server,
            Credentials::new().parameter("extra_label", secret()),
        )
    };
    let get = |uri: &str| request("GET", uri, &[]);
    let path = |path: &str| get(&uri(server, path));
    let post = |path: &str, body| request("POST", &uri(server, path), &[body]);
    let authority = |authority: &str| get(&format!("http://{authority}/api/v1/query"));
    let address = server.address.as_str();
    let mut many_headers = path("/api/v1/query");
    for number in 0..40 {
        let name = http::HeaderName::try_from(format!("x-{number}")).unwrap();
        many_headers
            .headers_mut()
            .insert(name, "x".parse().unwrap());
    }
    let long = "x".repeat(20_000);
    // Resolvers take it for an address of loopback, which a name that is none of its own is not granted.
    let elsewhere = format!("127.1:{}", address.rsplit(':').next().unwrap());
    let small = Limits {
        request_bytes: 8,
        ..limits()
    };
    let small = Egress::to(
        Address::parse(address).unwrap(),
        &ServiceOptions::default(),
        &small,
        &Timers::ticking(),
        &Arc::new(Metrics::new()),
    );
    let free = || outgoing(&server.address);
    let scoped = || free().scoped(scope());
    vec![
        (
            DenyReason::NoNetwork,
            Egress::denied(),
            path("/api/v1/query"),
        ),
        (DenyReason::Origin, free(), authority("127.0.0.1:1")),
        (
            DenyReason::Origin,
            free(),
            get(&format!("https://{address}/api/v1/query")),
        ),
        (
            DenyReason::Origin,
            free(),
            get(&format!("ftp://{address}/api/v1/query")),
        ),
        (
            DenyReason::UserInfo,
            free(),
            authority(&format!("u:p@{address}")),
        ),
        (
            DenyReason::Method,
            free(),
            request("DELETE", &uri(server, "/api/v1/query"), &[]),
        ),
        (
            DenyReason::Method,
            free(),
            request("QUERY", &uri(server, "/api/v1/query"), &[]),
        ),
        (
            DenyReason::Path,
            free(),
            path("/api/v1/admin/tsdb/snapshot"),
        ),
        (DenyReason::Path, free(), path("/api/v1/label//values")),
        (DenyReason::Path, free(), path("")),
        (
            DenyReason::Head,
            free(),
            path(&format!("/api/v1/query?query={long}")),
        ),
        (DenyReason::Head, free(), many_headers),
        (
            DenyReason::Body,
            small.unwrap(),
            post("/api/v1/query", "query=up{}"),
        ),
        (
            DenyReason::Scope,
            scoped(),
            post("/api/v1/query", "query=up{"),
        ),
        (DenyReason::Scope, scoped(), path("/api/v1/metadata")),
        (
            DenyReason::Scope,
            scoped(),
            path("/api/v1/query?query=up&query=up"),
        ),
        (
            DenyReason::Tenant,
            tenant(),
            path("/api/v1/query?extra_label=a=b"),
        ),
        (DenyReason::Tenant, tenant(), path("/api/v1/metadata")),
        (
            DenyReason::Network,
            outgoing(&elsewhere),
            authority(&elsewhere),
        ),
    ]
}

#[tokio::test]
async fn each_way_of_refusing_counts_once_under_its_reason_and_sends_nothing() {
    let server = server(OK);
    let ways = every_way_of_refusing(&server);
    for &reason in DenyReason::ALL {
        let is_here = reason != DenyReason::Requests; // it is the hooks'
        let has_a_way = ways.iter().any(|(other, ..)| *other == reason);
        assert_eq!(has_a_way, is_here, "{reason:?}");
    }
    for (reason, egress, request) in ways {
        let uri = request.uri().to_string();
        ask(&egress, request).await.unwrap_err();
        let counted = (egress.denials().of(reason), egress.denials().total());
        assert_eq!(counted, (1, 1), "{reason:?} {uri}: {:?}", egress.denials());
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_request_beyond_those_of_a_call_counts_each_time() {
    let server = server(OK);
    let egress = Arc::new(outgoing(&server.address));
    let limits = Limits {
        requests_per_call: 2,
        ..limits()
    };
    let hooks = Hooks::new(Arc::clone(&egress), &limits);
    for sent in 1..=5 {
        let request = request("GET", &uri(&server, "/api/v1/query"), &[]);
        let response = hooks.send(request, None).result().await;
        assert_eq!(response.is_ok(), sent <= 2);
    }
    let counted = (
        egress.denials().of(DenyReason::Requests),
        egress.denials().total(),
    );
    assert_eq!(counted, (3, 3));
}

#[tokio::test]
async fn a_call_has_so_many_connections_and_its_others_wait_for_one() {
    let server = replying(Reply::new(HALF).then_stall());
    let limits = Limits {
        concurrent_requests: 3,
        service_requests: 4,
        ..limits()
    };
    let address = Address::parse(&server.address).unwrap();
    let options = ServiceOptions::default();
    let metrics = Arc::new(Metrics::new());
    let egress = Egress::to(address, &options, &limits, &Timers::ticking(), &metrics).unwrap();
    let egress = Arc::new(egress);
    let calls = [(); 2].map(|()| Arc::new(CallBudget::of(&limits)));
    let mut arrivals = Vec::new();
    for call in calls {
        for _ in 0..20 {
            let (egress, call) = (Arc::clone(&egress), call.clone());
            let uri = uri(&server, "/api/v1/query");
            arrivals.push(tokio::spawn(async move {
                let request = request("GET", &uri, &[]);
                egress
                    .send(
                        request,
                        RequestOptions::default(),
                        &call,
                        &egress.denial_log(),
                    )
                    .await
            }));
        }
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.connections(), 4);
    // As they are given up, the others have their turn.
    for arrival in arrivals {
        drop(arrival.await.unwrap().unwrap());
    }
    assert_eq!(server.connections(), 40);
}

#[tokio::test]
async fn what_is_sent_and_what_is_refused_counts_in_the_metrics_of_the_host() {
    let server = server(ANSWER);
    let metrics = Arc::new(Metrics::new());
    let egress = Egress::to(
        Address::parse(&server.address).unwrap(),
        &ServiceOptions::default(),
        &limits(),
        &Timers::ticking(),
        &metrics,
    )
    .unwrap();
    for _ in 0..2 {
        let uri = uri(&server, "/api/v1/query");
        ask(&egress, request("POST", &uri, &["query=up"]))
            .await
            .unwrap();
    }
    // Sent once, and kept.
    for _ in 0..2 {
        ask(&egress, final_range(&server)).await.unwrap();
    }
    let uri = uri(&server, "/api/v1/admin/tsdb/snapshot");
    ask(&egress, request("POST", &uri, &[])).await.unwrap_err();
    let (_, body) = ANSWER.split_once("\r\n\r\n").unwrap();
    let text = HostMetrics(&metrics).to_string();
    for line in [
        r#"metric_host_prometheus_requests_total{status="2xx"} 3"#,
        r#"metric_host_requests_denied_total{reason="path"} 1"#,
        "metric_host_upstream_request_duration_seconds_count 3",
        r#"metric_host_cache_requests_total{result="miss"} 1"#,
        r#"metric_host_cache_requests_total{result="hit"} 1"#,
        &format!("metric_host_received_bytes_total {}", 3 * body.len()),
        &format!("metric_host_cache_saved_bytes_total {}", body.len()),
    ] {
        assert!(text.lines().any(|each| each == line), "{line}\n{text}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_denied_counted_and_never_sent() {
    let server = server(OK);
    let limits = Limits {
        request_bytes: 8,
        ..limits()
    };
    let address = Address::parse(&server.address).unwrap();
    let options = ServiceOptions::default();
    let egress = Egress::to(
        address,
        &options,
        &limits,
        &Timers::ticking(),
        &Arc::new(Metrics::new()),
    )
    .unwrap();
    let uri = uri(&server, "/api/v1/query");
    let answer = ask(&egress, request("POST", &uri, &["query=up", "1"])).await;
    assert!(
        matches!(answer, Err(Error::HttpRequestDenied)),
        "{answer:?}"
    );
    assert_eq!(egress.denials().of(DenyReason::Body), 1);
    assert_eq!(server.connections(), 0);
    ask(&egress, request("POST", &uri, &["query=up"]))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_redirect_is_handed_on_and_not_followed() {
    let server =
        server("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(get(&server).await.unwrap().0, 302);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_redirect_does_not_repeat_the_target_that_the_operator_set() {
    const MOVED: &str = "HTTP/1.1 301 Moved Permanently\r\ncontent-length: 38\r\n\
        location: https://h:1/s3cret/api/v1/query?key=s3cret\r\n\r\n\
        <a href=\"https://h:1/s3cret/\">Here</a>";
    let folder = tempfile::tempdir().unwrap();
    let secret = |text: &str| {
        let file = folder.path().join("secret");
        std::fs::write(&file, text).unwrap();
        SecretSource::file(file)
    };
    let credentials = [
        Credentials::new().path(secret("/s3cret")),
        Credentials::new().parameter("key", secret("/s3cret")),
    ];
    for credentials in credentials {
        let server = server(MOVED);
        let options = ServiceOptions {
            credentials,
            ..ServiceOptions::default()
        };
        let egress = Egress::to(
            Address::parse(&server.address).unwrap(),
            &options,
            &limits(),
            &Timers::ticking(),
            &Arc::new(Metrics::new()),
        )
        .unwrap();
        let request = request("GET", &uri(&server, "/api/v1/query"), &[]);
        let response = egress
            .send(
                request,
                RequestOptions::default(),
                &call(),
                &egress.denial_log(),
            )
            .await;
        let (head, body) = response.unwrap().into_parts();
        assert!(server.requests()[0].contains("s3cret"));
        assert_eq!(head.status, 301);
        assert_eq!(head.headers["location"], "https://h:1/");
        assert!(!format!("{head:?}").contains("s3cret"), "{head:?}");
        assert_eq!(body.collect().await.unwrap().to_bytes(), "");
    }
}

#[tokio::test]
async fn failures_of_the_network_have_their_names() {
    let (close, stall) = (Reply::then_close, Reply::then_stall);
    for (answer, then, name) in [
        ("", close as fn(Reply) -> Reply, "ConnectionTerminated"),
        ("HTTP/1.1 200", close, "ConnectionTerminated"),
        ("", stall, "HttpResponseTimeout"),
        ("SSH-2.0-OpenSSH_9.2\r\n", close, "HttpProtocolError"),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: nine\r\n\r\n",
            close,
            "HttpProtocolError",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi",
            close,
            "HttpResponseIncomplete",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi",
            stall,
            "ConnectionReadTimeout",
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhi",
            close,
            "HttpResponseIncomplete",
        ),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n",
            stall,
            "HttpProtocolError",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n",
            stall,
            "HttpResponseBodySize(Some(100))",
        ),
    ] {
        let server = replying(then(Reply::new(answer)));
        let error = get(&server).await.unwrap_err();
        assert_eq!(format!("{error:?}"), name, "{answer:?}");
    }
}

#[tokio::test]
async fn a_port_where_nothing_listens_refuses_the_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let uri = format!("http://{address}/api/v1/query");
    let error = ask(&outgoing(&address), request("GET", &uri, &[]))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::ConnectionRefused), "{error:?}");
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_a_failure_of_dns() {
    // RFC 6761: `.invalid` never resolves.
    let uri = "http://prometheus.invalid:9090/api/v1/query";
    let error = ask(
        &outgoing("prometheus.invalid:9090"),
        request("GET", uri, &[]),
    )
    .await
    .unwrap_err();
    assert!(
        matches!(error, Error::DnsError { .. } | Error::ConnectionTimeout),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_server_that_does_not_speak_tls_is_a_failure_of_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let read = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        let mut read = Vec::new();
        // To the end, which a client that is refused may reset.
        let _ = stream.read_to_end(&mut read).await;
        read
    });
    let uri = format!("{address}/api/v1/query");
    let egress = Egress::to(
        Address::parse(&address).unwrap(),
        &ServiceOptions::default(),
        &limits(),
        &Timers::ticking(),
        &Arc::new(Metrics::new()),
    );
    let Ok(egress) = egress else {
        return; // a machine without root certificates
    };
    let error = ask(&egress, request("GET", &uri, &[])).await.unwrap_err();
    assert!(matches!(error, Error::TlsProtocolError), "{error:?}");
    let read = read.await.unwrap();
    // A handshake: a record of type 22, in which no request is.
    assert_eq!(read.first(), Some(&22), "{read:?}");
    let text = String::from_utf8_lossy(&read);
    assert!(
        !text.contains("HTTP/") && !text.contains("/api/v1"),
        "{text}"
    );
}

#[tokio::test]
async fn the_plugin_may_ask_for_shorter_waits() {
    let server = TestServer::silent().unwrap();
    let options = RequestOptions {
        first_byte_timeout: Some(Duration::from_millis(10)),
        ..RequestOptions::default()
    };
    let start = Instant::now();
    let request = request("GET", &uri(&server, "/api/v1/query"), &[]);
    let egress = outgoing(&server.address);
    let answer = egress
        .send(request, options, &call(), &egress.denial_log())
        .await;
    assert!(matches!(answer, Err(Error::HttpResponseTimeout)));
    assert!(start.elapsed() < Duration::from_millis(150));
}

#[tokio::test]
async fn a_connection_that_the_server_closed_while_idle_is_replaced() {
    let server = replying(Reply::new(OK).then_close());
    let egress = outgoing(&server.address);
    for _ in 0..3 {
        let request = request("GET", &uri(&server, "/api/v1/query"), &[]);
        assert_eq!(ask(&egress, request).await.unwrap().0, 200);
        // Until the end of the connection has come in.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_body_is_put_together_from_its_frames() {
    let body = |pieces: &[&'static str]| {
        TestBody::at_once(pieces)
            .map_err(Error::from)
            .boxed_unsync()
    };
    assert_eq!(whole(body(&[]), 8).await.unwrap(), "");
    assert_eq!(whole(body(&["abc"]), 8).await.unwrap(), "abc");
    let pieces = &["abc", "", "de", "fgh"];
    assert_eq!(whole(body(pieces), 8).await.unwrap(), "abcdefgh");
    for pieces in [&["abcdefghi"][..], &["abcd", "efgh", "i"][..]] {
        assert!(matches!(
            whole(body(pieces), 8).await,
            Err(Error::HttpRequestBodySize(Some(8)))
        ));
    }
}

#[test]
fn a_plugin_can_shorten_a_timeout_but_not_lengthen_it() {
    let limit = Duration::from_secs(5);
    assert_eq!(shorter(limit, None), limit);
    let second = Duration::from_secs(1);
    assert_eq!(shorter(limit, Some(second)), second);
    assert_eq!(shorter(limit, Some(2 * limit)), limit);
}

#[tokio::test]
async fn scopes_add_up_and_bind_what_leaves() {
    let server = server(OK);
    let wide = outgoing(&server.address);
    let narrow = wide
        .scoped(Scope::equal("user", "u1").unwrap())
        .scoped(Scope::equal("project", "p1").unwrap());
    let uri = uri(&server, "/api/v1/query_range?start=1");
    for egress in [&narrow, &wide] {
        let request = request("POST", &uri, &["query=up"]);
        ask(egress, request).await.unwrap();
    }
    let [narrowed, whole] = &server.requests()[..] else {
        panic!("two requests");
    };
    let body = "\r\n\r\nstart=1&query=up%7Buser%3D%22u1%22%2Cproject%3D%22p1%22%7D";
    assert!(narrowed.ends_with(body), "{narrowed}");
    assert!(narrowed.contains("content-length: 58\r\n"), "{narrowed}");
    assert!(whole.ends_with("\r\n\r\nquery=up"), "{whole}");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn what_cannot_be_narrowed_is_denied_and_never_sent() {
    let server = server(OK);
    let egress = outgoing(&server.address).scoped(Scope::equal("user", "u1").unwrap());
    for (target, body) in [
        ("/api/v1/metadata", ""),
        ("/api/v1/query?query=up&query=up", ""),
        ("/api/v1/query", "query=up{"),
        ("/api/v1/query", "query=info(up)"),
        ("/api/v1/query?tenant=2", "query=up"),
    ] {
        let request = request("POST", &uri(&server, target), &[body]);
        let answer = ask(&egress, request).await;
        assert!(matches!(answer, Err(Error::HttpRequestDenied)), "{target}");
    }
    assert_eq!(server.connections(), 0);
}

/// A way out with these credentials, whose secrets are all the name of this package.
fn with_credentials(server: &TestServer, credentials: Credentials) -> Egress {
    let options = ServiceOptions {
        credentials,
        ..ServiceOptions::default()
    };
    let address = Address::parse(&server.address).unwrap();
    Egress::to(
        address,
        &options,
        &limits(),
        &Timers::ticking(),
        &Arc::new(Metrics::new()),
    )
    .unwrap()
}

fn secret() -> SecretSource {
    SecretSource::variable("CARGO_PKG_NAME") // metric-host
}

#[tokio::test]
async fn what_the_plugin_says_of_who_asks_is_exchanged_for_what_the_operator_says() {
    let server = server(OK);
    let credentials = Credentials::new()
        .bearer_token(secret())
        .header("X-Scope-OrgID", secret());
    let egress = with_credentials(&server, credentials);
    let mut request = request("POST", &uri(&server, "/api/v1/query"), &["query=up"]);
    for name in [
        "x-scope-orgid",
        "thanos-tenant",
        "accountid",
        "cookie",
        "proxy-authorization",
    ] {
        request.headers_mut().append(name, "evil".parse().unwrap());
    }
    ask(&egress, request).await.unwrap();
    let seen = server.requests().concat();
    assert_eq!(seen.matches("authorization:").count(), 1, "{seen}");
    assert!(
        seen.contains("\r\nauthorization: Bearer metric-host\r\n"),
        "{seen}"
    );
    assert!(
        seen.contains("\r\nx-scope-orgid: metric-host\r\n"),
        "{seen}"
    );
    for dropped in ["evil", "stolen", "thanos-tenant", "accountid", "cookie"] {
        assert!(!seen.contains(dropped), "{seen}");
    }
}

#[tokio::test]
async fn a_tenant_of_the_plugins_own_is_denied_and_never_sent() {
    let server = server(OK);
    let credentials = Credentials::new().parameter("extra_filters[]", secret());
    let egress = with_credentials(&server, credentials);
    for (target, body) in [
        ("/api/v1/query?extra_filters=x", "query=up"),
        ("/api/v1/query?query=up;extra_filters[]=x", ""),
        ("/api/v1/query", "query=up&extra_filters[]=x"),
        ("/api/v1/query", "query=up&%65xtra_filters%5b%5d=x"),
    ] {
        let request = request("POST", &uri(&server, target), &[body]);
        let answer = ask(&egress, request).await;
        assert!(matches!(answer, Err(Error::HttpRequestDenied)), "{target}");
    }
    let mut multipart = request("POST", &uri(&server, "/api/v1/query"), &["--x"]);
    let value = "multipart/form-data; boundary=x".parse().unwrap();
    multipart.headers_mut().insert("content-type", value);
    assert!(ask(&egress, multipart).await.is_err());
    assert_eq!(server.connections(), 0);
    assert_eq!(egress.denials().of(DenyReason::Tenant), 5);

    let request = request(
        "POST",
        &uri(&server, "/api/v1/query?start=1"),
        &["query=up"],
    );
    ask(&egress, request).await.unwrap();
    let seen = server.requests().concat();
    let target = "POST /api/v1/query?start=1&extra_filters%5B%5D=metric-host HTTP/1.1\r\n";
    assert!(seen.starts_with(target), "{seen}");
}

#[tokio::test]
async fn a_tenant_is_added_to_what_the_scope_has_narrowed() {
    let server = server(OK);
    let credentials = Credentials::new().parameter("extra_label", secret());
    let egress = with_credentials(&server, credentials).scoped(Scope::equal("user", "u1").unwrap());
    let uri = uri(&server, "/api/v1/series?match[]=up");
    ask(&egress, request("GET", &uri, &[])).await.unwrap();
    let seen = server.requests().concat();
    let target = "GET /api/v1/series?match%5B%5D=up%7Buser%3D%22u1%22%7D&extra_label=metric-host HTTP/1.1\r\n";
    assert!(seen.starts_with(target), "{seen}");
}

#[tokio::test]
async fn services_with_credentials_have_identities_of_their_own() {
    let server = server(OK);
    let with = |credentials| with_credentials(&server, credentials).identity();
    let token = || Credentials::new().bearer_token(secret());
    assert_ne!(with(token()), with(token()));
    assert_eq!(with(Credentials::new()), Egress::denied().identity());
    let egress = with_credentials(&server, token());
    assert_eq!(
        egress.identity(),
        egress.scoped(Scope::equal("a", "b").unwrap()).identity()
    );
}

#[tokio::test]
async fn what_an_embedder_is_to_send_is_bound_as_what_leaves() {
    let server = server(OK);
    let tenant = SecretSource::variable("CARGO_PKG_NAME");
    let credentials = Credentials::new().parameter("extra_label", tenant);
    let scope = Scope::equal("user", "u1").unwrap();
    let egress = with_credentials(&server, credentials).scoped(scope.clone());
    let bound = |query: &str| {
        let uri = uri(&server, &format!("/api/v1/query?{query}"));
        egress.bound(Request::get(uri).body(Bytes::new()).unwrap())
    };
    let passed = bound("query=up").unwrap();
    assert_eq!(passed.uri().query(), Some("query=up%7Buser%3D%22u1%22%7D"));
    let error = bound("query=up&extra_label=another").unwrap_err();
    assert!(
        matches!(error, CallError::Denied(DenyReason::Tenant)),
        "{error:?}"
    );
    let error = bound("query=info(up)").unwrap_err();
    assert!(matches!(error, CallError::OutOfScope(_)), "{error:?}");

    let nowhere = Egress::denied();
    assert_eq!(nowhere.bound_query("up +".to_owned()).unwrap(), "up +");
    let nowhere = nowhere.scoped(scope);
    let query = |promql: &str| nowhere.bound_query(promql.to_owned());
    assert_eq!(query("up").unwrap(), "up{user=\"u1\"}");
    query("up +").unwrap_err();
    assert!(server.requests().is_empty());
}

const ANSWER: &str = concat!(
    "HTTP/1.1 200 OK\r\ncontent-length: 95\r\n\r\n",
    r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"]]}]}}"#
);

/// A range that ended long ago, with the header in which the plugin says so.
fn final_range(server: &TestServer) -> Request<WasiBody> {
    let uri = uri(server, "/api/v1/query_range");
    let mut request = request(
        "POST",
        &uri,
        &["query=up&start=1600000000&end=1600000060&step=30"],
    );
    let header = request.headers_mut();
    header.insert("x-metric-cache", "final-at=1600000660".parse().unwrap());
    request
}

#[tokio::test]
async fn what_was_answered_is_kept_and_what_the_plugin_says_of_it_never_leaves() {
    let server = server(ANSWER);
    let egress = outgoing(&server.address);
    for _ in 0..3 {
        let (status, body) = ask(&egress, final_range(&server)).await.unwrap();
        assert_eq!(status, 200);
        assert!(ANSWER.ends_with(std::str::from_utf8(&body).unwrap()));
    }
    // Another scope, and one who does not say how long.
    let scoped = egress.scoped(Scope::equal("user", "u1").unwrap());
    ask(&scoped, final_range(&server)).await.unwrap();
    let mut silent = final_range(&server);
    silent.headers_mut().remove("x-metric-cache");
    ask(&egress, silent).await.unwrap();
    let seen = server.requests();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|request| !request.contains("x-metric")));
    let statistics = egress.cache_statistics();
    assert_eq!((statistics.hits, statistics.misses), (2, 2));
}

#[tokio::test]
async fn what_comes_from_the_cache_counts_as_what_comes_from_the_network() {
    let server = server(ANSWER);
    let egress = Arc::new(outgoing(&server.address));
    let limits = Limits {
        requests_per_call: 3,
        received_bytes: 200,
        ..limits()
    };
    let hooks = Hooks::new(Arc::clone(&egress), &limits);
    let call = async || {
        let response = hooks.send(final_range(&server), None).result().await?;
        response
            .into_body()
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes)
    };
    assert!(call().await.is_ok());
    assert!(call().await.is_ok());
    // Two are 190 bytes.
    let third = call().await;
    assert!(matches!(third, Err(Error::HttpResponseBodySize(Some(200)))));
    assert!(matches!(call().await, Err(Error::HttpRequestDenied)));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_was_answered_to_other_credentials_is_asked_for_again() {
    let server = server(ANSWER);
    let folder = tempfile::tempdir().unwrap();
    let tenant = folder.path().join("tenant");
    std::fs::write(&tenant, "one").unwrap();
    let credentials = Credentials::new().header("X-Scope-OrgID", SecretSource::file(&tenant));
    let egress = with_credentials(&server, credentials);
    for name in ["one", "another"] {
        std::fs::write(&tenant, name).unwrap();
        for _ in 0..2 {
            ask(&egress, final_range(&server)).await.unwrap();
        }
    }
    let seen = server.requests();
    let [one, another] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert!(one.contains("\r\nx-scope-orgid: one\r\n"), "{one}");
    assert!(
        another.contains("\r\nx-scope-orgid: another\r\n"),
        "{another}"
    );
}

const WHOLE: &str =
    "HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\n{\"status\":\"success\",\"data\":[]}";
const PARTIAL: &str = "HTTP/1.1 200 OK\r\ncontent-length: 47\r\n\r\n{\"status\":\"success\",\"isPartial\":true,\"data\":[]}";
const WARNED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n{\"status\":\"success\",\"data\":[],\"warnings\":[\"a store is out\"]}";

/// Asks the first of some servers with these answers, in order, and gives the answer, how many requests each of them
/// saw, how many answers are each one's, and the metrics.
async fn asked_of(answers: &[&'static str]) -> (String, Vec<usize>, Vec<u64>, String) {
    let mut servers = Vec::new();
    for answer in answers {
        servers.push(server(answer));
    }
    let (first, others) = servers.split_first().unwrap();
    let options = ServiceOptions {
        failover: others.iter().map(|each| each.address.clone()).collect(),
        ..ServiceOptions::default()
    };
    let metrics = Arc::new(Metrics::new());
    let address = Address::parse(&first.address).unwrap();
    let limits = Limits {
        response_bytes: 6 << 20,
        ..limits()
    };
    let outgoing = Egress::to(address, &options, &limits, &Timers::ticking(), &metrics).unwrap();
    let uri = uri(first, "/api/v1/label/container_metric_name/values");
    let answer = ask(&outgoing, request("GET", &uri, &[])).await;
    let answer = answer.map_or_else(
        |error| error.to_string(),
        |(_, body)| String::from_utf8(body.to_vec()).unwrap(),
    );
    let seen = servers.iter().map(|each| each.requests().len());
    let answered = outgoing.answers().into_iter().map(|(_, number)| number);
    let text = HostMetrics(&metrics).to_string();
    (answer, seen.collect(), answered.collect(), text)
}

#[tokio::test]
async fn a_partial_answer_is_asked_for_once_more_elsewhere_and_the_whole_one_is_taken() {
    for partial in [PARTIAL, WARNED] {
        let (answer, seen, answered, metrics) = asked_of(&[partial, WHOLE, WHOLE]).await;
        assert!(WHOLE.ends_with(&answer), "{answer}");
        assert_eq!((seen, answered), (vec![1, 1, 0], vec![0, 1, 0]));
        assert!(
            metrics.contains("prometheus_failovers_total{address="),
            "{metrics}"
        );
        assert!(
            metrics.contains("prometheus_requests_total{status=\"2xx\"} 2\n"),
            "{metrics}"
        );
    }
}

#[tokio::test]
async fn where_no_other_answer_is_whole_the_partial_one_goes_on_and_nobody_is_asked_twice() {
    const HTML: &str = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>";
    const NO: &str = "HTTP/1.1 400 No\r\ncontent-length: 2\r\n\r\nno";
    const DOWN: &str = "HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\nno";
    for other in [PARTIAL, WARNED, HTML, NO, DOWN, HALF] {
        let (answer, seen, answered, metrics) = asked_of(&[PARTIAL, other, WHOLE]).await;
        assert!(PARTIAL.ends_with(&answer), "{other}: {answer}");
        assert_eq!((seen, answered), (vec![1, 1, 0], vec![1, 0, 0]), "{other}");
        assert!(!metrics.contains("failovers_total{"), "{metrics}");
    }
    // Two addresses see a request, whatever they say.
    let (answer, seen, answered, metrics) = asked_of(&[DOWN, PARTIAL, WHOLE]).await;
    assert!(PARTIAL.ends_with(&answer), "{answer}");
    assert_eq!((seen, answered), (vec![1, 1, 0], vec![0, 1, 0]));
    assert!(!metrics.contains(r#"status="none""#), "{metrics}");
    let (answer, seen, _, _) = asked_of(&[PARTIAL]).await;
    assert!(PARTIAL.ends_with(&answer), "{answer}");
    assert_eq!(seen, [1]);
}

#[tokio::test]
async fn where_one_answered_partially_the_other_is_asked_first_from_then_on() {
    let (first, second) = (server(PARTIAL), server(WHOLE));
    let options = ServiceOptions {
        failover: vec![second.address.clone()],
        ..ServiceOptions::default()
    };
    let address = Address::parse(&first.address).unwrap();
    let metrics = Arc::new(Metrics::new());
    let outgoing = Egress::to(address, &options, &limits(), &Timers::ticking(), &metrics).unwrap();
    for _ in 0..3 {
        let uri = uri(&first, "/api/v1/label/container_metric_name/values");
        ask(&outgoing, request("GET", &uri, &[])).await.unwrap();
    }
    assert_eq!(first.requests().len(), 1);
    assert_eq!(second.requests().len(), 3);
}

#[tokio::test]
async fn an_answer_too_large_to_be_held_or_broken_off_goes_on_as_it_comes() {
    let (answer, seen, answered, _) = asked_of(&[HALF, WHOLE]).await;
    assert_eq!(answer, Error::ConnectionReadTimeout.to_string());
    assert_eq!((seen, answered), (vec![1, 0], vec![1, 0]));

    let body = format!(
        r#"{{"status":"success","isPartial":true,"data":["{}"]}}"#,
        "x".repeat(held::MAXIMUM)
    );
    let length = body.len();
    let large = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
    let (answer, seen, answered, _) = asked_of(&[large.leak(), WHOLE]).await;
    assert_eq!(answer.len(), length);
    assert!(answer == body, "a byte is missing or too much");
    assert_eq!((seen, answered), (vec![1, 0], vec![1, 0]));
}

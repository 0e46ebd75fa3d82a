//! The list of addresses, and the networks that names lead to.

use super::*;
use crate::config::{credentials::Credentials, network::Network, secret::SecretSource};
use http_body_util::BodyExt;
use metric_test_server::{Reply, TestServer};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::atomic::{AtomicUsize, Ordering},
};
use tokio::{io::AsyncReadExt, net::TcpListener};

/// Answers each request with the path and the host that it was sent to; a connection for each.
fn echo() -> TestServer {
    echo_at("127.0.0.1:0".parse().unwrap())
}

fn echo_at(address: SocketAddr) -> TestServer {
    TestServer::start_at(address, |request| {
        let path = request.split(' ').nth(1).unwrap_or_default();
        let host = request.lines().find_map(|line| line.strip_prefix("host: "));
        let text = format!("{path} {}", host.unwrap_or_default());
        let length = text.len();
        Reply::new(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{text}"
        ))
        .then_close()
    })
    .unwrap()
}

/// An address where nothing listens.
fn nobody() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

/// Knows the addresses of the first lookup, of the second, …, and none after the last.
struct Script(Mutex<Vec<Vec<IpAddr>>>);

impl Script {
    fn of(lookups: &[&[&str]]) -> Arc<dyn Resolve> {
        let parse = |addresses: &&[&str]| addresses.iter().map(|a| a.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new(lookups.iter().map(parse).rev().collect())))
    }
}

impl Resolve for Script {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> resolver::Resolving<'a> {
        let addresses = self.0.lock().unwrap().pop();
        Box::pin(async move {
            let addresses = addresses.ok_or(io::ErrorKind::NotFound)?;
            Ok(addresses.into_iter().map(|ip| (ip, port).into()).collect())
        })
    }
}

fn client(first: &str, options: &ServiceOptions, resolver: &Arc<dyn Resolve>) -> HttpClient {
    let first = Address::parse(first).unwrap();
    HttpClient::with_resolver(
        first,
        options,
        &Limits::default(),
        &Timers::ticking(),
        resolver,
    )
    .unwrap()
}

fn with_failover(first: &str, failover: &[String]) -> HttpClient {
    let options = ServiceOptions {
        failover: failover.to_vec(),
        ..ServiceOptions::default()
    };
    client(first, &options, &(Arc::new(SystemResolver::default()) as _))
}

async fn get(client: &HttpClient, uri: &str) -> Result<String> {
    let request = Request::get(uri).body(Bytes::new()).unwrap();
    let second = Duration::from_secs(1);
    let timeouts = Timeouts {
        connect: second,
        first_byte: second,
    };
    let response = client.send(&request, timeouts).await?;
    client.accept(&response);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Ok(String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn where_no_connection_can_be_made_the_next_address_is_asked_under_its_own_name() {
    let (first, echo) = (nobody(), echo());
    let next = format!("http://{}/some/prefix", echo.address);
    let client = with_failover(&format!("http://{first}/prom"), &[next]);
    let answer = get(
        &client,
        &format!("http://{first}/prom/api/v1/query?query=up"),
    )
    .await;
    let expected = format!("/some/prefix/api/v1/query?query=up {}", echo.address);
    assert_eq!(answer.unwrap(), expected);
}

#[tokio::test]
async fn the_address_that_works_is_remembered_and_the_first_one_is_tried_again_later() {
    let (first, second) = (nobody(), echo());
    let client = with_failover(&first.to_string(), &[second.address.to_string()]);
    let uri = format!("http://{first}/api/v1/query");
    get(&client, &uri).await.unwrap();
    let first = echo_at(first);
    get(&client, &uri).await.unwrap();
    assert_eq!((first.connections(), second.connections()), (0, 2));

    // The time comes for one to try the straight pipeline.
    if let Some(detour) = &mut *client.detour() {
        detour.until = Instant::now();
    }
    assert_eq!(client.preferred(), 0);
    assert_eq!(client.preferred(), 1, "the others wait for its outcome");
    if let Some(detour) = &mut *client.detour() {
        detour.until = Instant::now();
    }
    get(&client, &uri).await.unwrap();
    get(&client, &uri).await.unwrap();
    assert_eq!((first.connections(), second.connections()), (2, 2));
}

#[tokio::test]
async fn where_nobody_can_be_reached_the_failure_is_the_first_addresses() {
    let (first, second) = (nobody(), "prometheus.invalid:9090".to_owned());
    let client = with_failover(&first.to_string(), &[second]);
    let answer = get(&client, &format!("http://{first}/api/v1/query")).await;
    assert!(
        matches!(answer, Err(Error::ConnectionRefused)),
        "{answer:?}"
    );
}

/// Knows no end.
struct Hanging;

impl Resolve for Hanging {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> resolver::Resolving<'a> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_plugin_that_waits_for_less_than_the_host_sends_nobody_elsewhere() {
    let second = echo();
    let patience = Duration::from_millis(200);
    let options = ServiceOptions {
        failover: vec![second.address.to_string()],
        ..ServiceOptions::default()
    };
    let limits = Limits {
        connect_timeout: patience,
        ..Limits::default()
    };
    let client = HttpClient::with_resolver(
        Address::parse("prometheus:9090").unwrap(),
        &options,
        &limits,
        &Timers::ticking(),
        &(Arc::new(Hanging) as _),
    )
    .unwrap();
    let send = async |connect| {
        let timeouts = Timeouts {
            connect,
            first_byte: Duration::from_secs(1),
        };
        let request = Request::get("http://prometheus:9090/api/v1/query");
        let request = request.body(Bytes::new()).unwrap();
        let response = client.send(&request, timeouts).await;
        response.inspect(|response| {
            client.accept(response);
        })
    };
    for impatient in [Duration::from_nanos(1), patience / 4] {
        let answer = send(impatient).await.map(drop);
        assert!(
            matches!(answer, Err(Error::ConnectionTimeout)),
            "{answer:?}"
        );
        assert_eq!((client.preferred(), second.connections()), (0, 0));
    }
    send(patience).await.unwrap();
    assert_eq!((client.preferred(), second.connections()), (1, 1));
}

/// Answers each request with this status and no body.
fn saying(status: u16) -> String {
    let answer = Reply::whole(status, "text/plain", "").then_close();
    TestServer::start(move |_| answer.clone()).unwrap().address
}

#[tokio::test]
async fn where_a_server_is_unavailable_the_next_one_is_asked_and_remembered() {
    for status in [502, 503, 504] {
        let (first, second) = (saying(status), echo());
        let client = with_failover(&first.to_string(), &[second.address.to_string()]);
        let uri = format!("http://{first}/api/v1/query");
        for asked in [1, 2] {
            let answer = get(&client, &uri).await.unwrap();
            assert_eq!(answer, format!("/api/v1/query {}", second.address));
            assert_eq!(second.connections(), asked, "{status}");
        }
        assert_eq!(client.preferred(), 1, "{status}");
    }
}

#[tokio::test]
async fn other_failures_are_answers() {
    for status in [400, 422, 429, 500] {
        let (first, second) = (saying(status), echo());
        let client = with_failover(&first.to_string(), &[second.address.to_string()]);
        let answer = get(&client, &format!("http://{first}/api/v1/query")).await;
        assert_eq!(
            (answer.unwrap().as_str(), second.connections()),
            ("", 0),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_request_is_sent_to_one_further_address_and_the_first_answer_is_given_where_that_does_not_help()
 {
    let (first, second) = (saying(503), saying(502));
    let third = echo();
    let further = [nobody().to_string(), second, third.address.clone()];
    for failover in [&further[..], &further[..1], &[]] {
        let client = with_failover(&first.to_string(), failover);
        let request = Request::get(format!("http://{first}/api/v1/query"));
        let second = Duration::from_secs(1);
        let timeouts = Timeouts {
            connect: second,
            first_byte: second,
        };
        let request = request.body(Bytes::new()).unwrap();
        let response = client.send(&request, timeouts).await.unwrap();
        assert_eq!(response.status(), 503, "{failover:?}");
        assert_eq!(client.accept(&response), None);
    }
    assert_eq!(third.connections(), 0);
}

/// Takes each connection, reads the request or not, and ends it without a byte. Counts them.
async fn hanging_up(reads: bool) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let counter = Arc::<AtomicUsize>::default();
    let connections = Arc::clone(&counter);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            connections.fetch_add(1, Ordering::SeqCst);
            if reads {
                let _ = stream.read(&mut [0; 4096]).await;
            }
            // With what was sent unread, the end is a reset.
        }
    });
    (address, counter)
}

#[tokio::test]
async fn where_the_connection_ends_before_an_answer_one_further_address_is_asked() {
    for reads in [true, false] {
        let ((first, _), (second, asked)) = (hanging_up(reads).await, hanging_up(reads).await);
        let third = echo();
        let uri = format!("http://{first}/api/v1/query");
        let client = with_failover(&first.to_string(), &[third.address.to_string()]);
        let answer = get(&client, &uri).await.unwrap();
        assert_eq!(answer, format!("/api/v1/query {}", third.address));
        assert_eq!(client.preferred(), 1);
        // A query that ends servers does not end all of them.
        let further = [second.to_string(), third.address.clone()];
        let client = with_failover(&first.to_string(), &further);
        let answer = get(&client, &uri).await;
        assert!(
            matches!(answer, Err(Error::ConnectionTerminated)),
            "{answer:?}"
        );
        assert_eq!((asked.load(Ordering::SeqCst), third.connections()), (1, 1));
    }
}

#[test]
fn every_address_of_the_list_has_to_be_readable() {
    let options = ServiceOptions {
        failover: vec!["prometheus".into()],
        ..ServiceOptions::default()
    };
    let first = Address::parse("prometheus:9090").unwrap();
    let client = HttpClient::new(first, &options, &Limits::default(), &Timers::default());
    assert!(matches!(client.err(), Some(ConfigError::Address { .. })));
}

#[tokio::test]
async fn a_name_that_leads_to_another_network_on_its_second_lookup_is_refused_there() {
    let echo = echo();
    let options = ServiceOptions {
        networks: vec![Network::Loopback],
        ..ServiceOptions::default()
    };
    let port = echo.port();
    let uri = format!("http://prometheus.example.org:{port}/api/v1/query");
    for elsewhere in ["169.254.169.254", "10.0.0.1", "::ffff:10.0.0.1", "0.0.0.0"] {
        let resolver = Script::of(&[&["127.0.0.1"], &[elsewhere]]);
        let client = client(
            &format!("prometheus.example.org:{port}"),
            &options,
            &resolver,
        );
        get(&client, &uri).await.unwrap();
        let answer = get(&client, &uri).await;
        assert!(
            matches!(answer, Err(Error::DestinationIpProhibited)),
            "{elsewhere}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn a_refused_network_is_not_evaded_by_going_elsewhere() {
    let echo = echo();
    let options = ServiceOptions {
        failover: vec![echo.address.to_string()],
        ..ServiceOptions::default()
    };
    let resolver = Script::of(&[&["127.0.0.1"]]);
    let client = client("prometheus.example.org:9090", &options, &resolver);
    let answer = get(&client, "http://prometheus.example.org:9090/api/v1/query").await;
    assert!(matches!(answer, Err(Error::DestinationIpProhibited)));
    assert_eq!(echo.connections(), 0);
}

#[tokio::test]
async fn of_a_names_addresses_the_first_that_answers_is_taken() {
    let echo = echo();
    let port = echo.port();
    let options = ServiceOptions {
        networks: vec![Network::Loopback],
        ..ServiceOptions::default()
    };
    // Nothing listens at the first two; the last one may not be asked.
    let addresses = &["127.0.0.2", "127.0.0.3", "127.0.0.1", "169.254.169.254"];
    let client = client(
        &format!("x.org:{port}"),
        &options,
        &Script::of(&[addresses]),
    );
    let answer = get(&client, &format!("http://x.org:{port}/api/v1/query")).await;
    assert_eq!(answer.unwrap(), format!("/api/v1/query x.org:{port}"));
}

#[tokio::test]
async fn what_is_allowed_and_cannot_be_reached_is_no_refusal() {
    // RFC 6666: packets for it are discarded.
    let client = with_failover("[100::1]:9090", &[]);
    let answer = get(&client, "http://[100::1]:9090/api/v1/query").await;
    assert!(
        matches!(
            answer,
            Err(Error::DestinationIpUnroutable
                | Error::ConnectionTimeout
                | Error::ConnectionRefused)
        ),
        "{answer:?}"
    );
}

#[tokio::test]
async fn credentials_go_to_the_addresses_of_the_list_and_to_no_other() {
    let (first, second, elsewhere) = (nobody(), echo(), echo());
    let options = ServiceOptions {
        // The last one is a name that leads to where it may not.
        failover: vec![
            second.address.to_string(),
            format!("x.org:{}", elsewhere.port()),
        ],
        credentials: Credentials::new()
            .bearer_token(SecretSource::variable("CARGO_PKG_NAME"))
            .header("x-scope-orgid", SecretSource::variable("CARGO_PKG_VERSION")),
        ..ServiceOptions::default()
    };
    let client = client(&first.to_string(), &options, &Script::of(&[&["127.0.0.1"]]));
    let uri = format!("http://{first}/api/v1/query");
    get(&client, &uri).await.unwrap();
    let heads = second.requests().concat();
    assert!(
        heads.contains("authorization: Bearer metric-host\r\n"),
        "{heads}"
    );
    assert!(heads.contains("x-scope-orgid: 0.1.0\r\n"), "{heads}");
    assert_eq!(elsewhere.connections(), 0);

    let only_elsewhere = ServiceOptions {
        failover: options.failover[1..].to_vec(),
        ..options
    };
    let client = super::tests::client(
        &first.to_string(),
        &only_elsewhere,
        &Script::of(&[&["127.0.0.1"]]),
    );
    get(&client, &uri).await.unwrap_err();
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn credentials_for_mixed_schemes_are_refused_unless_that_is_granted() {
    let token = || Credentials::new().bearer_token(SecretSource::variable("CARGO_PKG_NAME"));
    let made = |first: &str, failover: &str, credentials, credentials_in_the_clear| {
        let options = ServiceOptions {
            failover: vec![failover.to_owned()],
            credentials,
            credentials_in_the_clear,
            ..ServiceOptions::default()
        };
        let first = Address::parse(first).unwrap();
        HttpClient::new(first, &options, &Limits::default(), &Timers::default()).map(drop)
    };
    for (first, failover) in [
        ("https://prometheus:9090", "other:9090"),
        ("http://other:9090", "https://prometheus:9090"),
    ] {
        let refused = made(first, failover, token(), false).unwrap_err();
        assert!(
            matches!(&refused, ConfigError::CredentialsInTheClear { address } if address == "other:9090"),
            "{refused}"
        );
        made(first, failover, token(), true).unwrap();
        made(first, failover, Credentials::new(), false).unwrap();
    }
    for (first, failover) in [
        ("https://prometheus:9090", "https://other:9090"),
        ("https://prometheus:9090", "localhost:9090"),
        ("http://prometheus:9090", "http://other:9090"),
    ] {
        made(first, failover, token(), false).unwrap();
    }
}

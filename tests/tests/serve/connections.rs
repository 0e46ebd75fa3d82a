//! Connections that are slow, half open or without end: each is bounded, and others are served meanwhile.

use std::time::{Duration, Instant};

use metric_serve::{HttpLimits, Listen};
use metric_tests::Testbed;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::{get, post};
use crate::served::{Served, options, query, serve_at};

/// Longer than any limit below, with time to spare for a slow machine.
const LONG: Duration = Duration::from_secs(20);

fn serve_within(change: impl FnOnce(&mut HttpLimits)) -> Served {
    let mut options = options();
    change(&mut options.limits);
    serve_at(Testbed::shared().unwrap().server.address(), options).0
}

async fn connected(place: &Listen) -> TcpStream {
    let Listen::Address(address) = place else {
        panic!("an address");
    };
    TcpStream::connect(address).await.unwrap()
}

/// All that comes until the server hangs up.
async fn rest(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A reset is an end, too.
    let _ = timeout(LONG, stream.read_to_end(&mut text))
        .await
        .expect("it hangs up");
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn a_head_that_does_not_come_or_comes_a_byte_at_a_time_is_hung_up_on() {
    let served = serve_within(|limits| limits.head_time = Duration::from_millis(300));
    let mut silent = connected(&served.place).await;
    rest(&mut silent).await;
    let mut slow = connected(&served.place).await;
    let begun = Instant::now();
    for byte in b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-a: "
        .iter()
        .cycle()
    {
        if slow.write_all(&[*byte]).await.is_err() {
            break;
        }
        assert!(begun.elapsed() < LONG);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(get(&served.place, "/healthz").await.status, 200);
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let served = serve_within(|_| {});
    let mut endless = connected(&served.place).await;
    endless
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n")
        .await
        .unwrap();
    let line = format!("x-a: {}\r\n", "a".repeat(1000));
    let mut sent = 0;
    while sent < 10 << 20 && endless.write_all(line.as_bytes()).await.is_ok() {
        sent += line.len();
    }
    // Some of it lies in the system's buffers.
    assert!(sent < 8 << 20, "{sent} bytes were taken");
}

const HEAD: &str =
    "POST /v1/query HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";

#[tokio::test]
async fn a_body_without_end_is_a_413_and_one_that_does_not_come_a_408() {
    let served = serve_within(|limits| {
        limits.body_bytes = 100_000;
        limits.body_time = Duration::from_millis(500);
    });
    let mut endless = connected(&served.place).await;
    let head = format!("{HEAD}transfer-encoding: chunked\r\n\r\n");
    endless.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    let mut sent = 0;
    while sent < 20 << 20 && endless.write_all(chunk.as_bytes()).await.is_ok() {
        sent += chunk.len();
        // It is answered while more would come.
        let mut answer = [0; 12];
        if let Ok(Ok(_)) = timeout(Duration::from_millis(1), endless.peek(&mut answer)).await {
            assert_eq!(&answer, b"HTTP/1.1 413");
            break;
        }
    }
    assert!(sent < 20 << 20, "{sent} bytes were taken");

    let mut slow = connected(&served.place).await;
    let head = format!("{HEAD}content-length: 1000\r\n\r\n{{");
    slow.write_all(head.as_bytes()).await.unwrap();
    let answer = rest(&mut slow).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

/// Waits until no connection is open but the one that asks.
async fn until_alone(place: &Listen) {
    let begun = Instant::now();
    loop {
        let text = get(place, "/metrics").await.text();
        if text.contains("metric_serve_connections 1\n") {
            return;
        }
        assert!(begun.elapsed() < LONG, "{text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_hung_up_on() {
    let served = serve_within(|limits| limits.stall_time = Duration::from_millis(500));
    // Larger than what the system takes on its way.
    let mut query = query();
    query["step"] = 1.into();
    query["group_by"] = json!(["kernel_id"]);
    let body = json!({ "query": query }).to_string();
    for path in ["/v1/query", "/v1/stream"] {
        let mut stalled = connected(&served.place).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stalled.write_all(head.as_bytes()).await.unwrap();
        let mut first = [0; 15];
        stalled.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        until_alone(&served.place).await;
    }
}

#[tokio::test]
async fn no_more_connections_are_served_than_may_be() {
    let served = serve_within(|limits| {
        limits.connections = 2;
        limits.head_time = Duration::from_secs(60);
    });
    let (first, second) = (
        connected(&served.place).await,
        connected(&served.place).await,
    );
    // Taken into the system's queue, and not served.
    let third = get(&served.place, "/healthz");
    assert!(timeout(Duration::from_millis(500), third).await.is_err());
    drop((first, second));
    let third = timeout(LONG, get(&served.place, "/healthz")).await.unwrap();
    assert_eq!(third.status, 200);
}

#[tokio::test]
async fn many_clients_that_misbehave_leave_the_others_alone() {
    let served = serve_within(|limits| limits.head_time = Duration::from_secs(60));
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(connected(&served.place).await);
    }
    let body = json!({ "query": query() });
    let answer = timeout(LONG, post(&served.place, "/v1/query", &body))
        .await
        .unwrap();
    answer.result();
}

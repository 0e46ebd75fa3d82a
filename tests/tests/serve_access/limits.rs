//! The limits of one caller: how much it may send and ask, and that it takes nothing from others.

use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{Request, connect, read, send};
use crate::doors::ordinary;
use crate::setting::{READER_A, Server, Setting, Who, token};

fn of(token: &str) -> Request {
    ordinary("/v1/query").with("Authorization", &format!("Bearer {token}"))
}

/// Starts a server with nothing behind it: what is turned away does not get there.
fn server(more: &str) -> Server {
    Server::start("127.0.0.1:1", more)
}

const SCOPED: &str = "role = \"reader\"\nscope = [\"user_id=u\"]\n";

#[test]
fn who_asks_too_often_is_told_when_to_come_again_and_others_are_not_held_up() {
    let slow = format!("{SCOPED}rate = {{ per_second = 0.01, burst = 3 }}");
    let server =
        server(&(token("slow", "slow-token", &slow) + &token("other", "other-token", &slow)));
    let mut statuses = Vec::new();
    let mut again = None;
    for _ in 0..5 {
        let answer = of("slow-token").send(&server.address).unwrap();
        statuses.push(answer.status);
        again = answer.header("retry-after").map(str::to_owned).or(again);
    }
    assert_eq!(statuses[3..], [429, 429], "{statuses:?}");
    assert!(!statuses[..3].contains(&429), "{statuses:?}");
    let again: u64 = again.unwrap().parse().unwrap();
    assert!((90..=100).contains(&again), "{again}");
    assert_ne!(of("other-token").send(&server.address).unwrap().status, 429);
    // A request that is refused for another reason counts, too.
    let refused = Request::new("/metrics", None).with("Authorization", "Bearer other-token");
    for _ in 0..2 {
        assert_eq!(refused.send(&server.address).unwrap().status, 403);
    }
    assert_eq!(refused.send(&server.address).unwrap().status, 429);
}

#[test]
fn who_has_so_many_under_way_gets_no_more_of_the_places_and_others_get_theirs() {
    let two = format!("{SCOPED}concurrent = 2");
    let server =
        server(&(token("greedy", "greedy-token", &two) + &token("other", "other-token", &two)));
    // Their bodies are yet to come, and each has its place until then.
    let held: Vec<_> = (0..2)
        .map(|_| {
            let mut stream = connect(&server.address);
            let bytes = of("greedy-token").bytes();
            stream.write_all(&bytes[..bytes.len() - 1]).unwrap();
            stream
        })
        .collect();
    let wait = Instant::now();
    while of("greedy-token").send(&server.address).unwrap().status != 429 {
        assert!(
            wait.elapsed() < Duration::from_secs(8),
            "two places are taken"
        );
    }
    let refused = of("greedy-token").send(&server.address).unwrap();
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_ne!(of("other-token").send(&server.address).unwrap().status, 429);
    for mut stream in held {
        stream.write_all(b"}").unwrap();
        assert_ne!(read(&mut stream).unwrap().status, 429);
    }
    assert_ne!(
        of("greedy-token").send(&server.address).unwrap().status,
        429
    );
}

#[test]
fn whatever_is_too_large_is_refused_before_it_is_read() {
    let setting = Setting::shared();
    let address = &setting.both.address;
    let ask = |request: Request| setting.both.ask(Who::ReaderA, &request);
    let large = json!({ "query": "x".repeat(2 << 20) });
    assert_eq!(ask(Request::new("/v1/query", Some(&large))).status, 413);
    // One that says so, and sends nothing.
    let head = format!(
        "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {READER_A}\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n"
    );
    assert_eq!(send(address, head.as_bytes()).unwrap().status, 413);
    let refused = |request: Request| {
        let answer = request.with_all(&Who::ReaderA.headers()).send(address);
        answer.is_none_or(|answer| (400..500).contains(&answer.status))
    };
    assert!(refused(
        ordinary("/v1/query").with("X", &"x".repeat(1 << 20))
    ));
    assert!(refused(
        (0..1000).fold(ordinary("/v1/query"), |request, n| {
            request.with(&format!("X-{n}"), "x")
        })
    ));
    assert!(refused(Request::new(
        &format!("/v1/values/{}", "x".repeat(1 << 20)),
        None
    )));
    assert!(refused(Request::new(
        &format!("/v1/values/{}", "x".repeat(30_000)),
        None
    )));
    assert!(refused(
        Request::new("/v1/query", Some(&json!([]))).with("X-Metric-Scope", &"x".repeat(17 << 10))
    ));
    let mut deep = Request::new("/v1/query", Some(&json!({})));
    deep.body = "[".repeat(500_000);
    assert!(refused(deep));
    // And goes on.
    assert_eq!(ask(ordinary("/v1/query")).status, 200);
}

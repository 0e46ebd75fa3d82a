//! Paths and requests in disguise.

use crate::client::{Request, connect, read, send};
use crate::doors::{PATHS, ordinary};
use crate::setting::{OPERATOR, READER_A, Setting, Who};
use std::io::Write as _;

/// A path in other spellings.
fn disguised(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches('/');
    [
        format!("//{inner}"),
        format!("{path}/"),
        format!("/./{inner}"),
        format!("/x/../{inner}"),
        format!("/%2e/{inner}"),
        format!("/healthz/%2e%2e/{inner}"),
        format!("/healthz/..%2f{inner}"),
        format!("/healthz%2f..%2f{inner}"),
        format!("/%2f{inner}"),
        format!("/{}", inner.to_uppercase()),
        format!("/%{:x}{}", inner.as_bytes()[0], &inner[1..]),
        format!("{path};"),
        format!("/;/{inner}"),
        format!("{path}%00"),
        format!("{path}%20"),
        format!("{path}.json"),
        format!("\\{inner}"),
        format!("/v1/../{inner}"),
        format!("/v1/values/../../{inner}"),
        format!("/v1/values/%2e%2e%2f{inner}"),
    ]
    .into()
}

#[test]
fn no_spelling_of_a_path_opens_another_door() {
    let setting = Setting::shared();
    let paths = PATHS.iter().map(|path| path.path).chain(["/metrics"]);
    for path in paths {
        for target in disguised(path) {
            for who in [Who::Nobody, Who::ReaderA] {
                let request = match path {
                    "/metrics" => Request::new(&target, None),
                    _ => Request {
                        target: target.clone(),
                        ..ordinary("/v1/query")
                    },
                };
                let request = request.with_all(&who.headers());
                let answer = request.send(&setting.both.address);
                let refused = answer.is_none_or(|answer| (400..500).contains(&answer.status));
                assert!(refused, "{who:?} {target}");
            }
        }
    }
    // These are the path itself.
    for target in ["/metrics?", "/metrics?/healthz", "http://localhost/metrics"] {
        let request = Request::new(target, None);
        assert_eq!(
            setting.both.ask(Who::Nobody, &request).status,
            401,
            "{target}"
        );
        assert_eq!(
            setting.both.ask(Who::ReaderA, &request).status,
            403,
            "{target}"
        );
    }
}

#[test]
fn each_request_of_a_connection_is_asked_who_it_is() {
    let setting = Setting::shared();
    let mut stream = connect(&setting.both.address);
    let first = Request::new("/metrics", None).with("Authorization", &format!("Bearer {OPERATOR}"));
    let first = String::from_utf8(first.bytes())
        .unwrap()
        .replace("Connection: close\r\n", "");
    let second = Request::new("/metrics", None);
    stream.write_all(first.as_bytes()).unwrap();
    stream.write_all(&second.bytes()).unwrap();
    let answers = read(&mut stream).unwrap();
    assert_eq!(answers.status, 200);
    assert_eq!(
        answers.body.matches("HTTP/1.1 401").count(),
        1,
        "{}",
        answers.body
    );
}

#[test]
fn a_request_whose_end_two_may_see_elsewhere_is_not_answered() {
    let setting = Setting::shared();
    let hidden = format!(
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {OPERATOR}\r\n\r\n"
    );
    let head = format!(
        "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {READER_A}\r\nContent-Type: application/json\r\n"
    );
    for ends in [
        "Content-Length: 0\r\nContent-Length: 5\r\n",
        "Content-Length: 0, 5\r\n",
        "Content-Length: +0\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x0\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 0\r\n folded\r\n",
        "Authorization: Bearer x\r\n y\r\n",
        "X: a\rb\r\n",
        "X\0: a\r\n",
    ] {
        let answer = send(
            &setting.both.address,
            format!("{head}{ends}\r\n0\r\n\r\n{hidden}").as_bytes(),
        );
        let Some(answer) = answer else { continue };
        assert!((400..500).contains(&answer.status), "{ends:?} {answer:?}");
        assert!(!answer.body.contains("HTTP/1.1 200"), "{ends:?} {answer:?}");
    }
}

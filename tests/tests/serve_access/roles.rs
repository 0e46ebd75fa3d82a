//! Tokens and roles: who is let in, and through which doors.

use serde_json::{Value, json};

use crate::client::Request;
use crate::doors::{Least, PATHS, ordinary};
use crate::setting::{OPERATOR, READER_A, SECRET, SERVICE, Setting, Who, claims, sha256, signed};

fn bearer(token: &str) -> Request {
    ordinary("/v1/query").with("Authorization", &format!("Bearer {token}"))
}

#[test]
fn without_a_token_that_is_known_no_path_answers() {
    let setting = Setting::shared();
    for path in PATHS {
        let request = path.ordinary();
        for method in [
            "GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "QUERY",
        ] {
            for who in [Who::Nobody, Who::Stranger] {
                let refused = setting.both.ask(who, &request.clone().by(method));
                assert_eq!(refused.status, 401, "{method} {}", path.path);
                assert!(
                    refused
                        .header("www-authenticate")
                        .unwrap()
                        .starts_with("Bearer")
                );
            }
        }
    }
}

#[test]
fn what_needs_no_token_is_the_page_its_description_and_whether_it_runs() {
    let setting = Setting::shared();
    for open in ["/", "/openapi.json", "/healthz", "/readyz"] {
        let answer = setting.both.ask(Who::Nobody, &Request::new(open, None));
        assert_eq!(answer.status, 200, "{open} {answer:?}");
        for word in ["127.0.0.1:", "tenant-a", SECRET, "backendai_container"] {
            assert!(
                open == "/openapi.json" || !answer.body.contains(word),
                "{open} {word}"
            );
        }
    }
    let metrics = Request::new("/metrics", None);
    for (who, status) in [
        (Who::Nobody, 401),
        (Who::Stranger, 401),
        (Who::ReaderA, 403),
        (Who::SignedA, 403),
        (Who::ServiceForA, 403),
        (Who::Operator, 200),
    ] {
        assert_eq!(setting.both.ask(who, &metrics).status, status, "{who:?}");
    }
}

#[test]
fn a_role_passes_the_doors_that_it_has_and_no_other() {
    let setting = Setting::shared();
    for path in PATHS {
        let request = path.ordinary();
        let may = path.least == Least::Reader;
        for (who, may) in [
            (Who::ReaderA, may),
            (Who::SignedA, may),
            (Who::ServiceForA, true),
            (Who::Operator, true),
        ] {
            let answer = setting.both.ask(who, &request);
            assert_eq!(
                answer.problem() == "forbidden",
                !may,
                "{who:?} {} {answer:?}",
                path.path
            );
            assert_eq!(
                answer.status == 403,
                !may,
                "{who:?} {} {answer:?}",
                path.path
            );
        }
    }
}

#[test]
fn a_reader_names_no_scope_however_the_header_is_spelled() {
    let setting = Setting::shared();
    let own = setting.both.ask(Who::ReaderA, &ordinary("/v1/query")).body;
    for name in ["x-metric-scope", "X-Metric-Scope", "X-METRIC-SCOPE"] {
        for value in [
            "owner_user_id=tenant-a",
            "owner_user_id=secret-of-b-user",
            "owner_user_id=~.+",
            "",
            "*",
        ] {
            let refused = setting
                .both
                .ask(Who::ReaderA, &ordinary("/v1/query").with(name, value));
            assert!(
                matches!(refused.status, 400 | 403),
                "{name}: {value} {refused:?}"
            );
        }
    }
    // Headers that something else may heed.
    for (name, value) in [
        ("X_Metric_Scope", "owner_user_id=secret-of-b-user"),
        ("X-Metric-Scope-", "owner_user_id=secret-of-b-user"),
        ("X-Forwarded-User", "operator"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("Forwarded", "for=127.0.0.1;host=localhost"),
        ("X-HTTP-Method-Override", "GET"),
        ("X-Method-Override", "DELETE"),
        ("X-Original-URL", "/metrics"),
        ("X-Rewrite-URL", "/v1/presets/execute"),
        ("X-Scope-OrgID", "secret-of-b"),
        (
            "Cookie",
            "token=operator-6f2a9b11; authorization=operator-6f2a9b11",
        ),
        ("Proxy-Authorization", "Bearer operator-6f2a9b11"),
        ("X-Api-Key", "operator-6f2a9b11"),
        ("Range", "bytes=0-10"),
    ] {
        let answer = setting
            .both
            .ask(Who::ReaderA, &ordinary("/v1/query").with(name, value));
        assert_eq!(
            (answer.status, &answer.body),
            (200, &own),
            "{name}: {value}"
        );
    }
}

#[test]
fn what_a_service_names_holds_all_of_it_and_is_not_left_out() {
    let setting = Setting::shared();
    let service = |scopes: &[&str]| {
        let request = scopes
            .iter()
            .fold(bearer(SERVICE), |r, scope| r.with("x-metric-scope", scope));
        request.send(&setting.both.address).unwrap()
    };
    let series = |scopes: &[&str]| {
        let answer = service(scopes);
        assert_eq!(answer.status, 200, "{scopes:?} {answer:?}");
        answer.json()["result"]["answer"]["series"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(series(&["owner_user_id=tenant-a"]), 1);
    assert_eq!(series(&["owner_user_id=~tenant-a|secret-of-b-user"]), 2);
    // All of it holds, so that one that is added only takes away.
    assert_eq!(
        series(&["owner_user_id=tenant-a", "owner_user_id=secret-of-b-user"]),
        0
    );
    assert_eq!(
        series(&[
            "owner_user_id=~tenant-a|secret-of-b-user",
            "owner_project_id=project-a"
        ]),
        1
    );
    // Two headers that a proxy has joined are the name of nobody.
    assert_eq!(
        series(&["owner_user_id=tenant-a, owner_user_id=secret-of-b-user"]),
        0
    );
    for none in [
        &[][..],
        &[""],
        &["*"],
        &["owner_user_id"],
        &["owner_user_id="],
        &["owner_user_id=~.*"],
        &["owner_user_id=~"],
        &["owner_user_id!=x"],
        &["owner_user_id!~x"],
        &["owner_user_id=~(a|"],
        &["owner_user_id=\"tenant-a\""],
        &["{owner_user_id=\"tenant-a\"}"],
        &["__name__=up"],
        &["owner_user_id=tenant-a", ""],
    ] {
        let refused = service(none);
        assert_eq!(refused.status, 400, "{none:?} {refused:?}");
    }
}

#[test]
fn a_token_is_one_whole_header_and_stands_nowhere_else() {
    let setting = Setting::shared();
    let send = |request: Request| request.send(&setting.both.address).unwrap();
    let two = ordinary("/v1/query")
        .with("Authorization", &format!("Bearer {READER_A}"))
        .with("authorization", &format!("Bearer {OPERATOR}"));
    assert_eq!(send(two).status, 400);
    for value in [
        format!("Bearer {READER_A}, Bearer {OPERATOR}"),
        format!("Bearer {READER_A} {OPERATOR}"),
        format!("Basic {OPERATOR}"),
        OPERATOR.to_owned(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Token {OPERATOR}"),
    ] {
        assert_eq!(
            send(ordinary("/v1/query").with("Authorization", &value)).status,
            400,
            "{value}"
        );
    }
    let long = format!("Bearer {}", "a".repeat((8 << 10) + 1));
    assert_eq!(
        send(ordinary("/v1/query").with("Authorization", &long)).status,
        400
    );
    for guess in [
        &READER_A.to_uppercase(),
        &READER_A[1..],
        &sha256(OPERATOR),
        "reader",
        "a",
        "operator",
        "manager",
    ] {
        assert_eq!(send(bearer(guess)).status, 401, "{guess}");
    }
    let target = format!("/v1/metrics?access_token={OPERATOR}&token={OPERATOR}");
    assert_eq!(send(Request::new(&target, None)).status, 401);
    let inside = json!({ "access_token": OPERATOR, "authorization": format!("Bearer {OPERATOR}") });
    assert_eq!(send(Request::new("/v1/query", Some(&inside))).status, 401);
}

#[test]
fn a_signed_token_is_good_as_it_was_issued_and_in_no_other_way() {
    let setting = Setting::shared();
    let send = |token: &str| bearer(token).send(&setting.both.address).unwrap();
    assert_eq!(send(&signed(&claims("tenant-a"))).status, 200);
    let with = |name: &str, value: Value| {
        let mut claims = claims("tenant-a");
        claims[name] = value;
        signed(&claims)
    };
    let expired = send(&with("exp", json!(1)));
    assert_eq!(
        (expired.status, expired.problem().as_str()),
        (401, "expired-token")
    );
    for (name, value) in [
        ("exp", Value::Null),
        ("exp", json!("never")),
        ("nbf", json!(9_999_999_999_u64)),
        ("aud", json!("other")),
        ("iss", json!("other")),
        ("role", json!("root")),
        ("sub", json!("")),
    ] {
        let refused = send(&with(name, value.clone()));
        assert_eq!(
            (refused.status, refused.problem().as_str()),
            (401, "unknown-token"),
            "{name} {value}"
        );
    }
    let unbound = send(&with("scope", json!([])));
    assert_eq!(
        (unbound.status, unbound.problem().as_str()),
        (403, "no-scope")
    );
    let [_, payload, signature] = token_parts(&signed(&claims("tenant-a")));
    let [_, others, _] = token_parts(&signed(&claims("secret-of-b-user")));
    // {"alg":"none"} and {"alg":"HS256"}
    let (none, hs256) = ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9");
    for forged in [
        format!("{none}.{others}."),
        format!("{none}.{others}.{signature}"),
        format!("{hs256}.{others}.{signature}"),
        format!("{hs256}.{payload}."),
        format!("..{signature}"),
    ] {
        assert_eq!(send(&forged).status, 401, "{forged}");
    }
}

fn token_parts(token: &str) -> [String; 3] {
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

//! Hosts and origins: what a page of somebody else's has a browser send.

use crate::client::Request;
use crate::doors::ordinary;
use crate::setting::{Setting, Who};

#[test]
fn a_name_that_somebody_made_lead_here_is_not_answered() {
    let setting = Setting::shared();
    let for_host = |host: &str| {
        let request = ordinary("/v1/query").without("Host").with("Host", host);
        setting.both.ask(Who::ReaderA, &request)
    };
    for own in ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8480"] {
        assert_eq!(for_host(own).status, 200, "{own}");
    }
    for other in [
        "evil.example",
        "evil.example:8480",
        "localhost.evil.example",
        "127.0.0.1.nip.io",
        "10.0.0.1",
        "localhost@evil.example",
        "",
    ] {
        let refused = for_host(other);
        assert_eq!(
            (refused.status, refused.problem().as_str()),
            (403, "other-host"),
            "{other}"
        );
        for open in ["/", "/healthz", "/openapi.json", "/page.js"] {
            let request = Request::new(open, None).without("Host").with("Host", other);
            assert_eq!(
                setting.both.ask(Who::Nobody, &request).status,
                403,
                "{open}"
            );
        }
    }
    let twice = ordinary("/v1/query").with("Host", "localhost");
    assert!(
        twice
            .send(&setting.both.address)
            .is_none_or(|refused| matches!(refused.status, 400 | 403))
    );
    let none = ordinary("/v1/query")
        .without("Host")
        .send(&setting.both.address);
    assert!(none.is_none_or(|refused| matches!(refused.status, 400 | 403)));
}

#[test]
fn a_target_that_names_a_host_is_held_to_it() {
    let setting = Setting::shared();
    let mut request = ordinary("/v1/query");
    request.target = "http://evil.example/v1/query".to_owned();
    assert_eq!(setting.both.ask(Who::ReaderA, &request).status, 403);
    request.target = "http://localhost/v1/query".to_owned();
    assert_eq!(setting.both.ask(Who::ReaderA, &request).status, 200);
    let other = request.without("Host").with("Host", "evil.example");
    assert_eq!(setting.both.ask(Who::ReaderA, &other).status, 403);
}

#[test]
fn a_page_of_another_origin_is_not_answered_and_no_answer_is_shared_with_one() {
    let setting = Setting::shared();
    for origin in [
        "null",
        "http://evil.example",
        "http://localhost:1",
        "https://localhost.evil.example",
    ] {
        for request in [
            ordinary("/v1/query"),
            Request::new("/v1/metrics", None),
            Request::new("/", None),
        ] {
            let request = request.with("Origin", origin);
            let refused = setting.both.ask(Who::ReaderA, &request);
            assert_eq!(
                (refused.status, refused.problem().as_str()),
                (403, "other-origin"),
                "{origin}"
            );
            // The preflight that a browser sends before such a request.
            let before = request
                .by("OPTIONS")
                .with("Access-Control-Request-Method", "POST")
                .with("Access-Control-Request-Headers", "authorization");
            assert_eq!(
                setting.both.ask(Who::Nobody, &before).status,
                403,
                "{origin}"
            );
        }
    }
    for site in ["cross-site", "same-site"] {
        let embedded = Request::new("/v1/metrics", None).with("Sec-Fetch-Site", site);
        assert_eq!(setting.both.ask(Who::ReaderA, &embedded).status, 403);
        let link = Request::new("/", None).with("Sec-Fetch-Site", site);
        assert_eq!(setting.both.ask(Who::Nobody, &link).status, 200);
    }
    let own = ordinary("/v1/query")
        .with("Origin", "http://localhost")
        .with("Sec-Fetch-Site", "same-origin");
    assert_eq!(setting.both.ask(Who::ReaderA, &own).status, 200);
}

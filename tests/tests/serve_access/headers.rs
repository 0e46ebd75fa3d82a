//! The headers that every answer has for a browser.

use crate::client::Request;
use crate::doors::PATHS;
use crate::setting::{Setting, Who};

#[test]
fn every_answer_keeps_a_browser_from_doing_more_with_it() {
    let setting = Setting::shared();
    let get = |target: &str| Request::new(target, None);
    let mut answers = vec![
        setting.both.ask(Who::Nobody, &get("/nowhere")),
        setting.both.ask(Who::Nobody, &get("/v1/query")),
        setting.both.ask(Who::Nobody, &get("/healthz")),
        setting.both.ask(Who::Nobody, &get("/openapi.json")),
        setting.both.ask(Who::Operator, &get("/metrics")),
        setting
            .both
            .ask(Who::Nobody, &get("/").with("Origin", "http://evil.example")),
    ];
    for path in PATHS {
        answers.push(setting.both.ask(Who::ReaderA, &path.ordinary()));
    }
    let page = setting.both.ask(Who::Nobody, &get("/"));
    let policy = page.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(
        !policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"),
        "{policy}"
    );
    answers.push(page);
    for answer in answers {
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{answer:?}"
        );
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(
            answer.header("cross-origin-resource-policy"),
            Some("same-origin")
        );
        assert!(answer.header("x-request-id").is_some());
        for (name, _) in &answer.headers {
            let unwanted = name.starts_with("access-control-")
                || matches!(name.as_str(), "set-cookie" | "server");
            assert!(!unwanted, "{answer:?}");
        }
    }
}

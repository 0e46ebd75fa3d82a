//! Two tenants, every verb, every door.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::client::{Request, Response};
use crate::doors::{Least, PATHS};
use crate::setting::{SECRET, SECRET_VALUES, Setting, Who};

/// The parts of an answer that are the same each time.
fn said(response: &Response) -> (u16, Vec<(String, String)>, String) {
    let mut headers = response.headers.clone();
    headers.retain(|(name, _)| name != "date" && name != "x-request-id");
    let id = response.header("x-request-id").unwrap_or("none");
    (response.status, headers, response.body.replace(id, "ID"))
}

/// Returns true if something of the second tenant's is in it that was not in the request.
fn shows_the_other(request: &Request, response: &Response) -> bool {
    let said = format!("{:?} {}", response.headers, response.body);
    let asked = format!("{request:?}");
    let values = SECRET_VALUES.iter().any(|value| said.contains(value));
    values || (said.contains(SECRET) && !asked.contains(SECRET))
}

#[test]
fn every_path_of_the_api_is_tried() {
    let setting = Setting::shared();
    let document = setting
        .both
        .ask(Who::Nobody, &Request::new("/openapi.json", None))
        .json();
    let served: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let served: BTreeSet<&str> = served
        .iter()
        .map(String::as_str)
        .filter(|path| path.starts_with("/v1"))
        .collect();
    let tried: BTreeSet<&str> = PATHS.iter().map(|path| path.path).collect();
    assert_eq!(served, tried);
    for path in PATHS {
        assert!(!(path.requests)(path.path).is_empty(), "{}", path.path);
    }
}

#[test]
fn no_tenant_sees_a_difference_whether_the_other_exists() {
    let setting = Setting::shared();
    let mut differences = Vec::new();
    for path in PATHS {
        let mut was_shown = false;
        for request in (path.requests)(path.path) {
            // Those who may see it ask first: it lies in the caches by then.
            let all = setting.both.ask(Who::Operator, &request);
            was_shown |= all.status == 200 && shows_the_other(&request, &all);
            setting.both.ask(Who::ReaderB, &request);
            for who in Who::TENANT_A {
                let with = setting.both.ask(who, &request);
                let without = setting.alone.ask(who, &request);
                if said(&with) != said(&without) || shows_the_other(&request, &with) {
                    differences.push(format!("{who:?} {request:?}\n  {with:?}\n  {without:?}"));
                }
            }
        }
        // A path that shows nothing to anybody would prove nothing.
        assert_eq!(was_shown, path.shows, "{}", path.path);
    }
    assert!(
        differences.is_empty(),
        "{} differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

#[test]
fn each_tenant_is_answered_with_its_own() {
    let setting = Setting::shared();
    for path in PATHS.iter().filter(|path| path.shows) {
        let answers: Vec<(u16, Value)> = [Who::ServiceForA, Who::Operator]
            .map(|who| {
                // The first is an ordinary question.
                let answer = setting.both.ask(who, &path.ordinary());
                (
                    answer.status,
                    answer
                        .body
                        .lines()
                        .map(|line| serde_json::from_str::<Value>(line).unwrap())
                        .collect(),
                )
            })
            .into();
        assert_eq!(answers[0].0, 200, "{} {:?}", path.path, answers[0]);
        if path.least == Least::Reader {
            let own = setting.both.ask(Who::ReaderA, &path.ordinary());
            let signed = setting.both.ask(Who::SignedA, &path.ordinary());
            assert_eq!((own.status, signed.status), (200, 200), "{}", path.path);
        }
    }
}

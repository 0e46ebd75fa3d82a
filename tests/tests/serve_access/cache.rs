//! The answers that are kept, here and by those who ask: an answer of one is never the other's.

use serde_json::json;

use crate::client::Request;
use crate::doors::{PATHS, ordinary};
use crate::setting::{Setting, Who};

#[test]
fn a_tag_of_anothers_answer_is_none_of_ones_own() {
    let setting = Setting::shared();
    let mut tagged = 0;
    for path in PATHS.iter().filter(|path| path.shows) {
        let request = ordinary(path.path);
        let tags: Vec<Option<String>> = [Who::Operator, Who::ReaderB]
            .map(|who| {
                setting
                    .both
                    .ask(who, &request)
                    .header("etag")
                    .map(str::to_owned)
            })
            .into();
        for tag in tags.into_iter().flatten() {
            tagged += 1;
            for who in Who::TENANT_A {
                let plain = setting.both.ask(who, &request);
                let asked = setting
                    .both
                    .ask(who, &request.clone().with("If-None-Match", &tag));
                assert_eq!(asked.status, plain.status, "{who:?} {}", path.path);
                assert_eq!(asked.header("etag"), plain.header("etag"), "{}", path.path);
                assert_ne!(plain.header("etag"), Some(tag.as_str()), "{}", path.path);
            }
        }
    }
    assert!(tagged > 4, "{tagged}");
}

#[test]
fn ones_own_tag_saves_the_body_and_tells_nobody_else_to_keep_it() {
    let setting = Setting::shared();
    let request = ordinary("/v1/query");
    for who in Who::TENANT_A {
        let answer = setting.both.ask(who, &request);
        assert!(answer.header("cache-control").unwrap().contains("private"));
        let vary = answer.header("vary").unwrap().to_ascii_lowercase();
        assert!(
            vary.contains("authorization") && vary.contains("x-metric-scope"),
            "{vary}"
        );
        let tag = answer.header("etag").unwrap();
        let again = setting
            .both
            .ask(who, &request.clone().with("If-None-Match", tag));
        assert_eq!((again.status, again.body.as_str()), (304, ""));
    }
}

#[test]
fn what_is_refused_is_kept_by_nobody() {
    let setting = Setting::shared();
    let wrong = Request::new("/v1/query", Some(&json!({ "query": 1 })));
    for (who, request) in [
        (Who::Nobody, ordinary("/v1/query")),
        (Who::Stranger, ordinary("/v1/query")),
        (Who::ReaderA, ordinary("/v1/presets/execute")),
        (Who::ReaderA, wrong),
    ] {
        let refused = setting.both.ask(who, &request.with("If-None-Match", "*"));
        assert!((400..500).contains(&refused.status), "{refused:?}");
        assert_eq!(refused.header("etag"), None);
        let kept = refused.header("cache-control").unwrap_or("no-store");
        assert_eq!(kept, "no-store", "{refused:?}");
    }
}

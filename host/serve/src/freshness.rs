//! The time that a client may keep an answer: `ETag` and `Cache-Control`.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{
    HeaderMap, HeaderValue,
    header::{IF_NONE_MATCH, VARY},
};
use ring::digest::{SHA256, digest};
use serde::Deserialize;

/// Seconds that data may arrive late where a request does not say. From the contract.
const FRESHNESS: u32 = 600;
/// An answer that is final. An hour, for it is kept by one whose token may be withdrawn.
const FINAL: HeaderValue = HeaderValue::from_static("private, max-age=3600");
/// One that may change: asked for again, and sent again where it has changed.
const CHANGING: HeaderValue = HeaderValue::from_static("private, no-cache");
/// The headers that an answer depends on, besides path and body.
const DEPENDS_ON: HeaderValue = HeaderValue::from_static("authorization, x-metric-scope");
/// Of a digest, so many bytes tell answers apart.
const TAG_BYTES: usize = 16;

/// The tag of a text. A weak one: compressed or not, it is the same answer.
pub(crate) fn tag(text: &str) -> HeaderValue {
    let digest = digest(&SHA256, text.as_bytes());
    let head = digest.as_ref().get(..TAG_BYTES).unwrap_or_default();
    let tag = format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(head));
    HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("W/\"\""))
}

/// Returns true if the client has it already.
pub(crate) fn has(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let strong = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    let Ok(tag) = tag.to_str().map(strong) else {
        return false;
    };
    let lists = headers.get_all(IF_NONE_MATCH).iter();
    let lists = lists.filter_map(|list| list.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .any(|one| strong(one) == tag || one.trim() == "*")
}

/// The header that says how long an answer whose ranges end at `whole_until` may be kept. `request` says how late data
/// may arrive.
pub(crate) fn cache_control(whole_until: Option<i64>, request: &str) -> HeaderValue {
    match (whole_until, now()) {
        (Some(end), Some(now)) if is_final(end, now, lateness(request)) => FINAL,
        _ => CHANGING,
    }
}

pub(crate) fn vary(headers: &mut HeaderMap) {
    headers.insert(VARY, DEPENDS_ON);
}

fn is_final(end: i64, now: i64, lateness: u32) -> bool {
    now.saturating_sub(end) > i64::from(lateness) * 1000
}

fn now() -> Option<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

/// Seconds that data may arrive late, by `options.freshness` of a request that was answered.
fn lateness(request: &str) -> u32 {
    #[derive(Deserialize)]
    struct Request {
        options: Option<Options>,
    }
    #[derive(Deserialize)]
    struct Options {
        freshness: Option<u32>,
    }
    let read = serde_json::from_str::<Request>(request).ok();
    let freshness = read.and_then(|request| request.options?.freshness);
    freshness.unwrap_or(FRESHNESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_again_whatever_list_it_stands_in() {
        let own = tag("answer");
        let text = own.to_str().unwrap().to_owned();
        let has_own = |value: &str| {
            let value = HeaderValue::from_str(value).unwrap();
            has(&HeaderMap::from_iter([(IF_NONE_MATCH, value)]), &own)
        };
        assert!(has_own(&text) && has_own(&format!("\"x\", {text}")) && has_own("*"));
        assert!(has_own(text.trim_start_matches("W/")));
        assert!(!has_own("\"x\"") && !has_own("") && !has_own("W/"));
        assert_ne!(tag("answer"), tag("another"));
        assert!(!has(&HeaderMap::new(), &own));
    }

    #[test]
    fn an_answer_is_final_when_no_data_of_it_can_arrive_late() {
        assert!(!is_final(0, 600_000, FRESHNESS));
        assert!(is_final(0, 600_001, FRESHNESS));
        assert!(!is_final(5, 0, 0));
        assert_eq!(lateness(r#"{"options": {"freshness": 5}, "query": {}}"#), 5);
        for request in [r#"{"options": {}}"#, "{}", r#"{"options": null}"#] {
            assert_eq!(lateness(request), FRESHNESS);
        }
        assert_eq!(cache_control(Some(0), "{}"), FINAL);
        assert_eq!(cache_control(None, "{}"), CHANGING);
        assert_eq!(cache_control(Some(i64::MAX), "{}"), CHANGING);
    }
}

//! The freshness of the answer to a request: what the plugin says in a header, and what the host makes of it.
//!
//! The plugin is not believed. That an answer is final, and from when on, is read off the request itself; the plugin
//! can only make it later.
//!
//! | request                             | plugin     | kept                                                     |
//! |-------------------------------------|------------|----------------------------------------------------------|
//! | `query_range`, understood (below)   | `final-at` | if it is sent [`freshness`](CacheOptions) after its `end`, and not before that instant |
//! | `labels`, `series`, `label/…/values`| `max-age`  | so long, and [`names_age`](CacheOptions) at most         |
//! | `query`                             | `max-age`  | so long, and 5 s at most: those who ask together share it |
//! | anything else                       |            | never                                                    |
//!
//! A `query_range` is understood if it has `query`, `start`, `end` and `step`, each once, and nothing else but `timeout`;
//! in a form or a URL that no server can read in another way; its times in Unix seconds that every server takes for
//! such, the first not after the last; and its query is settled by its last instant (`settled.rs`). To VictoriaMetrics
//! four digits are a year, a negative number is so long ago, and a start after the end moves the end.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header::CONTENT_TYPE};

use super::settled::is_settled;
use crate::config::cache::CacheOptions;

/// The header in which the plugin says it. It never leaves the host: `egress/policy.rs` lets through what it knows.
const HEADER: HeaderName = HeaderName::from_static("x-metric-cache");

/// The plugin's cache hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheHint {
    /// Its data can no longer change from that instant on, Unix seconds.
    FinalAt(i64),
    /// It may be so many seconds old.
    MaxAge(u32),
}

impl CacheHint {
    /// None: it says nothing, or nothing that can be read.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(HEADER).iter();
        let (Some(only), None) = (values.next(), values.next()) else {
            return None;
        };
        match only.to_str().ok()?.split_once('=')? {
            ("final-at", instant) => Some(Self::FinalAt(instant.parse().ok()?)),
            ("max-age", seconds) => Some(Self::MaxAge(seconds.parse().ok()?)),
            _ => None,
        }
    }
}

/// The time that an answer may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Freshness {
    /// As long as any answer, if it was asked for at that instant or later.
    FinalAt(i64),
    /// For this time.
    For(Duration),
}

impl Freshness {
    /// None: it may not be kept.
    pub(super) fn of(
        keep: CacheHint,
        request: &Request<Bytes>,
        options: &CacheOptions,
    ) -> Option<Self> {
        let (_, endpoint) = request.uri().path().rsplit_once("/api/v1/")?;
        match (endpoint, keep) {
            ("query_range", CacheHint::FinalAt(instant)) => {
                let late = i64::try_from(options.freshness.as_secs()).ok()?;
                let settled = last_instant(request)?.checked_add(late)?;
                Some(Self::FinalAt(settled.max(instant)))
            }
            (_, CacheHint::MaxAge(seconds)) if names_resource(endpoint) => {
                let age = Duration::from_secs(seconds.into()).min(options.names_age);
                (!age.is_zero()).then_some(Self::For(age))
            }
            ("query", CacheHint::MaxAge(seconds)) => {
                let age = Duration::from_secs(seconds.into()).min(INSTANT_AGE);
                (!age.is_zero()).then_some(Self::For(age))
            }
            _ => None,
        }
    }
}

/// The oldest that an answer of an instant may be, whatever the plugin says: younger than the next scrape.
const INSTANT_AGE: Duration = Duration::from_secs(5);

fn names_resource(endpoint: &str) -> bool {
    endpoint == "labels" || endpoint == "series" || endpoint.starts_with("label/")
}

/// The parameters for backends beside the query, which move no instant. An answer that they say is partial is not kept.
const OF_BACKENDS: [(&str, &str); 5] = [
    ("partial_response", "false"),
    ("partial_response", "true"),
    ("dedup", "true"),
    ("max_source_resolution", "0s"),
    ("deny_partial_response", "1"),
];

/// The last instant that an answer can depend on, Unix seconds. None: it is not certain.
fn last_instant(request: &Request<Bytes>) -> Option<i64> {
    let form = match *request.method() {
        Method::GET if request.body().is_empty() => &[][..],
        Method::POST if is_form(request.headers()) => &**request.body(),
        _ => return None,
    };
    let in_url = request.uri().query().unwrap_or_default();
    let [mut query, mut start, mut end, mut step, mut timeout] = [const { None }; 5];
    for (name, value) in
        form_urlencoded::parse(in_url.as_bytes()).chain(form_urlencoded::parse(form))
    {
        let seen = match &*name {
            "query" => &mut query,
            "start" => &mut start,
            "end" => &mut end,
            "step" => &mut step,
            "timeout" => &mut timeout,
            _ if OF_BACKENDS.contains(&(&*name, &*value)) => continue,
            _ => return None,
        }
        .replace(value);
        if seen.is_some() {
            return None;
        }
    }
    let (start, end) = (instant(&start?)?, instant(&end?)?);
    (start <= end && number(&step?).is_some() && is_settled(&query?)).then_some(end)
}

/// An instant in Unix seconds, of 9 or 10 digits: from 1973 to 2286. Fewer are a year to some servers, more are
/// milliseconds.
fn instant(text: &str) -> Option<i64> {
    let instant = matches!(text.len(), 9 | 10).then(|| number(text))?;
    instant.filter(|_| !text.starts_with('0'))
}

/// Digits and nothing else.
fn number(text: &str) -> Option<i64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// Returns true if the body can be read as a form only.
fn is_form(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    types.next()
        == Some(&HeaderValue::from_static(
            "application/x-www-form-urlencoded",
        ))
        && types.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn request(target: &str, form: Option<(&str, &str)>) -> Request<Bytes> {
        let uri = format!("http://prometheus:9090{target}");
        match form {
            None => Request::get(uri).body(Bytes::new()).unwrap(),
            Some((content_type, body)) => Request::post(uri)
                .header("content-type", content_type)
                .body(Bytes::copy_from_slice(body.as_bytes()))
                .unwrap(),
        }
    }

    fn range(body: &str) -> Option<Freshness> {
        let request = request("/prefix/api/v1/query_range", Some((FORM, body)));
        Freshness::of(CacheHint::FinalAt(0), &request, &CacheOptions::default())
    }

    fn said(values: &[&'static str]) -> Option<CacheHint> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_static(value));
        }
        CacheHint::of(&headers)
    }

    #[test]
    fn what_the_plugin_says_is_read_strictly() {
        assert_eq!(said(&["final-at=1700"]), Some(CacheHint::FinalAt(1700)));
        assert_eq!(said(&["final-at=-5"]), Some(CacheHint::FinalAt(-5)));
        assert_eq!(said(&["max-age=30"]), Some(CacheHint::MaxAge(30)));
        for nonsense in [
            &[][..],
            &[""],
            &["final-at"],
            &["final-at="],
            &["final-at=1.5"],
            &["max-age=-1"],
            &["max-age=99999999999"],
            &["Max-Age=1"],
            &["max-age=1", "max-age=1"],
        ] {
            assert_eq!(said(nonsense), None, "{nonsense:?}");
        }
    }

    #[test]
    fn an_answer_is_final_when_the_host_says_so_and_the_plugin_can_only_make_it_later() {
        let request = request(
            "/api/v1/query_range",
            Some((FORM, "query=up&start=1600000000&end=1700000000&step=10")),
        );
        let life = |instant| {
            Freshness::of(
                CacheHint::FinalAt(instant),
                &request,
                &CacheOptions::default(),
            )
        };
        assert_eq!(life(i64::MIN), Some(Freshness::FinalAt(1_700_000_600)));
        assert_eq!(life(1_700_000_700), Some(Freshness::FinalAt(1_700_000_700)));
    }

    #[test]
    fn a_request_that_a_server_may_read_in_another_way_is_not_kept() {
        const GOOD: &str = "query=up&start=1600000000&end=1700000000&step=30";
        let final_at = Some(Freshness::FinalAt(1_700_000_600));
        assert_eq!(range(GOOD), final_at);
        assert_eq!(range(&format!("{GOOD}&timeout=30s")), final_at);
        assert_eq!(range(&GOOD.replace("16", "17")), final_at);
        for (part, instead) in [
            ("query=up&", ""),
            ("query=up", "query=now()"),
            ("query=up", "query=up+offset+-1h"),
            ("start=1600000000&", ""),
            // VictoriaMetrics moves the end to five minutes after it.
            ("start=1600000000", "start=1700000001"),
            ("start=1600000000", "start=-5"),
            ("start=1600000000", "start=0"),
            ("start=1600000000", "start=0160000000"),
            ("&step=30", ""),
            ("step=30", "step=1m"),
            ("step=30", "step="),
            ("&end=1700000000", ""),
            ("end=1700000000", "end="),
            // A year, and so long ago.
            ("end=1700000000", "end=2030"),
            ("end=1700000000", "end=-5"),
            ("end=1700000000", "end=%2B170000000"),
            ("end=1700000000", "end=1700000000000"),
            ("end=1700000000", "end=1700000000.5"),
            ("end=1700000000", "end=2023-11-14T22:13:20Z"),
            ("end=1700000000", "end=1700000000&end=1700000000"),
            ("end=1700000000", "end=1700000000&%65nd=1700000000"),
            ("step=30", "step=30&query=up"),
            ("step=30", "step=30&nocache=1"),
            ("step=30", "step=30&lookback_delta=1d"),
            ("step=30", "step=30&extra_label=a%3Db"),
        ] {
            let changed = GOOD.replacen(part, instead, 1);
            assert_ne!(changed, GOOD, "{part}");
            assert_eq!(range(&changed), None, "{changed}");
        }
    }

    #[test]
    fn a_body_that_a_server_may_read_in_another_way_is_not_kept() {
        let target = "/api/v1/query_range?query=up&start=1600000000&end=1700000000&step=30";
        let life =
            |request| Freshness::of(CacheHint::FinalAt(0), &request, &CacheOptions::default());
        assert!(life(request(target, None)).is_some());
        let multipart =
            "--x\r\ncontent-disposition: form-data; name=\"end\"\r\n\r\n1800000000\r\n--x--";
        for content_type in [
            "multipart/form-data; boundary=x",
            "application/json",
            "application/x-www-form-urlencoded; charset=utf-16",
        ] {
            let request = request(target, Some((content_type, multipart)));
            assert_eq!(life(request), None, "{content_type}");
        }
        let mut with_body = request(target, None);
        *with_body.body_mut() = Bytes::from_static(b"end=1700000001");
        assert_eq!(life(with_body), None);
        // In the URL and in the form: which one counts is the server's business.
        assert_eq!(life(request(target, Some((FORM, "end=1700000001")))), None);
    }

    #[test]
    fn names_and_instants_live_as_long_as_the_plugin_says_and_the_host_allows() {
        let life = |target, keep| {
            let request = request(target, None);
            Freshness::of(keep, &request, &CacheOptions::default())
        };
        let seconds = |n| Some(Freshness::For(Duration::from_secs(n)));
        let values = "/api/v1/label/metric/values?match[]=up";
        assert_eq!(life(values, CacheHint::MaxAge(30)), seconds(30));
        assert_eq!(life(values, CacheHint::MaxAge(u32::MAX)), seconds(60));
        assert_eq!(life(values, CacheHint::MaxAge(0)), None);
        assert_eq!(life("/api/v1/labels", CacheHint::MaxAge(5)), seconds(5));
        // A life by the clock is for names, and a final one for ranges.
        assert_eq!(life(values, CacheHint::FinalAt(0)), None);
        let range = "/api/v1/query_range?query=up&start=1600000000&end=1700000000&step=30";
        assert_eq!(life(range, CacheHint::MaxAge(30)), None);
        let instant = "/api/v1/query?query=up";
        assert_eq!(life(instant, CacheHint::MaxAge(30)), seconds(5));
        assert_eq!(life(instant, CacheHint::MaxAge(2)), seconds(2));
        assert_eq!(life(instant, CacheHint::MaxAge(0)), None);
        assert_eq!(life("/api/v1/query?query=up", CacheHint::FinalAt(0)), None);
    }
}

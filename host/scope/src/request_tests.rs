//! Tests of requests, and of parameters in places where they are not looked for.

use super::*;

const ORIGIN: &str = "http://prometheus:9090/prefix";

struct Sent {
    target: String,
    body: String,
    content_type: Option<String>,
}

fn request(method: &str, target: &str, content_type: &[&str], body: &str) -> Request<Bytes> {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("{ORIGIN}{target}"));
    for value in content_type {
        request = request.header(CONTENT_TYPE, *value);
    }
    request.body(Bytes::from(body.to_owned())).unwrap()
}

fn enforce(request: Request<Bytes>) -> Result<Sent, ScopeRefusal> {
    let (head, body) = Scope::equal("user", "a")
        .unwrap()
        .enforce(request)?
        .into_parts();
    let target = head.uri.to_string();
    Ok(Sent {
        target: target.strip_prefix(ORIGIN).unwrap().to_owned(),
        body: String::from_utf8(body.to_vec()).unwrap(),
        content_type: head
            .headers
            .get(CONTENT_TYPE)
            .map(|value| value.to_str().unwrap().to_owned()),
    })
}

fn get(target: &str) -> Result<String, ScopeRefusal> {
    enforce(request("GET", target, &[], "")).map(|sent| {
        assert_eq!((sent.body.as_str(), sent.content_type), ("", None));
        sent.target
    })
}

fn post(target: &str, body: &str) -> Result<String, ScopeRefusal> {
    enforce(request("POST", target, &[FORM], body)).map(|sent| {
        assert!(!sent.target.contains('?'), "{}", sent.target);
        assert_eq!(sent.content_type.as_deref(), Some(FORM));
        sent.body
    })
}

#[test]
fn the_query_is_narrowed_in_the_url_and_in_the_form() {
    assert_eq!(
        get("/api/v1/query?query=up&time=1").as_deref(),
        Ok("/api/v1/query?query=up%7Buser%3D%22a%22%7D&time=1")
    );
    assert_eq!(
        post("/api/v1/query_range", "query=a%2Bb&start=1&end=2&step=30").as_deref(),
        Ok("query=a%7Buser%3D%22a%22%7D+%2B+b%7Buser%3D%22a%22%7D&start=1&end=2&step=30")
    );
}

#[test]
fn what_stands_in_the_url_of_a_post_moves_to_the_form() {
    assert_eq!(
        post("/api/v1/query?query=up", "time=1").as_deref(),
        Ok("query=up%7Buser%3D%22a%22%7D&time=1")
    );
    assert_eq!(
        post("/api/v1/query?time=1&query=up", "").as_deref(),
        Ok("time=1&query=up%7Buser%3D%22a%22%7D")
    );
}

#[test]
fn a_parameter_that_is_given_twice_is_refused_wherever_it_stands() {
    let refused = Err(ScopeRefusal::RepeatedParameter(QUERY));
    assert_eq!(get("/api/v1/query?query=a&query=b"), refused);
    assert_eq!(get("/api/v1/query?query=a&%71uery=b"), refused);
    assert_eq!(post("/api/v1/query", "query=a&query=b"), refused);
    assert_eq!(post("/api/v1/query?query=a", "query=b"), refused);
    assert_eq!(
        post("/api/v1/query_range?start=1", "query=a&start=2"),
        Err(ScopeRefusal::RepeatedParameter("start"))
    );
}

#[test]
fn an_unknown_parameter_is_refused() {
    for name in [
        "Query",
        "QUERY",
        "query[]",
        "query ",
        " query",
        "match",
        "match[]",
        "extra_label",
        "extra_filters[]",
        "tenant",
        "stats",
        "engine",
        "lookback_delta",
        "",
    ] {
        let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        assert_eq!(
            get(&format!("/api/v1/query?query=a&{encoded}=b")),
            Err(ScopeRefusal::UnknownParameter),
            "{name}"
        );
    }
    // Some servers take `;` for `&`.
    assert_eq!(
        get("/api/v1/query?query=a;query=b"),
        Err(ScopeRefusal::NotPromql)
    );
}

#[test]
fn a_query_without_a_query_is_refused() {
    assert_eq!(get("/api/v1/query"), Err(ScopeRefusal::MissingQuery));
    assert_eq!(
        post("/api/v1/query_range", "start=1"),
        Err(ScopeRefusal::MissingQuery)
    );
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    for encoded in [
        "query=%ff",
        "query=up%c3",
        "query=up&%ff=1",
        "query=%ef%bf%bd",
    ] {
        assert_eq!(
            get(&format!("/api/v1/query?{encoded}")),
            Err(ScopeRefusal::NotUtf8)
        );
    }
}

#[test]
fn a_body_that_is_not_the_form_of_a_post_is_refused() {
    let target = "/api/v1/query?query=up";
    for (method, content_type) in [
        ("GET", &[FORM][..]),
        ("POST", &[]),
        ("POST", &["application/json"]),
        ("POST", &["multipart/form-data; boundary=x"]),
        ("POST", &[FORM, FORM]),
        ("POST", &["application/x-www-form-urlencoded2"]),
    ] {
        let refusal = enforce(request(method, target, content_type, "time=1")).err();
        assert_eq!(
            refusal,
            Some(ScopeRefusal::Body),
            "{method} {content_type:?}"
        );
    }
    let with_charset = "Application/X-WWW-Form-Urlencoded; charset=utf-8";
    let sent = enforce(request("POST", target, &[with_charset], "time=1")).unwrap();
    assert_eq!(sent.content_type.as_deref(), Some(FORM));
}

#[test]
fn series_endpoints_are_narrowed_by_match() {
    for endpoint in ["labels", "series", "label/user/values"] {
        assert_eq!(
            get(&format!("/api/v1/{endpoint}?start=1")),
            Ok(format!(
                "/api/v1/{endpoint}?start=1&match%5B%5D=%7Buser%3D%22a%22%7D"
            ))
        );
        assert_eq!(
            get(&format!("/api/v1/{endpoint}?match[]=a&match%5B%5D=b")),
            Ok(format!(
                "/api/v1/{endpoint}?match%5B%5D=a%7Buser%3D%22a%22%7D&match%5B%5D=b%7Buser%3D%22a%22%7D"
            ))
        );
        assert_eq!(
            get(&format!("/api/v1/{endpoint}?match[]=a%5B5m%5D")),
            Err(ScopeRefusal::NotASelector)
        );
        let many = "match[]=a&".repeat(17);
        assert!(get(&format!("/api/v1/{endpoint}?{many}")).is_err());
    }
    assert_eq!(
        post("/api/v1/series?match[]=a", "match[]=b").as_deref(),
        Ok("match%5B%5D=a%7Buser%3D%22a%22%7D&match%5B%5D=b%7Buser%3D%22a%22%7D")
    );
}

#[test]
fn an_endpoint_that_takes_no_form_is_not_posted_to() {
    for target in ["/api/v1/label/user/values", "/api/v1/status/buildinfo"] {
        let refusal = enforce(request("POST", target, &[FORM], "match[]=a")).err();
        assert_eq!(refusal, Some(ScopeRefusal::Method));
    }
    let refusal = enforce(request("PUT", "/api/v1/query", &[FORM], "query=a")).err();
    assert_eq!(refusal, Some(ScopeRefusal::Method));
}

#[test]
fn an_endpoint_without_matchers_passes_only_if_it_names_no_series() {
    assert_eq!(
        get("/api/v1/status/buildinfo").as_deref(),
        Ok("/api/v1/status/buildinfo")
    );
    for path in [
        "/api/v1/metadata",
        "/api/v1/targets",
        "/api/v1/query/",
        "/api/v1/query_exemplars",
        "/api/v1/label/a/b/values",
        "/api/v1/label//values",
        "/api/v2/query",
        "/query",
    ] {
        assert_eq!(get(path), Err(ScopeRefusal::Endpoint), "{path}");
    }
}

#[test]
fn a_url_that_would_be_too_long_is_refused() {
    let query = "%2B1".repeat(60);
    assert!(get(&format!("/api/v1/query?query=1{query}")).is_ok());
    let matches = format!("match[]={{a=\"{}\"}}", "%C3%A9".repeat(9_000));
    let refusal = get(&format!("/api/v1/labels?{matches}")
        .replace('"', "%22")
        .replace('{', "%7B")
        .replace('}', "%7D"));
    assert!(matches!(refusal, Err(ScopeRefusal::TooLong { .. })));
}

#[test]
fn how_whole_and_how_fine_an_answer_is_may_be_said_within_a_scope() {
    let said = "partial_response=false&dedup=true&max_source_resolution=0s&deny_partial_response=1";
    let narrowed = "query=up%7Buser%3D%22a%22%7D";
    for endpoint in ["query", "query_range"] {
        let target = format!("/api/v1/{endpoint}");
        assert_eq!(
            get(&format!("{target}?query=up&{said}")),
            Ok(format!("{target}?{narrowed}&{said}"))
        );
        assert_eq!(
            post(&target, &format!("query=up&{said}")),
            Ok(format!("{narrowed}&{said}"))
        );
    }
    // A plugin lists the metrics of Thanos with all of them.
    let values = "/api/v1/label/x/values";
    assert_eq!(
        get(&format!("{values}?match[]=up&{said}")),
        Ok(format!(
            "{values}?match%5B%5D=up%7Buser%3D%22a%22%7D&{said}"
        ))
    );
    // These choose whose data are read.
    for other in ["extra_filters[]=x", "tenant=x", "storeMatch[]=x"] {
        assert!(matches!(
            get(&format!("/api/v1/query?query=up&{other}")),
            Err(ScopeRefusal::UnknownParameter)
        ));
    }
}

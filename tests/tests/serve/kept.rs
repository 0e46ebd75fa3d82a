//! The answers that a client may keep, and how they go over the wire.

use std::io::Read as _;

use http::Method;
use metric_host::CacheOptions;
use metric_host::Limits;
use metric_tests::{Testbed, counting_proxy::CountingProxy};
use serde_json::json;

use crate::client::{get, post, posting, request, send};
use crate::served::{config, loaded, options, query, serve, serve_with};

#[tokio::test]
async fn an_answer_that_is_final_may_be_kept_and_another_is_asked_for_again() {
    let (served, _) = serve();
    let place = &served.place;
    let body = json!({ "query": query() });
    let answer = post(place, "/v1/query", &body).await;
    assert_eq!(answer.header("cache-control"), "private, max-age=3600");
    let vary = answer.headers.get_all("vary").iter();
    let vary: Vec<_> = vary
        .map(|value| value.to_str().unwrap().to_ascii_lowercase())
        .collect();
    assert!(
        vary.join(",").contains("authorization, x-metric-scope"),
        "{vary:?}"
    );

    let tag = answer.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let known = [("if-none-match", tag.as_str())];
    let again = send(place, posting("/v1/query", &known, &body)).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("etag"), tag);
    assert_eq!(again.header("cache-control"), "private, max-age=3600");

    let mut other = query();
    other["step"] = 120.into();
    let other = send(
        place,
        posting("/v1/query", &known, &json!({ "query": other })),
    )
    .await;
    assert_eq!(other.status, 200);
    assert_ne!(other.header("etag"), tag);

    // The range reaches the present.
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let mut recent = query();
    recent["start"] = (now - 3600).to_string().into();
    recent["end"] = now.to_string().into();
    let recent = post(place, "/v1/query", &json!({ "query": recent })).await;
    assert_eq!(recent.header("cache-control"), "private, no-cache");
    // So may a list, and what is watched at the moment.
    for path in ["/v1/metrics", "/v1/values/kernel_id?limit=1"] {
        let answer = get(place, path).await;
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        let known = [("if-none-match", answer.header("etag"))];
        let again = send(place, request(Method::GET, path, &known, "")).await;
        assert_eq!(again.status, 304);
    }
}

#[tokio::test]
async fn an_answer_is_compressed_for_who_accepts_that_and_is_the_same() {
    let (served, _) = serve();
    let body = json!({ "query": query() });
    let plain = post(&served.place, "/v1/query", &body).await;
    let accepting = [("accept-encoding", "gzip")];
    let packed = send(&served.place, posting("/v1/query", &accepting, &body)).await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(packed.header("etag"), plain.header("etag"));
    assert!(packed.body.len() * 2 < plain.body.len());
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&*packed.body)
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain.body);
    let stream = send(&served.place, posting("/v1/stream", &accepting, &body)).await;
    assert_eq!(stream.header("content-encoding"), "gzip");
}

#[tokio::test]
async fn a_request_has_a_name_of_its_own_of_its_trace_or_of_its_client() {
    let (served, _) = serve();
    let named = async |headers: &[(&str, &str)]| {
        let answer = send(&served.place, request(Method::GET, "/healthz", headers, "")).await;
        answer.header("x-request-id").to_owned()
    };
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    let parent = ("traceparent", parent.as_str());
    assert_eq!(named(&[parent]).await, trace);
    assert_eq!(named(&[parent, ("x-request-id", "mine")]).await, "mine");
    let (drawn, other) = (named(&[]).await, named(&[]).await);
    assert!(drawn != other && drawn.len() == 16, "{drawn}");
    // A name that would write lines of its own into the log is none.
    assert_eq!(named(&[("x-request-id", "a b")]).await.len(), 16);
}

#[tokio::test]
async fn what_is_kept_is_not_asked_of_prometheus_again() {
    let proxy = CountingProxy::to(Testbed::shared().unwrap().server.address())
        .await
        .unwrap();
    let (served, _) = serve_with(
        loaded(Limits::default()),
        config(proxy.address()),
        CacheOptions::default(),
        options(),
    );
    let body = json!({ "query": query() });
    let first = post(&served.place, "/v1/query", &body).await.result();
    let asked = proxy.requests();
    assert!(asked > 0);
    let second = post(&served.place, "/v1/query", &body).await.result();
    assert_eq!(first, second);
    assert_eq!(proxy.requests(), asked);
    // Another scope is another answer, and no part of it is taken from the first.
    let within = [("x-metric-scope", "kernel_id=nobody")];
    let other = send(&served.place, posting("/v1/query", &within, &body))
        .await
        .result();
    assert_eq!(other["answer"]["series"], json!([]));
    assert!(proxy.requests() > asked);
}

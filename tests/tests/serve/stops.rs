//! The end of a server: requests under way come to their end, within a limit.

use std::time::Duration;

use metric_host::{CacheOptions, Limits};
use metric_serve::Stopped;
use metric_tests::over_http::connect;
use metric_tests::{Testbed, counting_proxy::CountingProxy};
use serde_json::json;

use crate::client::{get, posting, try_send};
use crate::served::{Served, config, loaded, options, query, serve_with};

async fn held(stop_time: Duration) -> (Served, CountingProxy) {
    let server = Testbed::shared().unwrap().server.address();
    let proxy = CountingProxy::to(server).await.unwrap();
    proxy.open(false);
    let mut options = options();
    options.limits.stop_time = stop_time;
    let config = config(proxy.address());
    let (served, _) = serve_with(
        loaded(Limits::default()),
        config,
        CacheOptions::off(),
        options,
    );
    (served, proxy)
}

async fn until_one_runs(served: &Served) {
    for _ in 0..400 {
        let text = get(&served.place, "/metrics").await.text();
        if text.contains("metric_host_calls_running 1\n") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("nothing runs");
}

#[tokio::test]
async fn what_runs_ends_and_nothing_new_is_taken() {
    let (mut served, proxy) = held(Duration::from_secs(20)).await;
    let place = served.place.clone();
    let running = tokio::spawn(async move {
        let body = json!({ "query": query() });
        try_send(&place, posting("/v1/query", &[], &body))
            .await
            .unwrap()
    });
    until_one_runs(&served).await;
    served.stop();
    for attempt in 0.. {
        if connect(&served.place).await.is_err() {
            break;
        }
        assert!(attempt < 400, "connections are still taken");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    proxy.open(true);
    let answer = running.await.unwrap();
    assert!(
        !answer.result()["answer"]["series"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(answer.header("connection"), "close");
    assert_eq!(served.ended().await, Stopped::Clean);
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut_off() {
    let (mut served, _proxy) = held(Duration::from_millis(300)).await;
    let place = served.place.clone();
    let running = tokio::spawn(async move {
        let body = json!({ "query": query() });
        try_send(&place, posting("/v1/query", &[], &body))
            .await
            .is_err()
    });
    until_one_runs(&served).await;
    served.stop();
    assert_eq!(served.ended().await, Stopped::CutOff);
    assert!(running.await.unwrap(), "it was answered");
}

//! Every path, against what the library answers from the same Prometheus.

use std::collections::BTreeMap;

use metric_host::decisions::{Arguments, Bound, Combine, Condition, LiveOptions, Preset, Question};
use metric_host::{
    Detection, Dimension, MetricQuery, RangeOptions, Ranking, Scope, Score, Series, Tolerance,
    ValueFilter, ValueSource, ValueType,
};
use serde_json::{Value, json};

use crate::client::{get, post, posting, request, send};
use crate::served::{ends, query, serve};

type Columns = BTreeMap<BTreeMap<String, String>, (Vec<i64>, Vec<u64>)>;

fn typed_query() -> MetricQuery {
    let (start, end) = ends();
    let mut query = MetricQuery::new("mem", start, end);
    query.step = Some(60);
    query.labels.value_type = Some(ValueType::Current);
    query.group_by = vec![Dimension::AgentId];
    query
}

/// A number, or the word for what is none. To the last bit.
fn number(value: &Value) -> u64 {
    let number = match value {
        Value::String(word) => match word.as_str() {
            "NaN" => f64::NAN,
            "+Inf" => f64::INFINITY,
            "-Inf" => f64::NEG_INFINITY,
            other => panic!("{other} is no number"),
        },
        value => value.as_f64().unwrap(),
    };
    number.to_bits()
}

fn labels(value: &Value) -> BTreeMap<String, String> {
    serde_json::from_value(value.clone()).unwrap()
}

fn of_labels(labels: &[(String, String)]) -> BTreeMap<String, String> {
    labels.iter().cloned().collect()
}

/// Series of a document; what comes in several pieces is put together.
fn columns<'a>(series: impl IntoIterator<Item = &'a Value>) -> Columns {
    let mut all = Columns::new();
    for one in series {
        let (times, values) = all.entry(labels(&one["labels"])).or_default();
        let of = |name: &str| one[name].as_array().unwrap().clone();
        times.extend(of("timestamps").iter().map(|at| at.as_i64().unwrap()));
        values.extend(of("values").iter().map(number));
    }
    all
}

fn typed_columns(series: &[Series]) -> Columns {
    let columns = series.iter().map(|series| {
        let bits = series.values.iter().map(|value| value.to_bits()).collect();
        (of_labels(&series.labels), (series.timestamps.clone(), bits))
    });
    columns.collect()
}

#[tokio::test]
async fn a_query_a_batch_and_a_plan_are_the_librarys() {
    let (served, service) = serve();
    let options = RangeOptions::default();
    let wanted = service.query_range(&typed_query(), &options).await.unwrap();
    assert!(!wanted.answer.series.is_empty());

    let body = json!({ "query": query() });
    let found = post(&served.place, "/v1/query", &body).await.result();
    assert_eq!(found["answer"]["promql"], wanted.answer.promql);
    assert_eq!(found["answer"]["start"], wanted.answer.start);
    assert_eq!(found["answer"]["end"], wanted.answer.end);
    assert_eq!(found["answer"]["unit"], "bytes");
    assert_eq!(found["missing"], json!([]));
    let series = found["answer"]["series"].as_array().unwrap();
    assert_eq!(columns(series), typed_columns(&wanted.answer.series));

    let mut unreadable = query();
    unreadable["start"] = "yesterday".into();
    let body = json!({ "queries": [query(), unreadable] });
    let batch = post(&served.place, "/v1/batch", &body).await.result();
    assert_eq!(batch[0]["result"], found);
    assert_eq!(batch[1]["error"]["type"], "invalid_time_range");

    let plan = service.plan(&typed_query(), &options).await.unwrap();
    let body = json!({ "query": query() });
    let explained = post(&served.place, "/v1/explain", &body).await.result();
    assert_eq!(explained["promql"], plan.promql);
    assert_eq!(explained["step"], plan.step);
    assert_eq!(
        explained["chunks"].as_array().unwrap().len(),
        plan.chunks.len()
    );
}

#[tokio::test]
async fn a_range_is_written_as_the_plugin_writes_it() {
    let (served, service) = serve();
    let mut of_kernels = query();
    of_kernels["group_by"] = json!(["kernel_id"]);
    of_kernels["pointwise"] = json!({ "statistic": { "quantile": 0.9 }, "over": "time" });
    for body in [
        json!({ "query": query() }),
        json!({ "query": of_kernels, "config": { "timewindow": "5m" } }),
        json!({ "query": query(), "options": { "interval": 3600, "partial": true } }),
    ] {
        let wanted = service.call_json("query-range", &body.to_string()).await;
        let found = post(&served.place, "/v1/query", &body).await;
        assert_eq!(found.text(), wanted.unwrap().text);
    }
}

#[tokio::test]
async fn a_large_answer_is_the_librarys() {
    let (served, service) = serve();
    let mut typed = typed_query();
    typed.step = Some(2);
    typed.group_by = vec![Dimension::KernelId];
    let options = RangeOptions::default();
    let wanted = service.query_range(&typed, &options).await.unwrap();
    let mut query = query();
    query["step"] = 2.into();
    query["group_by"] = json!(["kernel_id"]);
    let found = post(&served.place, "/v1/query", &json!({ "query": query })).await;
    assert!(found.body.len() > 1 << 20, "{} bytes", found.body.len());
    let found = found.result();
    let series = found["answer"]["series"].as_array().unwrap();
    assert_eq!(columns(series), typed_columns(&wanted.answer.series));
}

#[tokio::test]
async fn a_stream_has_the_points_of_the_range_between_a_plan_and_an_end() {
    let (served, service) = serve();
    let options = RangeOptions::default();
    let wanted = service.query_range(&typed_query(), &options).await.unwrap();
    let body = json!({ "query": query() });
    let answer = post(&served.place, "/v1/stream", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> = answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["kind"], "plan");
    assert_eq!(lines[0]["promql"], wanted.answer.promql);
    let last = lines.last().unwrap();
    assert_eq!(
        (&last["kind"], &last["outcome"]),
        (&json!("end"), &json!("whole"))
    );
    let series = lines.iter().filter(|line| line["kind"] == "series");
    assert_eq!(columns(series), typed_columns(&wanted.answer.series));
    let samples: usize = wanted.answer.series.iter().map(|s| s.values.len()).sum();
    assert_eq!(last["samples"], samples);
}

#[tokio::test]
async fn summaries_ranks_anomalies_and_outliers_are_the_librarys() {
    let (served, service) = serve();
    let options = RangeOptions::default();
    let typed = typed_query();

    let wanted = service.summarize(&typed, &[0.5], &options).await.unwrap();
    let body = json!({ "query": query(), "quantiles": [0.5] });
    let found = post(&served.place, "/v1/summary", &body).await.result();
    assert_eq!(found["promql"], wanted.answer.promql);
    let summaries = found["summaries"].as_array().unwrap();
    assert_eq!(summaries.len(), wanted.summaries.len());
    for (found, wanted) in summaries.iter().zip(&wanted.summaries) {
        assert_eq!(labels(&found["labels"]), of_labels(&wanted.labels));
        assert_eq!(number(&found["avg"]), wanted.avg.to_bits());
        assert_eq!(
            number(&found["quantiles"]["0.5"]),
            wanted.quantiles[0].to_bits()
        );
    }

    let ranking = Ranking {
        score: Score::Max,
        k: Some(2),
        lowest: false,
        others: true,
    };
    let wanted = service.rank(&typed, &ranking, &options).await.unwrap();
    let body = json!({ "query": query(), "ranking": { "score": "max", "k": 2, "others": true } });
    let found = post(&served.place, "/v1/top", &body).await.result();
    assert_eq!(found["groups"], wanted.groups);
    let scores = found["scores"].as_array().unwrap().iter().map(number);
    assert!(scores.eq(wanted.scores.iter().map(|score| score.to_bits())));
    let series = found["series"].as_array().unwrap();
    assert_eq!(columns(series), typed_columns(&wanted.answer.answer.series));
    assert_eq!(
        columns([&found["others"]]),
        typed_columns(&[wanted.others.unwrap()])
    );

    let wanted = service
        .find_anomalies(&typed, &Detection::default(), &options)
        .await
        .unwrap();
    let body = json!({ "query": query() });
    let found = post(&served.place, "/v1/anomalies", &body).await.result();
    let watched = found["watched"].as_array().unwrap();
    assert_eq!(watched.len(), wanted.watched.len());
    for (found, wanted) in watched.iter().zip(&wanted.watched) {
        assert_eq!(labels(&found["labels"]), of_labels(&wanted.labels));
        let upper = found["upper"].as_array().unwrap().iter().map(number);
        assert!(upper.eq(wanted.upper.iter().map(|value| value.to_bits())));
    }

    let mut of_kernels = typed.clone();
    of_kernels.group_by = vec![Dimension::AgentId];
    let wanted = service
        .find_outliers(
            &of_kernels,
            Dimension::KernelId,
            &Tolerance::default(),
            &options,
        )
        .await
        .unwrap();
    let body = json!({ "query": query(), "member": "kernel_id" });
    let found = post(&served.place, "/v1/outliers", &body).await.result();
    let watched = found["watched"].as_array().unwrap();
    assert!(!watched.is_empty());
    let found_labels = watched.iter().map(|one| labels(&one["labels"]));
    assert!(found_labels.eq(wanted.watched.iter().map(|one| of_labels(&one.labels))));
}

#[tokio::test]
async fn live_stats_are_the_librarys() {
    let (served, service) = serve();
    let (_, end) = ends();
    let at = end.parse::<i64>().unwrap() * 1000;
    let filter = ValueFilter {
        metric_name: Some("mem".into()),
        limit: Some(3),
        ..ValueFilter::default()
    };
    let kernels = ValueSource::Dimension(Dimension::KernelId);
    let ids = service.values(&kernels, &filter).await.unwrap().values;
    let options = LiveOptions {
        at: Some(at),
        ..LiveOptions::default()
    };
    let wanted = service
        .query_live_stats(Dimension::KernelId, &ids, &options)
        .await
        .unwrap();
    let body = json!({ "by": "kernel_id", "ids": ids, "options": { "at": at } });
    let found = post(&served.place, "/v1/live", &body).await.result();
    assert_eq!(found["missing"], json!(wanted.missing));
    let subjects = found["subjects"].as_array().unwrap();
    assert_eq!(subjects.len(), wanted.subjects.len());
    for (found, wanted) in subjects.iter().zip(&wanted.subjects) {
        assert_eq!(found["id"], wanted.id);
        let stats = found["stats"].as_array().unwrap();
        assert_eq!(stats.len(), wanted.stats.len());
        for (found, wanted) in stats.iter().zip(&wanted.stats) {
            assert_eq!(found["metric"], wanted.metric);
            let current = found["current"].as_f64().map(f64::to_bits);
            assert_eq!(current, wanted.current.map(f64::to_bits), "{found}");
        }
    }
}

#[tokio::test]
async fn presets_are_checked_rendered_asked_and_judged_by_as_the_library_does() {
    let (served, service) = serve();
    let (start, end) = ends();
    let at = end.parse::<i64>().unwrap() * 1000;
    let template = r#"sum by (${{group_by}})(backendai_container_utilization{container_metric_name="mem",value_type="current",${{labels}}})"#;
    let preset = Preset {
        template: template.into(),
        time_window: None,
        filter_labels: vec![],
        group_labels: vec![],
        required_labels: vec![],
        unit: None,
    };
    let arguments = Arguments {
        group_by: vec!["agent_id".into()],
        ..Arguments::default()
    };
    let preset_body = json!({ "template": template });
    let arguments_body = json!({ "group_by": ["agent_id"] });
    let place = &served.place;

    let outline = service.check_preset(&preset).await.unwrap();
    let found = post(
        place,
        "/v1/presets/check",
        &json!({ "preset": preset_body }),
    )
    .await;
    assert_eq!(found.result()["selectors"], outline.selectors);

    let body = json!({ "preset": preset_body, "arguments": arguments_body });
    let rendered = service.render_preset(&preset, &arguments).await.unwrap();
    let found = post(place, "/v1/presets/render", &body).await.result();
    assert_eq!(found, json!(rendered));

    let wanted = service
        .execute_preset(&preset, &arguments, Some(at))
        .await
        .unwrap();
    let body = json!({ "preset": preset_body, "arguments": arguments_body, "at": at });
    let found = post(place, "/v1/presets/execute", &body).await.result();
    assert_eq!(found["promql"], wanted.promql);
    let series = found["series"].as_array().unwrap();
    assert!(!series.is_empty());
    assert_eq!(columns(series), typed_columns(&wanted.series));

    let body = json!({
        "preset": preset_body, "arguments": arguments_body, "range": { "start": start, "end": end, "step": 300 },
    });
    let found = post(place, "/v1/presets/execute-range", &body)
        .await
        .result();
    assert_eq!(found["answer"]["step"], 300);
    assert!(!found["answer"]["series"].as_array().unwrap().is_empty());

    let agents: Vec<String> = wanted
        .series
        .iter()
        .filter_map(|series| of_labels(&series.labels).remove("agent_id"))
        .chain(["none".to_owned()])
        .collect();
    let question = Question {
        arguments: Arguments::default(),
        subject: "agent_id".into(),
        subjects: agents.clone(),
        combine: Combine::Max,
        at: Some(at),
        condition: Some(Condition {
            bound: Bound::Above(1.0),
            lasting: None,
        }),
    };
    let wanted = service.evaluate(&preset, &question).await.unwrap();
    let body = json!({ "preset": preset_body, "question": {
        "subject": "agent_id", "subjects": agents, "combine": "max", "at": at, "condition": { "bound": { "above": 1.0 } },
    } });
    let found = post(place, "/v1/presets/evaluate", &body).await.result();
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(&wanted) {
        assert_eq!(found["subject"], wanted.subject);
        assert_eq!(found["verdict"], wanted.verdict.as_str().replace('-', "_"));
        assert_eq!(found["decision"], json!(wanted.decision));
    }
}

#[tokio::test]
async fn metrics_and_values_are_listed_as_the_library_does() {
    let (served, service) = serve();
    let wanted = service.query_metadata().await.unwrap();
    let found = get(&served.place, "/v1/metrics").await.result();
    let names = found["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["name"]);
    assert!(names.eq(wanted.metrics.iter().map(|metric| metric.name.as_str())));

    let (start, end) = ends();
    let filter = ValueFilter {
        metric_name: Some("mem".into()),
        start: Some(start.clone()),
        end: Some(end.clone()),
        limit: Some(5),
        ..ValueFilter::default()
    };
    let source = ValueSource::Dimension(Dimension::KernelId);
    let wanted = service.values(&source, &filter).await.unwrap();
    let path = format!("/v1/values/kernel_id?metric_name=mem&start={start}&end={end}&limit=5");
    let found = get(&served.place, &path).await.result();
    assert_eq!(found["values"], json!(wanted.values));
    assert_eq!(
        (&found["more"], wanted.values.len()),
        (&json!(wanted.more), 5)
    );
}

#[tokio::test]
async fn an_answer_within_a_scope_names_the_query_that_was_sent() {
    let (served, service) = serve();
    let kernel = metric_tests::STEADY;
    let scoped = service.scoped(Scope::equal("kernel_id", kernel).unwrap());
    let mut typed = typed_query();
    typed.metric_name = "net_rx".into();
    let wanted = scoped
        .query_range(&typed, &RangeOptions::default())
        .await
        .unwrap();
    let mut query = query();
    query["metric_name"] = "net_rx".into();
    let header = format!("kernel_id={kernel}");
    let within = [("x-metric-scope", header.as_str())];
    let body = json!({ "query": query, "queries": [query] });
    for (path, place) in [
        ("/v1/query", "/answer/promql"),
        ("/v1/batch", "/0/result/answer/promql"),
        ("/v1/explain", "/promql"),
        ("/v1/summary", "/promql"),
    ] {
        let found = send(&served.place, posting(path, &within, &body))
            .await
            .result();
        let promql = found.pointer(place).unwrap();
        assert_eq!(promql, &wanted.answer.promql, "{path}");
        assert!(promql.as_str().unwrap().contains("kernel_id=\"steady\""));
    }
    let stream = send(
        &served.place,
        posting("/v1/stream", &within, &json!({ "query": query })),
    )
    .await;
    let plan: Value = serde_json::from_str(stream.text().lines().next().unwrap()).unwrap();
    assert_eq!(plan["promql"], wanted.answer.promql);
    let lister = request(http::Method::GET, "/v1/values/kernel_id", &within, "");
    let found = send(&served.place, lister).await.result();
    assert_eq!(found["values"], json!([kernel]));
}

#[tokio::test]
async fn what_describes_and_watches_the_service_is_there() {
    let (served, _) = serve();
    let place = &served.place;
    let description = get(place, "/openapi.json").await;
    assert_eq!(description.json()["openapi"], "3.1.0");
    assert_eq!(get(place, "/healthz").await.text(), "ok\n");
    let ready = get(place, "/readyz").await;
    assert_eq!((ready.status, ready.text().as_str()), (200, "ready\n"));
    let page = get(place, "/").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    let script = get(place, "/page.js").await;
    assert_eq!(
        script.header("content-type"),
        "text/javascript; charset=utf-8"
    );
    post(place, "/v1/query", &json!({ "query": query() }))
        .await
        .result();
    let metrics = get(place, "/metrics").await;
    assert!(
        metrics
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    let text = metrics.text();
    assert!(
        text.contains("metric_serve_requests_total{path=\"/v1/query\",status=\"200\"} 1"),
        "{text}"
    );
    assert!(
        text.contains("metric_host_calls_total{verb=\"query-range\""),
        "{text}"
    );
    assert!(text.ends_with("# EOF\n"));
}

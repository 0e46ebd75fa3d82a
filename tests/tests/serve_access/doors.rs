//! The requests at each path: ordinary questions, and such as try to get beyond their scope.

use metric_testbed::Shape;
use serde_json::{Value, json};

use crate::client::Request;
use crate::setting::SECRET;

/// The least role that may ask at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Least {
    Reader,
    Service,
}

/// A path under `/v1`.
#[derive(Clone, Copy)]
pub(crate) struct Path {
    /// As it is routed.
    pub(crate) path: &'static str,
    pub(crate) least: Least,
    /// True if something of a tenant's is in an answer, so that an operator is shown the other one's.
    pub(crate) shows: bool,
    pub(crate) requests: fn(&'static str) -> Vec<Request>,
}

const fn reader(path: &'static str, requests: fn(&'static str) -> Vec<Request>) -> Path {
    Path {
        path,
        least: Least::Reader,
        shows: true,
        requests,
    }
}

const fn service(path: &'static str, requests: fn(&'static str) -> Vec<Request>) -> Path {
    Path {
        least: Least::Service,
        ..reader(path, requests)
    }
}

const fn tells_nothing(path: Path) -> Path {
    Path {
        shows: false,
        ..path
    }
}

/// Every path under `/v1`. A new one without a row here fails a test.
pub(crate) const PATHS: &[Path] = &[
    reader("/v1/query", every_query),
    reader("/v1/stream", some_queries),
    tells_nothing(reader("/v1/explain", some_queries)),
    reader("/v1/batch", batches),
    reader("/v1/summary", some_queries),
    reader("/v1/top", tops),
    reader("/v1/anomalies", some_queries),
    reader("/v1/outliers", outliers),
    reader("/v1/live", lives),
    reader("/v1/values/{dimension}", values),
    reader("/v1/metrics", metrics),
    tells_nothing(service("/v1/presets/check", presets)),
    tells_nothing(service("/v1/presets/render", presets)),
    service("/v1/presets/execute", presets),
    service("/v1/presets/execute-range", preset_ranges),
    service("/v1/presets/execute-batch", preset_batches),
    service("/v1/presets/evaluate", evaluations),
    reader("/v1/evaluate", metric_evaluations),
    reader("/v1/families/query", families),
    reader("/v1/families/batch", family_batches),
    reader("/v1/families/derived", derived),
];

/// An ordinary question at a path.
pub(crate) fn ordinary(path: &str) -> Request {
    let path = PATHS.iter().find(|one| one.path == path).unwrap();
    path.ordinary()
}

impl Path {
    /// An ordinary question: the first of its requests.
    pub(crate) fn ordinary(&self) -> Request {
        (self.requests)(self.path).remove(0)
    }
}

/// Texts that would be a query of another's series, were they written into one.
const TEXTS: &[&str] = &[
    "mem\"} or backendai_container_utilization{owner_user_id=~\".+\"} or x{y=\"",
    "mem\",owner_user_id=\"secret-of-b-user",
    "mem\" or owner_user_id=~\".*",
    "secret-of-b-user|tenant-a",
    ".*",
    "{__name__=~\".+\"}",
    "secret-of-b-metric",
    "mem\"}#\n",
    "mem\\",
    "mem\u{0}",
    "owner_user_id=secret-of-b-user",
    "%22%7d%20or%20up",
];

/// Of this type, from the data's middle on.
fn start() -> i64 {
    Shape::fixed_start() + 1800
}

fn query(metric: &str) -> Value {
    json!({
        "metric_name": metric, "start": start().to_string(), "end": (start() + 600).to_string(), "step": 60,
        "labels": { "value_type": "current" }, "group_by": ["kernel_id"],
    })
}

/// The query with something else at a place, as in `labels/user_id`.
fn changed(mut query: Value, place: &str, value: Value) -> Value {
    let mut at = &mut query;
    for name in place.split('/') {
        at = &mut at[name];
    }
    *at = value;
    query
}

/// Ordinary ones, and those that name the other tenant.
fn queries() -> Vec<Value> {
    let other = |what: &str| json!([format!("{SECRET}-{what}")]);
    let mut all = vec![
        query("mem"),
        query("net_rx"),
        query(&format!("{SECRET}-metric")),
        changed(query("mem"), "group_by", json!([])),
        changed(
            query("mem"),
            "labels/user_id",
            json!(["tenant-a", format!("{SECRET}-user")]),
        ),
        changed(query("mem"), "labels/user_id", other("user")),
        changed(query("mem"), "labels/kernel_id", other("kernel")),
        changed(query("mem"), "labels/session_id", other("kernel-session")),
        changed(query("mem"), "labels/project_id", other("project")),
        changed(query("mem"), "labels/agent_id", json!(["agent"])),
        changed(
            query("mem"),
            "pointwise",
            json!({ "statistic": "max", "over": "time", "window": 120 }),
        ),
        changed(
            query("mem"),
            "pointwise",
            json!({ "statistic": "max", "over": { "members": "kernel_id" } }),
        ),
    ];
    for by in [
        "agent_id",
        "session_id",
        "user_id",
        "project_id",
        "metric_name",
        "value_type",
    ] {
        all.push(changed(query("mem"), "group_by", json!([by])));
    }
    all
}

/// Texts of [`TEXTS`] at every place that takes a text.
fn forged() -> Vec<Value> {
    let mut all = Vec::new();
    for text in TEXTS {
        all.push(query(text));
        for label in [
            "agent_id",
            "kernel_id",
            "session_id",
            "user_id",
            "project_id",
        ] {
            all.push(changed(
                query("mem"),
                &format!("labels/{label}"),
                json!([text]),
            ));
        }
        for place in [
            "start",
            "end",
            "group_by",
            "metric_type",
            "labels/value_type",
            "step",
        ] {
            all.push(changed(query("mem"), place, json!(text)));
        }
    }
    all
}

/// Queries with what a request may have beside its query, and with what it may not.
fn wrapped() -> Vec<Value> {
    let mut all = vec![
        json!({ "query": query("mem"), "options": { "partial": true, "interval": 3600, "cached": true } }),
    ];
    for config in [
        json!({ "address": "127.0.0.1:1" }),
        json!({ "timewindow": "5m\"}" }),
        json!({ "timewindow": "1m", "partial": true }),
        json!({ "label_schema": "agent" }),
        json!({ "backend": "thanos" }),
        json!({ "method": "get" }),
        json!({ "now": 0 }),
        json!({ "scope": null }),
        json!("127.0.0.1:1"),
        Value::Null,
    ] {
        all.push(json!({ "query": query("mem"), "config": config }));
    }
    for (name, value) in [
        ("scope", json!(null)),
        ("x-metric-scope", json!("user_id=secret-of-b-user")),
        ("role", json!("operator")),
        ("verb", json!("metadata-request")),
        ("queries", json!([query("mem")])),
    ] {
        all.push(changed(json!({ "query": query("mem") }), name, value));
    }
    all
}

fn posts(path: &'static str, bodies: impl IntoIterator<Item = Value>) -> Vec<Request> {
    let post = |body: Value| Request::new(path, Some(&body));
    bodies.into_iter().map(post).collect()
}

fn of_query(query: Value) -> Value {
    Value::Object([("query".to_owned(), query)].into_iter().collect())
}

fn every_query(path: &'static str) -> Vec<Request> {
    let all = queries().into_iter().chain(forged()).map(of_query);
    posts(path, all.chain(wrapped()))
}

fn some_queries(path: &'static str) -> Vec<Request> {
    posts(path, queries().into_iter().map(of_query).chain(wrapped()))
}

fn batches(path: &'static str) -> Vec<Request> {
    let alone = queries()
        .into_iter()
        .map(|query| json!({ "queries": [query] }));
    let many = forged()
        .chunks(20)
        .map(|some| json!({ "queries": some }))
        .collect::<Vec<_>>();
    let all = [json!({ "queries": queries() })];
    posts(path, alone.chain(many).chain(all).chain(wrapped()))
}

fn tops(path: &'static str) -> Vec<Request> {
    let mut all = Vec::new();
    for query in queries() {
        for others in [false, true] {
            let ranking = json!({ "score": "max", "k": 1, "others": others });
            all.push(json!({ "query": query, "ranking": ranking }));
        }
    }
    posts(path, all)
}

fn outliers(path: &'static str) -> Vec<Request> {
    let mut all = Vec::new();
    for query in queries() {
        for member in ["kernel_id", "user_id", "agent_id"] {
            all.push(json!({ "query": query, "member": member }));
        }
    }
    posts(path, all)
}

fn lives(path: &'static str) -> Vec<Request> {
    let options = json!({ "at": start() * 1000, "window": 300 });
    let mut all = Vec::new();
    for (by, what) in [
        ("kernel_id", "kernel"),
        ("session_id", "kernel-session"),
        ("user_id", "user"),
        ("project_id", "project"),
    ] {
        let other = format!("{SECRET}-{what}");
        all.push(
            json!({ "by": by, "ids": [other, "kernel-of-a", "tenant-a"], "options": options }),
        );
    }
    all.push(json!({ "by": "agent_id", "ids": ["agent"], "options": options }));
    for text in TEXTS {
        all.push(json!({ "by": "kernel_id", "ids": [text], "options": options }));
        all.push(json!({ "by": text, "ids": ["kernel-of-a"], "options": options }));
        let metrics = json!({ "at": start() * 1000, "metrics": [text] });
        all.push(json!({ "by": "agent_id", "ids": ["agent"], "options": metrics }));
    }
    posts(path, all)
}

fn values(_: &'static str) -> Vec<Request> {
    let mut all = Vec::new();
    let get = |target: String| Request::new(&target, None);
    for dimension in [
        "kernel_id",
        "agent_id",
        "session_id",
        "user_id",
        "project_id",
        "metric_name",
        "value_type",
    ] {
        all.push(get(format!("/v1/values/{dimension}")));
        all.push(get(format!("/v1/values/{dimension}?metric_name=mem")));
        all.push(get(format!(
            "/v1/values/{dimension}?user_id={SECRET}-user&kernel_id={SECRET}-kernel"
        )));
        all.push(get(format!(
            "/v1/values/{dimension}?metric_name={SECRET}-metric&start={}&end={}",
            start(),
            start() + 600
        )));
    }
    for text in TEXTS {
        let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        all.push(get(format!("/v1/values/{text}")));
        for parameter in [
            "metric_name",
            "user_id",
            "label",
            "start",
            "limit",
            "match[]",
            "scope",
            "config",
        ] {
            all.push(get(format!("/v1/values/kernel_id?{parameter}={text}")));
        }
    }
    for odd in [
        "__name__",
        "..%2fmetadata",
        "%2e%2e%2f%2e%2e",
        "kernel_id%2f..",
        "kernel_id?",
        "kernel_id#x",
        "%ff",
        "kernel_id%00",
    ] {
        all.push(get(format!("/v1/values/{odd}")));
    }
    all
}

fn metrics(path: &'static str) -> Vec<Request> {
    [
        "",
        "?",
        "?scope=",
        "?metric=secret-of-b-metric",
        "?match[]={user_id=~\".+\"}",
    ]
    .map(|query| {
        Request::new(
            &format!("{path}{query}").replace(['{', '}', '"'], "%22"),
            None,
        )
    })
    .to_vec()
}

/// Templates that read whatever there is, each in its own way.
const TEMPLATES: &[&str] = &[
    "backendai_container_utilization",
    "sum by (${{group_by}})(backendai_container_utilization{${{labels}}})",
    "backendai_container_utilization{owner_user_id=\"secret-of-b-user\"}",
    "backendai_container_utilization{owner_user_id!=\"tenant-a\"}",
    "backendai_container_utilization{owner_user_id=~\".+\"}",
    "backendai_container_utilization{owner_user_id=\"tenant-a\"} or backendai_container_utilization{owner_user_id=~\".*\"}",
    "backendai_container_utilization{owner_user_id=\"tenant-a\" or owner_user_id=~\".*\"}",
    "{__name__=~\".+\"}",
    "{\"backendai_container_utilization\"}",
    "count(backendai_container_utilization) by (owner_user_id)",
    "absent(backendai_container_utilization{owner_user_id=\"secret-of-b-user\"})",
    "label_replace(backendai_container_utilization, \"owner_user_id\", \"tenant-a\", \"\", \"\")",
    "max_over_time(backendai_container_utilization[5m:1m] offset 1m)",
    "backendai_container_utilization @ end()",
    "scalar(sum(backendai_container_utilization))",
    "vector(1) + on() group_left() sum(backendai_container_utilization)",
    "topk(100, backendai_container_utilization) # {owner_user_id=\"tenant-a\"}",
];

fn preset(template: &str) -> Value {
    json!({ "template": template, "filter_labels": ["owner_user_id", "kernel_id"], "group_labels": ["owner_user_id", "kernel_id"] })
}

fn asked_presets() -> Vec<Value> {
    let mut all = Vec::new();
    for template in TEMPLATES {
        all.push(json!({ "preset": preset(template), "arguments": { "group_by": ["owner_user_id"] }, "at": start() * 1000 }));
    }
    let labels = "sum by (${{group_by}})(backendai_container_utilization{${{labels}}})";
    for text in TEXTS {
        let arguments = json!({ "filters": [{ "label": "owner_user_id", "values": [text] }], "group_by": ["owner_user_id"] });
        all.push(json!({ "preset": preset(labels), "arguments": arguments, "at": start() * 1000 }));
        all.push(json!({ "preset": preset(labels), "arguments": { "group_by": [text] }, "at": start() * 1000 }));
        all.push(json!({ "preset": preset(text), "at": start() * 1000 }));
    }
    let arguments = json!({ "filters": [{ "label": "owner_user_id", "values": ["secret-of-b-user", "tenant-a"] }], "group_by": ["owner_user_id"] });
    all.push(json!({ "preset": preset(labels), "arguments": arguments, "at": start() * 1000 }));
    all
}

fn presets(path: &'static str) -> Vec<Request> {
    posts(path, asked_presets())
}

fn preset_ranges(path: &'static str) -> Vec<Request> {
    let range =
        json!({ "start": start().to_string(), "end": (start() + 600).to_string(), "step": 60 });
    let ranges = asked_presets().into_iter().map(|mut body| {
        body.as_object_mut().unwrap().remove("at");
        changed(body, "range", range.clone())
    });
    posts(path, ranges)
}

fn evaluations(path: &'static str) -> Vec<Request> {
    let mut all = Vec::new();
    for template in TEMPLATES {
        let question = json!({
            "subject": "owner_user_id", "subjects": ["tenant-a", "secret-of-b-user"], "combine": "max", "at": start() * 1000,
            "arguments": { "group_by": ["owner_user_id"] }, "condition": { "bound": { "above": 1000.0 } },
        });
        all.push(json!({ "preset": preset(template), "question": question }));
    }
    posts(path, all)
}

fn preset_batches(path: &'static str) -> Vec<Request> {
    let all = asked_presets();
    let batches = all.chunks(10).map(|some| json!({ "runs": some }));
    posts(path, batches.collect::<Vec<_>>())
}

fn metric_evaluations(path: &'static str) -> Vec<Request> {
    let question = |metric: &str, labels: Value| {
        json!({ "question": {
            "metric_name": metric, "labels": labels, "subject": "user_id",
            "subjects": ["tenant-a", "secret-of-b-user"], "combine": "max", "at": start() * 1000,
            "condition": { "bound": { "above": 1000.0 } },
        } })
    };
    let mut all = vec![question("mem", json!({ "value_type": "current" }))];
    for text in TEXTS {
        all.push(question(text, json!({ "value_type": "current" })));
        all.push(question(
            "mem",
            json!({ "value_type": "current", "project_id": [text] }),
        ));
    }
    posts(path, all)
}

/// The containers' own series, described as a family, and texts of [`TEXTS`] at every place.
fn asked_families() -> Vec<Value> {
    let family = |name: &str, filters: Value, group_by: Value| {
        json!({
            "family": { "name": name, "kind": "gauge" }, "filters": filters, "group_by": group_by,
            "start": start().to_string(), "end": (start() + 600).to_string(), "step": 60,
        })
    };
    let name = "backendai_container_utilization";
    let by = json!(["owner_user_id", "kernel_id"]);
    let other = json!([{ "label": "owner_user_id", "values": ["secret-of-b-user", "tenant-a"] }]);
    let mut all = vec![
        family(name, json!([]), by.clone()),
        family(name, json!([]), json!([])),
        family(name, other, by.clone()),
    ];
    for text in TEXTS {
        let filter = |label: &str, value: &str| json!([{ "label": label, "values": [value] }]);
        all.push(family(text, json!([]), by.clone()));
        all.push(family(name, filter(text, "tenant-a"), by.clone()));
        all.push(family(name, filter("owner_user_id", text), by.clone()));
        all.push(family(name, json!([]), json!([text])));
    }
    all
}

fn families(path: &'static str) -> Vec<Request> {
    posts(path, asked_families().into_iter().map(of_query))
}

fn family_batches(path: &'static str) -> Vec<Request> {
    let all = asked_families();
    let alone = all
        .iter()
        .take(3)
        .map(|query| json!({ "queries": [query] }));
    let many = all.chunks(10).map(|some| json!({ "queries": some }));
    posts(path, alone.chain(many).collect::<Vec<_>>())
}

fn derived(path: &'static str) -> Vec<Request> {
    let twice = |query: Value| json!({ "derived": { "sides": [{ "family": query }], "derivation": { "scale": 2.0 } } });
    posts(path, asked_families().into_iter().map(twice))
}

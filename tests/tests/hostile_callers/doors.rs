//! One promise, three doors: the service, the codec, and the codec's JSON texts give the promised query or refuse, and
//! all say the same.

use std::collections::BTreeSet;

use metric_callers::{Asked, Expected, Reading, asked, expected, text, trials};
use metric_host::{CallError, DenyReason, HttpMethod, MetricService, ServiceError};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::convert;
use crate::json_door::JsonDoor;

const ADDRESS: &str = "prometheus.example:9090";

#[test]
fn every_door_gives_the_promised_query_or_refuses() {
    let plugin = metric_tests::plugin().unwrap();
    let json_door = JsonDoor::open().unwrap();
    let runtime = Runtime::new().unwrap();
    let asked = asked().prop_map(Asked::at_a_known_time);
    trials(4_000, asked, |asked| {
        let service = plugin.offline(convert::config(&asked, ADDRESS)).unwrap();
        let query = convert::query(&asked.query);
        let promql = runtime.block_on(service.build_promql(&query));
        let request = runtime.block_on(service.metric_request(&query));
        let texts = asked.to_json(ADDRESS).to_string();
        let by_json = json_door.ask("build-promql", &texts, "");
        let by_json = by_json.map_err(|trap| TestCaseError::fail(format!("{trap:#}")))?;
        let by_json: Value = serde_json::from_str(&by_json).unwrap();

        match &promql {
            Ok(promql) => {
                prop_assert_eq!(&by_json, &json!({ "result": promql }));
                let request = match request {
                    Ok(request) => request,
                    // A URL has a bound, and a form has not.
                    Err(CallError::Denied(DenyReason::Head | DenyReason::Path))
                        if asked.config.method == "get" =>
                    {
                        return Ok(());
                    }
                    Err(error) => return Err(TestCaseError::fail(error.to_string())),
                };
                let form = match (request.method, request.path_with_query.split_once('?')) {
                    (HttpMethod::Get, Some((_, form))) => form,
                    (HttpMethod::Post, None) => &request.body,
                    (method, _) => return Err(TestCaseError::fail(format!("{method:?}"))),
                };
                prop_assert_eq!(
                    request.method == HttpMethod::Get,
                    asked.config.method == "get"
                );
                let sent: Vec<(String, String)> = form_urlencoded::parse(form.as_bytes())
                    .into_owned()
                    .collect();
                let names: Vec<&str> = sent.iter().map(|(name, _)| name.as_str()).collect();
                let of_the_backend: &[&str] = match asked.config.backend {
                    "thanos" => &["dedup", "partial_response", "max_source_resolution"],
                    "victoria-cluster" if !asked.config.partial => &["deny_partial_response"],
                    _ => &[],
                };
                prop_assert_eq!(names.get(..4), Some(&["query", "start", "end", "step"][..]));
                let more: BTreeSet<&str> = names.iter().skip(4).copied().collect();
                prop_assert_eq!(more, of_the_backend.iter().copied().collect());
                prop_assert_eq!(&sent[0].1, promql);
            }
            Err(CallError::Service(error)) => {
                let again = request.err().and_then(|error| error.service().cloned());
                prop_assert_eq!(again.as_ref(), Some(error));
                let kind = match error {
                    ServiceError::InvalidTimeRange(_) => "invalid_time_range",
                    ServiceError::InvalidArgument(_) => "invalid_argument",
                    ServiceError::LimitExceeded(_) => "limit_exceeded",
                    other => return Err(TestCaseError::fail(format!("{other:?}"))),
                };
                prop_assert_eq!(&by_json["error"]["type"], kind);
            }
            Err(error) => return Err(TestCaseError::fail(format!("{error:?}"))),
        }
        match (promql, expected(&asked)) {
            (Ok(promql), Expected::Query(expected)) => {
                prop_assert_eq!(Reading::of(&promql), Some(expected), "{}", promql);
            }
            (Ok(promql), Expected::Either(expected)) => {
                let read = Reading::of(&promql).map(Reading::without_windows);
                prop_assert_eq!(read, Some(expected.without_windows()), "{}", promql);
            }
            (Err(_), Expected::Refusal | Expected::Either(_)) => {}
            (got, expected) => prop_assert!(false, "{got:?} instead of {expected:?}"),
        }
        Ok(())
    });
}

#[test]
fn an_address_of_anything_is_read_alike_by_host_and_plugin_or_refused_by_name() {
    let plugin = metric_tests::plugin().unwrap();
    let runtime = Runtime::new().unwrap();
    let address = prop_oneof![
        text(),
        (
            "(https?://)?",
            text(),
            "(:[0-9]{0,6})?",
            "(/[a-z./%]{0,8})?"
        )
            .prop_map(|(scheme, host, port, path)| format!("{scheme}{host}{port}{path}")),
        "(https?://)?([a-z0-9.-]{1,10}@)?(\\[[0-9a-f:.]{0,12}\\]|[a-z0-9.-]{0,12})(:[0-9]{0,6})?(/[a-z./%]{0,8})?",
    ];
    trials(2_000, address, |address| {
        let config = metric_host::Config::new(address.clone());
        let Ok(offline) = plugin.offline(config.clone()) else {
            // It may bring a secret along, and the plugin is not told.
            prop_assert!(plugin.service(config).is_err());
            return Ok(());
        };
        let by_plugin = metadata_request(&runtime, &offline);
        if let Err(error) = &by_plugin {
            let of_the_address = match error {
                CallError::Service(ServiceError::InvalidArgument(wrong)) => {
                    wrong.field == "config.address"
                }
                // The plugin takes it, and the host does not.
                CallError::Denied(reason) => *reason == DenyReason::Origin,
                _ => false,
            };
            prop_assert!(of_the_address, "{error:?}");
        }
        // A configuration that the host takes and the plugin does not harms nobody; the other way round the request is
        // denied.
        if let (Ok(service), Ok(_)) = (plugin.service(config), by_plugin) {
            prop_assert!(metadata_request(&runtime, &service).is_ok());
        }
        Ok(())
    });
}

fn metadata_request(
    runtime: &Runtime,
    service: &MetricService,
) -> Result<metric_host::HttpRequest, CallError> {
    runtime.block_on(service.metadata_request())
}

#[test]
fn no_text_makes_a_json_door_trap_or_answer_anything_but_json() {
    let json_door = JsonDoor::open().unwrap();
    let request = prop_oneof![
        text(),
        "[\\[\\]{}\":,0-9.eE+\\-a-z_\\\\ntu ]{0,80}",
        // A good one, but for one field that is something else.
        (asked(), member(), anything()).prop_map(|(asked, (part, field), value)| {
            let mut request = asked.to_json(ADDRESS);
            request[part][field] = value;
            request.to_string()
        }),
        (1..4_000_usize).prop_map(|depth| "[".repeat(depth)),
        (1..4_000_usize).prop_map(|depth| format!("{{\"config\":{}", "{\"a\":".repeat(depth))),
    ];
    let body = prop_oneof![
        text(),
        Just(r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#.to_owned()),
        "[\\[\\]{}\":,0-9.eE+\\-a-z_\\\\ntu ]{0,80}",
        (1..4_000_usize).prop_map(|depth| "{\"data\":[".repeat(depth)),
    ];
    trials(3_000, (request, body), |(request, body)| {
        for verb in [
            "build-promql",
            "detect-metric-type",
            "metadata-request",
            "metric-request",
        ] {
            is_an_answer(json_door.ask(verb, &request, ""))?;
        }
        for verb in ["metadata-response", "metric-response"] {
            is_an_answer(json_door.ask(verb, &request, &body))?;
        }
        Ok(())
    });
}

fn is_an_answer(text: wasmtime::Result<String>) -> Result<(), TestCaseError> {
    let text = text.map_err(|trap| TestCaseError::fail(format!("{trap:#}")))?;
    let answer: Value = serde_json::from_str(&text)
        .map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
    let is_one = answer.as_object().is_some_and(|members| {
        members.len() == 1
            && (members.contains_key("result")
                || members
                    .get("error")
                    .is_some_and(|error| error["type"].is_string()))
    });
    prop_assert!(is_one, "{text}");
    Ok(())
}

fn member() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(vec![
        ("config", "address"),
        ("config", "timewindow"),
        ("config", "label_schema"),
        ("config", "sample_interval"),
        ("config", "max_result_bytes"),
        ("config", "secret"),
        ("query", "metric_name"),
        ("query", "start"),
        ("query", "step"),
        ("query", "labels"),
        ("query", "group_by"),
        ("query", "metric_type"),
        ("query", "pointwise"),
        ("query", "utc_offset"),
        ("config", "method"),
        ("config", "backend"),
        ("config", "now"),
        ("query", "\u{0}"),
    ])
}

/// A JSON value of any kind, numbers that fit no field among them.
fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
        prop::collection::vec(text(), 0..3).prop_map(Value::from),
        (text(), text()).prop_map(|(name, value)| json!({ name: value })),
    ]
}

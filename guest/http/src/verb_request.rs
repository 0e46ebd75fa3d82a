//! The request of a verb, as its JSON text: from a body, or from a URL's parameters. The configuration goes in here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::problem::Problem;

/// The fields of the configuration that a request may set. They change what one answer means to the one who asks, and
/// nothing of where and with how much it is asked.
pub const OF_A_REQUEST: [&str; 2] = ["partial", "timewindow"];

/// The most characters of a name that are repeated.
const SHOWN: usize = 64;

/// The text that a verb is called with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerbRequest {
    /// A `request` of `wit/schema/metric-service.schema.json`.
    pub text: String,
    /// The fields of the configuration that the caller set: faults of these are the caller's, not the operator's.
    pub of_the_caller: Vec<&'static str>,
}

impl VerbRequest {
    fn of_parameters(request: &Value) -> Self {
        Self {
            text: request.to_string(),
            of_the_caller: Vec::new(),
        }
    }
}

/// A request without a body, whose configuration is all that there is to it.
///
/// # Errors
/// `invalid_argument`: a parameter that there is not, or that cannot be read.
pub fn of_metadata(parameters: &str, config: &Map<String, Value>) -> Result<VerbRequest, Problem> {
    let mut config = config.clone();
    for (name, value) in form_urlencoded::parse(parameters.as_bytes()) {
        match &*name {
            PARTIAL => config.insert(PARTIAL.to_owned(), flag(&value)?),
            unknown => return Err(no_such_parameter(unknown, PARTIAL)),
        };
    }
    Ok(VerbRequest::of_parameters(&json!({ "config": config })))
}

/// A body with the configuration in it. All else stays as it was.
///
/// # Errors
/// `invalid_argument`: it is no JSON object, or sets what is not the caller's.
pub fn of_body(body: &str, config: &Map<String, Value>) -> Result<VerbRequest, Problem> {
    let unreadable = |error: serde_json::Error| invalid("request", error.to_string());
    let mut members: BTreeMap<Cow<'_, str>, &RawValue> =
        serde_json::from_str(body).map_err(unreadable)?;
    let own = members.remove("config").map_or("null", RawValue::get);
    let own: Option<Map<String, Value>> =
        serde_json::from_str(own).map_err(|error| invalid("config", error.to_string()))?;
    let mut config = config.clone();
    let mut of_the_caller = Vec::new();
    for (name, value) in own.unwrap_or_default() {
        let Some(known) = OF_A_REQUEST.into_iter().find(|known| *known == name) else {
            return Err(invalid(
                format!("config.{}", head(&name)),
                format!(
                    "it is the service's own; a request may set {} of it, or leave it out",
                    OF_A_REQUEST.join(" and ")
                ),
            ));
        };
        of_the_caller.push(known);
        config.insert(name, value);
    }
    let mut text = format!("{{\"config\":{}", Value::Object(config));
    for (name, value) in members {
        text.push(',');
        text.push_str(&Value::from(name).to_string());
        text.push(':');
        text.push_str(value.get());
    }
    text.push('}');
    Ok(VerbRequest {
        text,
        of_the_caller,
    })
}

/// Parameters that may be given several times: what is counted in.
const FILTERS: [&str; 5] = [
    "agent_id",
    "kernel_id",
    "session_id",
    "user_id",
    "project_id",
];
/// Parameters that are texts.
const TEXTS: [&str; 3] = ["metric_name", "start", "end"];
const LIMIT: &str = "limit";
const VALUE_TYPE: &str = "value_type";
const PARTIAL: &str = "partial";

/// The request of `values`: `dimension` is from the path, percent-encoded, and `parameters` is the URL's query.
///
/// # Errors
/// `invalid_argument`: a parameter that there is not, or that cannot be read.
pub fn of_values(
    dimension: &str,
    parameters: &str,
    config: &Map<String, Value>,
) -> Result<VerbRequest, Problem> {
    let dimension = percent_decode_str(dimension).decode_utf8_lossy();
    let (mut config, mut filter, mut labels) = (config.clone(), Map::new(), Map::new());
    for (name, value) in form_urlencoded::parse(parameters.as_bytes()) {
        match &*name {
            PARTIAL => {
                config.insert(PARTIAL.to_owned(), flag(&value)?);
            }
            LIMIT => {
                let limit: u32 = value.parse().map_err(|_| {
                    invalid("filter.limit", "accepted is a whole number from 1 to 10000")
                })?;
                filter.insert(LIMIT.to_owned(), limit.into());
            }
            VALUE_TYPE => {
                labels.insert(VALUE_TYPE.to_owned(), value.into());
            }
            text if TEXTS.contains(&text) => {
                filter.insert(text.to_owned(), value.into());
            }
            repeated if FILTERS.contains(&repeated) => {
                let values = labels.entry(repeated).or_insert_with(|| json!([]));
                if let Value::Array(values) = values {
                    values.push(value.into());
                }
            }
            unknown => {
                let accepted = [&TEXTS[..], &[LIMIT, PARTIAL, VALUE_TYPE], &FILTERS[..]].concat();
                return Err(no_such_parameter(unknown, &accepted.join(", ")));
            }
        }
    }
    filter.insert("labels".to_owned(), labels.into());
    Ok(VerbRequest::of_parameters(&json!({
        "config": config,
        "source": { "dimension": dimension.replace('-', "_") },
        "filter": filter,
    })))
}

/// Milliseconds. A probe gives up long before a call does: those who wait for it decide where requests go.
const PATIENCE: u64 = 3_000;

/// The request of a preset that reads no series: whatever answers it is ready to answer others.
pub fn of_probe(config: &Map<String, Value>) -> VerbRequest {
    let mut config = config.clone();
    let own = config.get("timeout").and_then(Value::as_u64);
    let timeout = own.map_or(PATIENCE, |own| own.min(PATIENCE));
    config.insert("timeout".to_owned(), timeout.into());
    VerbRequest::of_parameters(&json!({
        "config": config,
        "preset": { "template": "vector(1)" },
    }))
}

fn flag(value: &str) -> Result<Value, Problem> {
    match value {
        "true" | "1" | "" => Ok(true.into()),
        "false" | "0" => Ok(false.into()),
        _ => Err(invalid("config.partial", "accepted are true and false")),
    }
}

fn no_such_parameter(name: &str, accepted: &str) -> Problem {
    let reason = format!("there is no such parameter; accepted are {accepted}");
    invalid(head(name), reason)
}

fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Problem {
    let (field, reason) = (field.into(), reason.into());
    let error = json!({ "type": "invalid_argument", "field": field, "reason": reason });
    let Value::Object(error) = error else {
        return Problem::new(400, "invalid-argument", reason);
    };
    Problem::of_error(error)
}

fn head(name: &str) -> String {
    name.chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Map<String, Value> {
        Map::from_iter([("address".to_owned(), "h:1".into())])
    }

    fn parsed(request: &VerbRequest) -> Value {
        serde_json::from_str(&request.text).unwrap()
    }

    #[test]
    fn the_configuration_goes_in_and_the_rest_stays_as_it_was() {
        let request = of_body(
            r#"{"query": {"a": 0.30000000000000004}, "b": [1e400]}"#,
            &config(),
        )
        .unwrap();
        assert_eq!(
            request.text,
            r#"{"config":{"address":"h:1"},"b":[1e400],"query":{"a": 0.30000000000000004}}"#
        );
    }

    #[test]
    fn a_request_sets_what_is_its_own_and_nothing_else_of_the_configuration() {
        let body = r#"{"config": {"partial": true, "timewindow": "5m"}}"#;
        let request = of_body(body, &config()).unwrap();
        assert_eq!(
            parsed(&request)["config"],
            json!({"address": "h:1", "partial": true, "timewindow": "5m"})
        );
        assert_eq!(request.of_the_caller, OF_A_REQUEST);
        for body in [
            r#"{"config": {"address": "evil:1"}}"#,
            r#"{"config": {"partial": true, "max_range": 1000}}"#,
            r#"{"\u0063onfig": {"now": 5}}"#,
            r#"{"config": 5}"#,
            "[]",
            "{",
            "",
        ] {
            let problem = of_body(body, &config()).unwrap_err();
            assert_eq!(problem.status(), 400, "{body}");
        }
    }

    #[test]
    fn fields_and_parameters_are_those_of_the_table_and_of_the_contract() {
        let table: Value =
            serde_json::from_str(include_str!("../../../wit/schema/http.json")).unwrap();
        assert_eq!(table["config_of_a_request"], json!(OF_A_REQUEST));
        let schema: Value = serde_json::from_str(include_str!(
            "../../../wit/schema/metric-service.schema.json"
        ))
        .unwrap();
        let members = |definition: &str| {
            let properties = schema["$defs"][definition]["properties"].as_object();
            let mut names: Vec<String> = properties.unwrap().keys().cloned().collect();
            names.sort_unstable();
            names
        };
        let mut filters = [&FILTERS[..], &[VALUE_TYPE]].concat();
        filters.sort_unstable();
        assert_eq!(members("label_filter"), filters);
        let mut others = [&TEXTS[..], &["labels", LIMIT]].concat();
        others.sort_unstable();
        assert_eq!(members("value_filter"), others);
    }

    #[test]
    fn a_urls_parameters_are_the_request_of_a_verb() {
        let request = of_values(
            "kernel%2Did",
            "metric_name=mem&start=0&end=60&limit=5&agent_id=a&agent_id=b%26c&value_type=current&partial",
            &config(),
        );
        assert_eq!(
            parsed(&request.unwrap()),
            json!({
                "config": {"address": "h:1", "partial": true},
                "source": {"dimension": "kernel_id"},
                "filter": {
                    "metric_name": "mem", "start": "0", "end": "60", "limit": 5,
                    "labels": {"agent_id": ["a", "b&c"], "value_type": "current"},
                },
            })
        );
        let request = of_metadata("partial=0", &config()).unwrap();
        assert_eq!(
            parsed(&request),
            json!({"config": {"address": "h:1", "partial": false}})
        );
    }

    #[test]
    fn a_probe_gives_up_early() {
        let timeout = |own: Option<u64>| {
            let own = own.map(|own| ("timeout".to_owned(), own.into()));
            let config = config().into_iter().chain(own).collect();
            parsed(&of_probe(&config))["config"]["timeout"].clone()
        };
        assert_eq!(timeout(None), 3_000);
        assert_eq!(timeout(Some(30_000)), 3_000);
        assert_eq!(timeout(Some(500)), 500);
    }

    #[test]
    fn a_parameter_that_there_is_not_is_refused_with_those_there_are() {
        for parameters in [
            "limit=many",
            "limit=-1",
            "limt=5",
            "partial=perhaps",
            "address=evil",
        ] {
            let problem = of_values("kernel_id", parameters, &config()).unwrap_err();
            assert_eq!(problem.status(), 400, "{parameters}");
        }
        let problem = of_metadata("limit=5", &config()).unwrap_err();
        assert!(problem.response().body.contains("accepted are partial"));
    }
}

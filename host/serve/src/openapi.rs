//! The description of the API (OpenAPI 3.1), made from the contract's schema and the table of verbs.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::verbs::{METRICS, STREAM, VALUES, VERBS, Verb};

/// The schema of the interface `json`. The only one there is.
const SCHEMA: &str = include_str!("../../../wit/schema/metric-service.schema.json");

/// The fields of the configuration that a request may set.
const OF_THE_REQUEST: [&str; 2] = ["partial", "timewindow"];

/// The filters of a list of values that stand in its path's query.
const FILTERS: [(&str, &str); 6] = [
    ("value_type", "Of this value type only."),
    ("agent_id", "Of these agents only; may be repeated."),
    ("kernel_id", "Of these kernels only; may be repeated."),
    ("session_id", "Of these sessions only; may be repeated."),
    ("user_id", "Of these users only; may be repeated."),
    ("project_id", "Of these projects only; may be repeated."),
];

/// The whole document.
pub(crate) fn document() -> Result<Value, serde_json::Error> {
    let schema: Value = serde_json::from_str(SCHEMA)?;
    let mut schemas = schemas(&schema);
    let requests: BTreeSet<&str> = VERBS.iter().map(|verb| verb.request).collect();
    for request in requests {
        if let Some(request) = schemas.get_mut(request) {
            without_config(request);
        }
    }
    schemas.insert("problem".to_owned(), problem());
    let mut paths: Map<String, Value> = VERBS.iter().map(of_verb).collect();
    paths.extend(others());
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Metric Service",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "How much CPU, memory, network and disk did this kernel, session, agent, user or project use. \
                Requests and answers are those of the contract's interface `json`, less `config`, which is the service's own.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "security": [{}, { "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "parameters": { "scope": scope() },
            "responses": { "problem": problem_response() },
        },
    }))
}

/// The schema's definitions, each reference led to where they stand here.
fn schemas(schema: &Value) -> Map<String, Value> {
    let definitions = schema.get("$defs").and_then(Value::as_object);
    let mut definitions = definitions.cloned().unwrap_or_default();
    definitions.values_mut().for_each(lead);
    definitions
}

fn lead(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get_mut("$ref") {
                *target = target.replace("#/$defs/", "#/components/schemas/");
            }
            members.values_mut().for_each(lead);
        }
        Value::Array(items) => items.iter_mut().for_each(lead),
        _ => {}
    }
}

/// A request as it is sent here: its configuration can be left out, and has few fields.
fn without_config(request: &mut Value) {
    let fields: Map<String, Value> = OF_THE_REQUEST
        .iter()
        .map(|field| {
            let field_of = format!("#/components/schemas/config/properties/{field}");
            ((*field).to_owned(), json!({ "$ref": field_of }))
        })
        .collect();
    if let Some(required) = request.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| name != "config");
    }
    if let Some(config) = request.pointer_mut("/properties/config") {
        *config = json!({
            "type": "object",
            "description": "What a request may set in the place of the service's own.",
            "properties": fields,
            "additionalProperties": false,
        });
    }
}

fn of_verb(verb: &Verb) -> (String, Value) {
    let answer = format!("#/components/schemas/{}/oneOf/0", verb.answer);
    let ok = json!({
        "description": "The answer.",
        "headers": {
            "ETag": { "schema": { "type": "string" } },
            "Cache-Control": {
                "description": "`max-age` where the answer is final: no data of its range can arrive any more.",
                "schema": { "type": "string" },
            },
        },
        "content": { "application/json": { "schema": { "$ref": answer } } },
    });
    let request = format!("#/components/schemas/{}", verb.request);
    (
        verb.path.to_owned(),
        post(verb.name, verb.summary, &request, &ok),
    )
}

fn post(name: &str, summary: &str, request: &str, ok: &Value) -> Value {
    json!({ "post": {
        "operationId": name,
        "summary": summary,
        "parameters": [{ "$ref": "#/components/parameters/scope" }],
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": { "$ref": request } } },
        },
        "responses": {
            "200": ok,
            "304": { "description": "The one who asks has it already, as `If-None-Match` says." },
            "default": { "$ref": "#/components/responses/problem" },
        },
    } })
}

fn get(name: &str, summary: &str, parameters: &[Value], content: &Value) -> Value {
    json!({ "get": {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": { "description": "The answer.", "content": content },
            "default": { "$ref": "#/components/responses/problem" },
        },
    } })
}

fn others() -> Vec<(String, Value)> {
    let of_schema = |name: &str| {
        let schema = format!("#/components/schemas/{name}/oneOf/0");
        json!({ "application/json": { "schema": { "$ref": schema } } })
    };
    let text = json!({ "text/plain": { "schema": { "type": "string" } } });
    let ndjson = json!({
        "description": "A JSON object a line, each with its `kind`: `plan` first, then `series`, `warning`, `info` and \
            `missing` as they come, `end` last. Where there is no `end`, the rest was lost on the way.",
        "content": { "application/x-ndjson": { "schema": {
            "type": "object",
            "properties": { "kind": { "enum": ["plan", "series", "warning", "info", "missing", "end"] } },
            "required": ["kind"],
        } } },
    });
    let scope = json!({ "$ref": "#/components/parameters/scope" });
    let parameter = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "description": description, "schema": schema });
    let string = || json!({ "type": "string" });
    let partial = parameter(
        "partial",
        "Whether the answer may be partial.",
        json!({ "type": "boolean" }),
    );
    let mut of_values = vec![
        scope.clone(),
        json!({
            "name": "dimension", "in": "path", "required": true,
            "schema": { "$ref": "#/components/schemas/dimension" },
        }),
        parameter("metric_name", "Of this metric only.", string()),
        parameter("start", "The first instant; with `end`.", string()),
        parameter("end", "The last instant.", string()),
        parameter(
            "limit",
            "The most that are wanted, 1 to 10000. Left out: 1000.",
            json!({ "type": "integer" }),
        ),
        partial.clone(),
    ];
    of_values.extend(FILTERS.map(|(name, description)| parameter(name, description, string())));
    vec![
        (
            STREAM.to_owned(),
            post(
                "query-stream",
                "The series of a query as they arrive, for answers that are larger than memory",
                "#/components/schemas/verb_request",
                &ndjson,
            ),
        ),
        (
            METRICS.to_owned(),
            get(
                "query-metadata",
                "What there is to query",
                &[scope, partial],
                &of_schema("metadata_answer"),
            ),
        ),
        (
            VALUES.to_owned(),
            get(
                "values",
                "What there is to filter on",
                &of_values,
                &of_schema("value_answer"),
            ),
        ),
        (
            "/healthz".to_owned(),
            get("healthz", "Whether the process answers", &[], &text),
        ),
        (
            "/readyz".to_owned(),
            get("readyz", "Whether Prometheus can be asked", &[], &text),
        ),
        (
            "/metrics".to_owned(),
            get(
                "metrics",
                "The service's own metrics",
                &[],
                &json!({ "application/openmetrics-text": { "schema": { "type": "string" } } }),
            ),
        ),
    ]
}

fn scope() -> Value {
    json!({
        "name": "x-metric-scope", "in": "header",
        "description": "Only series with this label count: `label=value` or `label=~regex`; may be repeated. \
            A service names one with each request.",
        "schema": { "type": "string" },
    })
}

fn problem_response() -> Value {
    json!({
        "description": "Why there is no answer (RFC 9457).",
        "headers": { "Retry-After": { "description": "Seconds, with 429 and 503.", "schema": { "type": "integer" } } },
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/problem" } } },
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "properties": {
            "type": { "type": "string", "description": "`urn:backendai:metric:problem:` and a word for programs." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "error": { "$ref": "#/components/schemas/error" },
            "request_id": { "type": "string", "description": "The name under which the log knows the request." },
        },
        "required": ["type", "title", "status", "detail", "request_id"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(target)) = members.get("$ref") {
                    found.push(target);
                }
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_of_the_description_leads_somewhere() {
        let document = document().unwrap();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 100);
        for target in found {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{target}");
        }
    }

    #[test]
    fn a_request_needs_no_configuration_and_sets_little_of_it() {
        let document = document().unwrap();
        for verb in VERBS {
            let request = &document["components"]["schemas"][verb.request];
            let required = request["required"].as_array();
            assert!(!required.is_some_and(|all| all.contains(&json!("config"))));
            let config = request["properties"]["config"]["properties"]
                .as_object()
                .unwrap();
            assert_eq!(
                config.keys().collect::<Vec<_>>(),
                ["partial", "timewindow"],
                "{}",
                verb.request
            );
        }
    }

    #[test]
    fn every_path_that_is_described_has_a_row_in_the_table_of_who_may_ask() {
        use crate::access::Door;
        let document = document().unwrap();
        let doors: Vec<&str> = Door::paths().collect();
        for path in document["paths"].as_object().unwrap().keys() {
            assert!(doors.contains(&path.as_str()), "{path}");
        }
    }

    #[test]
    fn the_paths_that_every_server_has_are_those_of_the_table() {
        let table: Value =
            serde_json::from_str(include_str!("../../../wit/schema/http.json")).unwrap();
        let document = document().unwrap();
        for entry in table["paths"].as_array().unwrap() {
            let path = entry["path"].as_str().unwrap();
            let method = entry["method"].as_str().unwrap().to_lowercase();
            let described = &document["paths"][path][method];
            assert!(described.is_object(), "{path}");
            if let Some(verb) = entry["verb"].as_str() {
                assert_eq!(described["operationId"], verb, "{path}");
            }
        }
    }

    #[test]
    fn every_verb_names_definitions_that_there_are() {
        let document = document().unwrap();
        for verb in VERBS {
            let schemas = &document["components"]["schemas"];
            assert!(schemas[verb.request].is_object(), "{}", verb.request);
            assert!(
                schemas[verb.answer]["oneOf"][0]["properties"]["result"].is_object(),
                "{}",
                verb.answer
            );
        }
    }
}

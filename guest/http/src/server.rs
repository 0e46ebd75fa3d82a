//! A request from its head to its response. The platform provides a head, a body and a clock.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::hosts;
use crate::problem::Problem;
use crate::routes::{self, Task, Unrouted};
use crate::settings::Settings;
use crate::verb_request::{self, VerbRequest};

/// The most bytes of a body. 10,000 subjects of a preset's question are half of it.
pub const LARGEST_BODY: usize = 1 << 20;
/// Seconds that a body may take. A megabyte takes a tenth of it over a slow mobile connection.
pub const BODY_SECONDS: u64 = 10;

const JSON: &str = "application/json";
/// The start of every answer of our plugins: it tells an answer from an error without reading the rest.
const RESULT: &str = "{\"result\":";

/// The head of a request.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// The method, in capitals.
    pub method: String,
    /// Path and query, percent-encoded.
    pub target: String,
    /// The host that the request names, with its port.
    pub authority: Option<String>,
    /// The header `origin`.
    pub origin: Option<String>,
    /// The header `sec-fetch-site`.
    pub fetch_site: Option<String>,
    /// The header `content-type`.
    pub content_type: Option<String>,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: &'static str,
    /// Further headers.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body.
    pub body: String,
}

impl Response {
    /// A response without further headers.
    pub fn new(status: u16, content_type: &'static str, body: String) -> Self {
        Self {
            status,
            content_type,
            headers: Vec::new(),
            body,
        }
    }
}

/// The reason why a body could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// It is larger than [`LARGEST_BODY`].
    TooLarge,
    /// It took longer than [`BODY_SECONDS`].
    TooSlow,
    /// It broke off, or is not what its head says.
    Broken,
}

/// The platform that this component runs on.
pub trait Platform {
    /// The environment variables.
    fn environment(&self) -> Vec<(String, String)>;
    /// The time of day, Unix milliseconds.
    fn now(&self) -> i64;
    /// The whole body, bounded in size and time. Asked for once.
    ///
    /// # Errors
    /// [`BodyError`].
    fn body(&self) -> Result<Vec<u8>, BodyError>;
    /// Has the plugin answer: `backendai:metric/json`.
    fn call(&self, verb: &str, request: &str) -> String;
}

/// The response to a request.
pub fn respond(head: &Head, platform: &impl Platform) -> Response {
    answer(head, platform).unwrap_or_else(Problem::response)
}

fn answer(head: &Head, platform: &impl Platform) -> Result<Response, Problem> {
    let (path, parameters) = head.target.split_once('?').unwrap_or((&head.target, ""));
    let task = routes::find(&head.method, path).map_err(|unrouted| match unrouted {
        Unrouted::NoSuchPath => Problem::new(404, "not-found", "there is nothing at this path"),
        Unrouted::OtherMethod(methods) => Problem::other_method(methods),
    })?;
    if task == Task::Alive {
        return Ok(text("ok\n"));
    }
    let Settings { mut config, hosts } = Settings::read(&platform.environment())?;
    hosts::admit(head, &hosts)?;
    config.insert("now".to_owned(), platform.now().into());
    match task {
        Task::Verb(verb) => {
            let body = body(head, platform)?;
            call(verb, &verb_request::of_body(&body, &config)?, platform)
        }
        Task::Metrics => {
            let request = verb_request::of_metadata(parameters, &config)?;
            call("query-metadata", &request, platform)
        }
        Task::Values(dimension) => {
            let request = verb_request::of_values(dimension, parameters, &config)?;
            call("values", &request, platform)
        }
        Task::Alive | Task::Ready => {
            call("preset-execute", &verb_request::of_probe(&config), platform)
                .map(|_| text("ready\n"))
                .map_err(Problem::not_ready)
        }
    }
}

fn text(text: &str) -> Response {
    Response::new(200, "text/plain; charset=utf-8", text.to_owned())
}

fn call(verb: &str, request: &VerbRequest, platform: &impl Platform) -> Result<Response, Problem> {
    let answer = platform.call(verb, &request.text);
    match error_of(&answer)? {
        None => Ok(Response::new(200, JSON, answer)),
        Some(error) => Err(Problem::of_answer(error, &request.of_the_caller)),
    }
}

/// The error of an answer that is one.
fn error_of(answer: &str) -> Result<Option<Map<String, Value>>, Problem> {
    #[derive(Deserialize)]
    struct Answer {
        result: Option<IgnoredAny>,
        error: Option<Map<String, Value>>,
    }
    if answer.starts_with(RESULT) {
        return Ok(None);
    }
    match serde_json::from_str(answer) {
        Ok(Answer {
            result: Some(_),
            error: None,
        }) => Ok(None),
        Ok(Answer {
            result: None,
            error: Some(error),
        }) => Ok(Some(error)),
        _ => Err(Problem::broken_contract()),
    }
}

fn body(head: &Head, platform: &impl Platform) -> Result<String, Problem> {
    if !is_json(head.content_type.as_deref()) {
        // Also what a page of another origin may send without asking first.
        return Err(Problem::new(
            415,
            "unsupported-media-type",
            "accepted is a body with content-type: application/json",
        ));
    }
    let body = platform.body().map_err(|error| match error {
        BodyError::TooLarge => Problem::new(
            413,
            "body-too-large",
            format!("a body has at most {LARGEST_BODY} bytes"),
        ),
        BodyError::TooSlow => Problem::new(
            408,
            "slow-body",
            format!("a body comes within {BODY_SECONDS} s"),
        ),
        BodyError::Broken => Problem::new(
            400,
            "unreadable-body",
            "the body broke off, or is not what its head says",
        ),
    })?;
    String::from_utf8(body)
        .map_err(|_| Problem::new(400, "unreadable-body", "the body is no UTF-8"))
}

fn is_json(content_type: Option<&str>) -> bool {
    let essence = content_type.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(JSON))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::cell::RefCell;

    /// A platform with a plugin that always answers the same.
    struct Fake {
        variables: Vec<(&'static str, &'static str)>,
        body: Result<Vec<u8>, BodyError>,
        answer: &'static str,
        calls: RefCell<Vec<(String, Value)>>,
    }

    impl Fake {
        fn new(answer: &'static str) -> Self {
            Self {
                variables: vec![("METRIC_ADDRESS", "h:1")],
                body: Ok(b"{}".to_vec()),
                answer,
                calls: RefCell::default(),
            }
        }
    }

    impl Platform for Fake {
        fn environment(&self) -> Vec<(String, String)> {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            self.variables.iter().map(owned).collect()
        }
        fn now(&self) -> i64 {
            5
        }
        fn body(&self) -> Result<Vec<u8>, BodyError> {
            self.body.clone()
        }
        fn call(&self, verb: &str, request: &str) -> String {
            let request = serde_json::from_str(request).unwrap();
            self.calls.borrow_mut().push((verb.to_owned(), request));
            self.answer.to_owned()
        }
    }

    fn head(method: &str, target: &str) -> Head {
        Head {
            method: method.to_owned(),
            target: target.to_owned(),
            authority: Some("127.0.0.1:8080".to_owned()),
            content_type: Some("application/json; charset=utf-8".to_owned()),
            ..Head::default()
        }
    }

    fn kind(response: &Response) -> (u16, String) {
        let document: Value = serde_json::from_str(&response.body).unwrap();
        assert_eq!(response.content_type, "application/problem+json");
        assert_eq!(document["status"], response.status);
        let kind = document["type"].as_str().unwrap();
        (response.status, kind.rsplit_once(':').unwrap().1.to_owned())
    }

    #[test]
    fn a_result_goes_out_as_the_plugin_wrote_it() {
        for answer in [r#"{"result":{"a": 1e400}}"#, r#"{ "result": 1 }"#] {
            let fake = Fake::new(answer);
            let response = respond(&head("POST", "/v1/query"), &fake);
            assert_eq!(
                (response.status, response.content_type, &*response.body),
                (200, JSON, answer)
            );
            let calls = fake.calls.take();
            assert_eq!(
                calls,
                [(
                    "query-range".to_owned(),
                    json!({"config": {"address": "h:1", "now": 5}})
                )]
            );
        }
    }

    #[test]
    fn metrics_values_and_readiness_are_asked_of_the_plugin_and_health_is_not() {
        let fake = Fake::new(r#"{"result":1}"#);
        assert_eq!(respond(&head("GET", "/healthz"), &fake).body, "ok\n");
        assert_eq!(fake.calls.borrow().len(), 0);
        for path in ["/v1/metrics", "/v1/values/agent_id?limit=3", "/readyz"] {
            assert_eq!(respond(&head("GET", path), &fake).status, 200, "{path}");
        }
        let verbs: Vec<String> = fake
            .calls
            .take()
            .into_iter()
            .map(|(verb, _)| verb)
            .collect();
        assert_eq!(verbs, ["query-metadata", "values", "preset-execute"]);
    }

    #[test]
    fn what_cannot_be_asked_is_a_problem_and_reaches_no_plugin() {
        let with = |change: fn(&mut Head, &mut Fake)| {
            let (mut head, mut fake) = (head("POST", "/v1/query"), Fake::new(r#"{"result":1}"#));
            change(&mut head, &mut fake);
            let found = kind(&respond(&head, &fake));
            assert_eq!(fake.calls.borrow().len(), 0, "{found:?}");
            found
        };
        let of = |status: u16, kind: &str| (status, kind.to_owned());
        assert_eq!(
            with(|head, _| head.target = "/v2".into()),
            of(404, "not-found")
        );
        assert_eq!(
            with(|head, _| head.method = "GET".into()),
            of(405, "method-not-allowed")
        );
        assert_eq!(
            with(|head, _| head.content_type = None),
            of(415, "unsupported-media-type")
        );
        assert_eq!(
            with(|head, _| head.content_type = Some("text/plain".into())),
            of(415, "unsupported-media-type")
        );
        assert_eq!(
            with(|head, _| head.authority = Some("evil.example".into())),
            of(403, "other-host")
        );
        assert_eq!(
            with(|head, _| head.origin = Some("http://evil.example".into())),
            of(403, "other-origin")
        );
        assert_eq!(
            with(|_, fake| fake.variables.clear()),
            of(500, "misconfigured")
        );
        assert_eq!(
            with(|_, fake| fake.variables.push(("METRIC_BACKEND", "x"))),
            of(500, "misconfigured")
        );
        assert_eq!(
            with(|_, fake| fake.body = Err(BodyError::TooLarge)),
            of(413, "body-too-large")
        );
        assert_eq!(
            with(|_, fake| fake.body = Err(BodyError::TooSlow)),
            of(408, "slow-body")
        );
        assert_eq!(
            with(|_, fake| fake.body = Err(BodyError::Broken)),
            of(400, "unreadable-body")
        );
        assert_eq!(
            with(|_, fake| fake.body = Ok(vec![0xff])),
            of(400, "unreadable-body")
        );
        assert_eq!(
            with(|_, fake| fake.body = Ok(b"[]".to_vec())),
            of(400, "invalid-argument")
        );
    }

    #[test]
    fn an_error_of_the_plugin_is_a_problem_of_its_class_and_nonsense_is_the_plugins_fault() {
        let late = r#"{"error":{"type":"timed_out","message":"m","chunk":null}}"#;
        let response = respond(&head("POST", "/v1/query"), &Fake::new(late));
        assert_eq!(kind(&response), (504, "timed-out".to_owned()));
        let readiness = respond(&head("GET", "/readyz"), &Fake::new(late));
        assert_eq!(kind(&readiness), (503, "not-ready".to_owned()));
        for nonsense in [
            "",
            "{}",
            "[1]",
            r#"{"error":5}"#,
            r#"{"error":{"type":"odd"}}"#,
            r#" {"result":1,"error":{}}"#,
        ] {
            let response = respond(&head("POST", "/v1/query"), &Fake::new(nonsense));
            assert_eq!(
                kind(&response),
                (500, "plugin-failed".to_owned()),
                "{nonsense}"
            );
        }
    }

    #[test]
    fn the_largest_body_is_that_of_the_table() {
        let table: Value =
            serde_json::from_str(include_str!("../../../wit/schema/http.json")).unwrap();
        assert_eq!(table["largest_body_bytes"], LARGEST_BODY);
    }
}

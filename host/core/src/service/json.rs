//! The verbs with JSON texts, each by its name: the contract's `json`. For a host that hands the texts on.
//!
//! The texts are the plugin's. Here the configuration is put into what goes in; what comes out is held to be JSON of
//! the contract's form, and to name the queries that were sent. Other fields of an answer are not counted as the typed
//! verbs do: their size is bounded, and they are data.

use std::{borrow::Cow, collections::BTreeMap, fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};

use super::{MetricService, functions::supported, validate::broken};
use crate::{
    contract::{
        error::{CallError, ServiceError},
        error_document::renamed,
        types::{Config, InvalidArgument, Span},
    },
    egress::Egress,
};

/// The verbs whose request has the options of a range.
const WITH_RANGE_OPTIONS: &[&str] = &[
    "find-anomalies",
    "find-outliers",
    "plan",
    "preset-execute-batch",
    "preset-execute-range",
    "query-batch",
    "query-derived",
    "query-families",
    "query-family",
    "query-page",
    "query-range",
    "rank",
    "summarize",
];

/// The fields of the configuration that a request may set. They change what one answer means to the one who asks, and
/// nothing of where and with how much it is asked.
const OF_THE_REQUEST: &[&str] = &["partial", "timewindow"];

/// The bytes of a text that is read by the thread which serves calls: some milliseconds. A larger one would hold up others,
/// and is read by a thread for what takes long.
const READ_AT_ONCE: usize = 1 << 20;

/// An answer as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonAnswer {
    /// `{"result": …}`, as `wit/schema/metric-service.schema.json` describes it.
    pub text: String,
    /// The last instant of a range, Unix milliseconds; of several, the latest. None: it is no answer about ranges, or
    /// one that lacks something, or that the server had a warning about.
    pub whole_until: Option<i64>,
}

impl MetricService {
    /// Calls a verb by its name in the contract's interface `json`. `request` is a `request` of the schema, less
    /// `config`: that of the service is put into it. It may have a `config` with `partial` and `timewindow`, which then
    /// hold in the place of the service's.
    ///
    /// Scope, credentials and cache are those of the service, as for every other verb. An answer names the PromQL that
    /// was sent.
    ///
    /// # Errors
    /// [`CallError`], also where the plugin answers `{"error": …}`.
    pub async fn call_json(
        &self,
        verb: &'static str,
        request: &str,
    ) -> Result<JsonAnswer, CallError> {
        self.observed(verb, async {
            let function = &supported(&self.plugin.functions.json, verb)?.call;
            let options = WITH_RANGE_OPTIONS.contains(&verb) && self.egress.keeps_answers();
            let request = configured(request, &self.config_now(), options)?;
            let (text,): (String,) = self.call(function, (verb, &*request)).await?;
            if text.len() <= READ_AT_ONCE {
                return answer(text, &self.egress);
            }
            let egress = Arc::clone(&self.egress);
            let reading = tokio::task::spawn_blocking(move || answer(text, &egress)).await;
            reading.unwrap_or_else(|gone| {
                Err(CallError::OutOfResources {
                    source: gone.into(),
                })
            })
        })
        .await
    }
}

/// Reads the plugin's text.
fn answer(text: String, egress: &Egress) -> Result<JsonAnswer, CallError> {
    let Outcome { result, error } =
        serde_json::from_str(&text).map_err(|error| broken(format!("no JSON: {error}")))?;
    let result = match (result, error) {
        (Some(result), None) => result,
        (None, Some(error)) => return Err(failure(error)),
        _ => return Err(broken("neither a result nor an error".to_owned())),
    };
    let shape = Shape::of(result)?;
    let whole_until = shape.whole_until();
    let mut sent = Vec::new();
    for written in shape.queries() {
        let query: String = read(written)?;
        let bound = egress.bound_query(query.clone())?;
        if bound != query {
            sent.push((place(&text, written), Value::from(bound).to_string()));
        }
    }
    Ok(JsonAnswer {
        text: replaced(text, sent),
        whole_until,
    })
}

/// The whole text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outcome<'a> {
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error: Option<Map<String, Value>>,
}

fn failure(mut error: Map<String, Value>) -> CallError {
    let chunk = match error.remove("chunk") {
        Some(Value::Null) | None => None,
        Some(chunk) => match serde_json::from_value::<Span>(chunk) {
            Ok(chunk) => Some(chunk),
            Err(error) => return broken(format!("a chunk that is none: {error}")),
        },
    };
    match (ServiceError::from_document(error), chunk) {
        (Some(error), Some(chunk)) => CallError::Chunk { error, chunk },
        (Some(error), None) => error.into(),
        (None, _) => broken("an error that the contract does not have".to_owned()),
    }
}

/// The members of an answer that the host has a use for, wherever the verb has them.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    promql: Option<&'a RawValue>,
    end: Option<i64>,
    #[serde(default)]
    partial: bool,
    #[serde(borrow, default)]
    warnings: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    missing: Vec<&'a RawValue>,
    /// Of a range. None at all may be there the next time: the samples come late, or the scope is mended.
    #[serde(borrow)]
    series: Option<&'a RawValue>,
    /// Of a range, and of an entry of a batch of presets: what has the query.
    #[serde(borrow, alias = "instant", alias = "range")]
    answer: Option<Box<Answer<'a>>>,
}

impl<'a> Answer<'a> {
    fn queries(&self) -> Vec<&'a RawValue> {
        let inner = self.answer.as_deref().map(Answer::queries);
        self.promql
            .into_iter()
            .chain(inner.unwrap_or_default())
            .collect()
    }

    fn whole_until(&self) -> Option<i64> {
        if self.partial || !self.missing.is_empty() || !self.warnings.is_empty() {
            return None;
        }
        match (&self.answer, self.series.map(RawValue::get)) {
            (Some(inner), _) => inner.whole_until(),
            (None, Some("[]")) => None,
            (None, _) => self.end,
        }
    }
}

/// An entry of a batch.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    result: Option<Answer<'a>>,
}

/// The forms of a result.
enum Shape<'a> {
    Query(&'a RawValue),
    One(Answer<'a>),
    Many(Vec<Entry<'a>>),
}

impl<'a> Shape<'a> {
    fn of(result: &'a RawValue) -> Result<Self, CallError> {
        Ok(match result.get().as_bytes().first() {
            Some(b'"') => Self::Query(result),
            Some(b'{') => Self::One(read(result)?),
            Some(b'[') => Self::Many(read(result)?),
            _ => return Err(broken("a result of no form of the contract".to_owned())),
        })
    }

    fn queries(&self) -> Vec<&'a RawValue> {
        match self {
            Self::Query(query) => vec![*query],
            Self::One(answer) => answer.queries(),
            Self::Many(entries) => {
                let answers = entries.iter().filter_map(|entry| entry.result.as_ref());
                answers.flat_map(Answer::queries).collect()
            }
        }
    }

    fn whole_until(&self) -> Option<i64> {
        match self {
            Self::Query(_) => None,
            Self::One(answer) => answer.whole_until(),
            Self::Many(entries) => {
                let whole = |entry: &Entry<'_>| entry.result.as_ref()?.whole_until();
                let ends: Option<Vec<i64>> = entries.iter().map(whole).collect();
                ends?.into_iter().max()
            }
        }
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a RawValue) -> Result<T, CallError> {
    serde_json::from_str(text.get()).map_err(|error| broken(error.to_string()))
}

/// Finds a part of the text in it, in bytes.
fn place(text: &str, part: &RawValue) -> std::ops::Range<usize> {
    let start = part.get().as_ptr().addr() - text.as_ptr().addr();
    start..start + part.get().len()
}

/// The text with other words in those places, which stand in their order.
fn replaced(text: String, words: Vec<(std::ops::Range<usize>, String)>) -> String {
    if words.is_empty() {
        return text;
    }
    let mut written = String::with_capacity(text.len() + 64 * words.len());
    let mut done = 0;
    for (place, word) in words {
        written.push_str(text.get(done..place.start).unwrap_or_default());
        written.push_str(&word);
        done = place.end;
    }
    written.push_str(text.get(done..).unwrap_or_default());
    written
}

/// The request with the configuration in it, and with what the service knows of its way to Prometheus.
fn configured(request: &str, config: &Config, cached: bool) -> Result<String, CallError> {
    let unreadable = |error: serde_json::Error| invalid("request", &error.to_string());
    let Members(mut members) = serde_json::from_str(request).map_err(unreadable)?;
    let own = members.remove("config").map(RawValue::get);
    let config = merged(config, own.unwrap_or("null"))?;
    let mut text = format!("{{\"config\":{}", Value::Object(config));
    if cached {
        let given = members.remove("options").map_or("null", RawValue::get);
        let options: Option<Map<String, Value>> =
            serde_json::from_str(given).map_err(|error| invalid("options", &error.to_string()))?;
        let mut options = options.unwrap_or_default();
        options.insert("cached".to_owned(), true.into());
        member(&mut text, "options", &Value::Object(options).to_string());
    }
    for (name, value) in members {
        member(&mut text, &name, value.get());
    }
    text.push('}');
    Ok(text)
}

/// The members of a request, each of which is there once.
struct Members<'a>(BTreeMap<Cow<'a, str>, &'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;
        impl<'de> Visitor<'de> for Once {
            type Value = BTreeMap<Cow<'de, str>, &'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = BTreeMap::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    if members.contains_key(&name) {
                        let name: String = name.chars().take(LONGEST_NAME).collect();
                        return Err(A::Error::custom(format!("`{name}` is there twice")));
                    }
                    members.insert(name, value);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Once).map(Members)
    }
}

/// A name, which is copied only where it has escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

fn member(text: &mut String, name: &str, value: &str) {
    text.push(',');
    text.push_str(&Value::from(name).to_string());
    text.push(':');
    text.push_str(value);
}

/// The service's configuration, with what the request may have in its place.
fn merged(config: &Config, own: &str) -> Result<Map<String, Value>, CallError> {
    let own: Option<Map<String, Value>> =
        serde_json::from_str(own).map_err(|error| invalid("config", &error.to_string()))?;
    let mut merged = document(config);
    for (name, value) in own.unwrap_or_default() {
        if !OF_THE_REQUEST.contains(&&*name) {
            return Err(invalid(
                &format!(
                    "config.{}",
                    name.chars().take(LONGEST_NAME).collect::<String>()
                ),
                &format!(
                    "it is the service's own; a request may set {} of it, or leave it out",
                    OF_THE_REQUEST.join(" and ")
                ),
            ));
        }
        merged.insert(name, value);
    }
    Ok(merged)
}

/// The most characters of a name that are repeated.
const LONGEST_NAME: usize = 64;

fn invalid(field: &str, reason: &str) -> CallError {
    CallError::Service(ServiceError::InvalidArgument(InvalidArgument {
        field: field.to_owned(),
        reason: reason.to_owned(),
    }))
}

/// The configuration as the schema's `config`.
fn document(config: &Config) -> Map<String, Value> {
    let Ok(Value::Object(fields)) = serde_json::to_value(config) else {
        return Map::new();
    };
    let mut fields = renamed(fields, '-', '_');
    for (name, text) in [
        ("label_schema", config.label_schema.as_str()),
        ("method", config.method.as_str()),
        ("backend", config.backend.as_str()),
    ] {
        fields.insert(name.to_owned(), text.replace('-', "_").into());
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::types::{Backend, LabelSchema};

    fn config() -> Config {
        Config {
            label_schema: LabelSchema::Agent,
            backend: Backend::VictoriaCluster,
            max_range: Some(60),
            ..Config::new("h:1")
        }
    }

    fn given(request: &str) -> Value {
        serde_json::from_str(&configured(request, &config(), false).unwrap()).unwrap()
    }

    #[test]
    fn the_services_configuration_goes_in_and_the_rest_stays_as_it_was() {
        let request = r#"{"query": {"a": 0.30000000000000004}, "b": [1e400]}"#;
        let text = configured(request, &config(), false).unwrap();
        assert!(
            text.ends_with(r#","b":[1e400],"query":{"a": 0.30000000000000004}}"#),
            "{text}"
        );
        let request = given("{}");
        assert_eq!(
            request["config"],
            serde_json::json!({
                "address": "h:1", "timewindow": null, "label_schema": "agent", "sample_interval": null,
                "max_range": 60, "max_points": null, "max_result_bytes": null, "timeout": null, "method": "auto",
                "backend": "victoria_cluster", "partial": false, "now": null
            })
        );
    }

    #[test]
    fn a_request_sets_what_is_its_own_and_nothing_else_of_the_configuration() {
        let request = given(r#"{"config": {"partial": true, "timewindow": "5m"}}"#);
        assert_eq!(request["config"]["partial"], true);
        assert_eq!(request["config"]["timewindow"], "5m");
        assert_eq!(request["config"]["address"], "h:1");
        for request in [
            r#"{"config": {"address": "evil:1"}}"#,
            r#"{"config": {"partial": true, "max_range": 1000}}"#,
            r#"{"\u0063onfig": {"now": 5}}"#,
            r#"{"config": {"partial": true}, "config": {"timeout": 5}}"#,
            r#"{"query": {}, "query": {}}"#,
            r#"{"config": 5}"#,
            r#"[]"#,
            r#"{"#,
            "",
        ] {
            let refused = configured(request, &config(), false).unwrap_err();
            assert!(
                matches!(
                    refused,
                    CallError::Service(ServiceError::InvalidArgument(_))
                ),
                "{request}: {refused}"
            );
        }
    }

    #[test]
    fn a_range_is_cut_for_the_cache_where_there_is_one() {
        let text = configured(r#"{"options": {"partial": true}}"#, &config(), true).unwrap();
        let request: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            request["options"],
            serde_json::json!({"partial": true, "cached": true})
        );
        assert!(configured(r#"{"options": 1}"#, &config(), true).is_err());
    }

    fn shape(text: &str) -> (Vec<String>, Option<i64>) {
        let result: &RawValue = serde_json::from_str(text).unwrap();
        let shape = Shape::of(result).unwrap();
        let queries = shape
            .queries()
            .into_iter()
            .map(|query| query.get().to_owned());
        (queries.collect(), shape.whole_until())
    }

    #[test]
    fn queries_and_ends_are_found_in_every_form_of_an_answer() {
        let range = r#"{"answer":{"promql":"a\"b","end":5,"warnings":[],"partial":false,"series":[{"promql":"no"}]},"missing":[]}"#;
        assert_eq!(shape(range), (vec![r#""a\"b""#.to_owned()], Some(5)));
        let summary =
            r#"{"promql":"q","end":5,"warnings":[],"partial":false,"missing":[],"summaries":[]}"#;
        assert_eq!(shape(summary), (vec![r#""q""#.to_owned()], Some(5)));
        let batch = format!(r#"[{{"result":{range}}},{{"result":{range}}}]"#);
        assert_eq!(shape(&batch), (vec![r#""a\"b""#.to_owned(); 2], Some(5)));
        let failed = format!(r#"[{{"result":{range}}},{{"error":{{"type":"timed_out"}}}}]"#);
        assert_eq!(shape(&failed), (vec![r#""a\"b""#.to_owned()], None));
        assert_eq!(shape(r#""q""#), (vec![r#""q""#.to_owned()], None));
        let instant = r#"{"promql":"q","series":[],"warnings":["w"],"partial":false}"#;
        assert_eq!(shape(instant), (vec![r#""q""#.to_owned()], None));
        for doubtful in [
            r#"{"answer":{"promql":"q","end":5,"warnings":["w"],"partial":false},"missing":[]}"#,
            r#"{"answer":{"promql":"q","end":5,"warnings":[],"partial":true},"missing":[]}"#,
            r#"{"answer":{"promql":"q","end":5,"warnings":[],"partial":false},"missing":[{}]}"#,
            r#"{"answer":{"promql":"q","end":5,"warnings":[],"partial":false,"series":[]},"missing":[]}"#,
        ] {
            assert_eq!(shape(doubtful).1, None, "{doubtful}");
        }
        let result: &RawValue = serde_json::from_str("5").unwrap();
        assert!(Shape::of(result).is_err());
    }

    #[test]
    fn words_are_replaced_where_they_stand() {
        let text = r#"{"result":["a","b","a"]}"#.to_owned();
        let words = vec![(11..14, "\"xyz\"".to_owned()), (19..22, "\"\"".to_owned())];
        assert_eq!(replaced(text, words), r#"{"result":["xyz","b",""]}"#);
    }

    #[test]
    fn an_error_is_the_contracts_or_breaks_it() {
        let of = |text: &str| failure(serde_json::from_str(text).unwrap());
        let late = of(r#"{"type":"timed_out","message":"m","chunk":{"start":1,"end":2}}"#);
        assert!(matches!(
            late,
            CallError::Chunk {
                chunk: Span { start: 1, end: 2 },
                ..
            }
        ));
        let late = of(r#"{"type":"timed_out","message":"m","chunk":null}"#);
        assert!(matches!(
            late,
            CallError::Service(ServiceError::TimedOut(_))
        ));
        for wrong in [
            r#"{"type":"odd"}"#,
            r#"{"type":"timed_out","message":"m","chunk":7}"#,
        ] {
            assert!(
                matches!(of(wrong), CallError::BrokenContract { .. }),
                "{wrong}"
            );
        }
    }
}

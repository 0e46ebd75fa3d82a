//! One case: a file's JSON, read into types and checked, so that a runner meets no surprises.
//! Knows the format of `tests/conformance/README.md`, and nothing of how a case is run.

use std::collections::BTreeSet;
use std::time::Duration;

use include_dir::{Dir, include_dir};
use serde::Deserialize;
use serde_json::Value;

use crate::body::Body;
use crate::expectation::Expectation;
use crate::hostile::HostInput;
use metric_host::ValueType;

use crate::input::{ConfigInput, Named, QueryInput};
use crate::level::Level;
use crate::response::{Fault, Response};

/// The case files, as they were when this crate was built.
static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../tests/conformance");

/// The placeholder in an address for the scripted Prometheus.
pub(crate) const PROMETHEUS: &str = "{prometheus}";

/// A case file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// Not the JSON of a list of cases.
    #[error("{file} is not a list of conformance cases")]
    Format {
        /// The file, relative to `tests/conformance/`.
        file: String,
        /// The error, with its place in the file.
        source: serde_json::Error,
    },
    /// A case that contradicts itself, or that nothing could fail.
    #[error("the case {name} in {file} cannot be used: {reason}")]
    Case {
        /// The file, relative to `tests/conformance/`.
        file: String,
        /// The case.
        name: String,
        /// The reason.
        reason: String,
    },
}

/// The functions of the contract, and what a case gives them beside the configuration.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    DetectMetricType {
        metric_name: String,
        value_type: Option<Named<ValueType>>,
    },
    BuildPromql(QueryInput),
    MetadataRequest,
    MetricRequest(QueryInput),
    MetadataResponse {
        status: u16,
        body: String,
    },
    MetricResponse {
        query: QueryInput,
        status: u16,
        body: String,
    },
    QueryMetadata(Script),
    QueryMetric {
        query: QueryInput,
        script: Script,
    },
    /// `json.call`, with the text as it stands.
    Json {
        verb: String,
        request: String,
        script: Script,
    },
    /// `json-codec.call`, likewise.
    JsonCodec {
        verb: String,
        request: String,
        body: String,
    },
}

impl Call {
    /// The function's name in the contract, or the verb that the case gives.
    pub(crate) fn verb(&self) -> &str {
        match self {
            Self::DetectMetricType { .. } => "detect-metric-type",
            Self::BuildPromql(_) => "build-promql",
            Self::MetadataRequest => "metadata-request",
            Self::MetricRequest(_) => "metric-request",
            Self::MetadataResponse { .. } => "metadata-response",
            Self::MetricResponse { .. } => "metric-response",
            Self::QueryMetadata(_) => "query-metadata",
            Self::QueryMetric { .. } => "query-metric",
            Self::Json { verb, .. } | Self::JsonCodec { verb, .. } => verb,
        }
    }

    /// The script of the Prometheus, if the call has I/O.
    pub(crate) fn script(&self) -> Option<&Script> {
        match self {
            Self::QueryMetadata(script)
            | Self::QueryMetric { script, .. }
            | Self::Json { script, .. } => Some(script),
            _ => None,
        }
    }
}

/// The exchanges of the scripted Prometheus: the requests it has to see, and its responses.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) exchanges: Vec<(Expectation, Response)>,
    /// More requests than exchanges are allowed; each further one gets the last answer.
    pub(crate) may_retry: bool,
}

impl Script {
    /// The answers, in order.
    pub(crate) fn answers(&self) -> Vec<Response> {
        let answers = self.exchanges.iter().map(|(_, answer)| answer);
        answers.cloned().collect()
    }
}

/// One case.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// `folder/file`, without `.json`.
    pub(crate) topic: String,
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) config: ConfigInput,
    pub(crate) call: Call,
    pub(crate) expect: Expectation,
    /// The longest that the call may take.
    pub(crate) within: Option<Duration>,
    /// The host's limits. None: its usual ones.
    pub(crate) host: Option<HostInput>,
}

/// Every embedded case, in the order of folders, files, and within the files.
pub(crate) fn cases() -> Result<Vec<Case>, CaseError> {
    let mut files = Vec::new();
    collect_files(&FILES, &mut files);
    files.sort_unstable_by_key(|(path, _)| *path);
    let mut cases = Vec::new();
    let mut names = BTreeSet::new();
    for (path, text) in files {
        for case in parse_file(path, text)? {
            if !names.insert(case.name.clone()) {
                let reason = "another case has this name".to_owned();
                return Err(CaseError::Case {
                    file: path.to_owned(),
                    name: case.name,
                    reason,
                });
            }
            cases.push(case);
        }
    }
    Ok(cases)
}

fn collect_files(dir: &'static Dir<'static>, into: &mut Vec<(&'static str, &'static str)>) {
    for file in dir.files() {
        if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8())
            && path.ends_with(".json")
        {
            into.push((path, text));
        }
    }
    for dir in dir.dirs() {
        collect_files(dir, into);
    }
}

/// The cases of one file.
pub(crate) fn parse_file(file: &str, text: &str) -> Result<Vec<Case>, CaseError> {
    let raw: Vec<RawCase> = serde_json::from_str(text).map_err(|source| CaseError::Format {
        file: file.to_owned(),
        source,
    })?;
    let topic = file.trim_end_matches(".json");
    raw.into_iter()
        .map(|raw| {
            let name = raw.name.clone();
            raw.check(topic).map_err(|reason| CaseError::Case {
                file: file.to_owned(),
                name,
                reason,
            })
        })
        .collect()
}

/// A case as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawCase {
    name: String,
    about: String,
    call: Verb,
    #[serde(default)]
    config: ConfigInput,
    query: Option<QueryInput>,
    metric_name: Option<String>,
    value_type: Option<Named<ValueType>>,
    verb: Option<String>,
    request: Option<Value>,
    status: Option<u16>,
    body: Option<Body>,
    exchanges: Option<Vec<RawExchange>>,
    #[serde(default)]
    may_retry: bool,
    within_ms: Option<u64>,
    host: Option<HostInput>,
    expect: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Verb {
    DetectMetricType,
    BuildPromql,
    MetadataRequest,
    MetricRequest,
    MetadataResponse,
    MetricResponse,
    QueryMetadata,
    QueryMetric,
    Json,
    JsonCodec,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExchange {
    request: Value,
    answer: Response,
}

impl RawCase {
    fn check(self, topic: &str) -> Result<Case, String> {
        let kebab = |character: char| {
            character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
        };
        if self.name.is_empty() || !self.name.chars().all(kebab) {
            return Err("a name has lower-case letters, digits and `-`".to_owned());
        }
        if self.about.trim().is_empty() || self.about.contains('\n') {
            return Err("`about` says in one line what the case guards".to_owned());
        }
        let expect = Expectation::parse(&self.expect)?;
        self.check_expectation()?;
        self.check_fields()?;
        Ok(Case {
            topic: topic.to_owned(),
            name: self.name.clone(),
            about: self.about.clone(),
            config: self.config.clone(),
            within: self.within_ms.map(Duration::from_millis),
            host: self.host.clone(),
            call: self.call()?,
            expect,
        })
    }

    /// A result or an error (or a choice of them): anything else no answer can meet.
    fn check_expectation(&self) -> Result<(), String> {
        let one = |value: &Value| {
            value.as_object().is_some_and(|object| {
                object.len() == 1 && (object.contains_key("result") || object.contains_key("error"))
            })
        };
        let choice = |value: &Value| {
            value
                .get("$any-of")
                .and_then(Value::as_array)
                .is_some_and(|choices| choices.iter().all(one))
        };
        if one(&self.expect) || choice(&self.expect) {
            Ok(())
        } else {
            Err(
                "`expect` is `{\"result\": …}`, `{\"error\": …}`, or `{\"$any-of\": […]}` of these"
                    .to_owned(),
            )
        }
    }

    /// A field that the call does not take would be a mistake that nobody sees.
    fn check_fields(&self) -> Result<(), String> {
        use Verb::{
            BuildPromql, DetectMetricType, Json, JsonCodec, MetadataResponse, MetricRequest,
            MetricResponse, QueryMetadata, QueryMetric,
        };
        let verb = self.call;
        let fields: [(&str, bool, &[Verb]); 9] = [
            ("host", self.host.is_some(), &[QueryMetadata, QueryMetric]),
            (
                "query",
                self.query.is_some(),
                &[BuildPromql, MetricRequest, MetricResponse, QueryMetric],
            ),
            (
                "metric-name",
                self.metric_name.is_some(),
                &[DetectMetricType],
            ),
            ("value-type", self.value_type.is_some(), &[DetectMetricType]),
            (
                "status",
                self.status.is_some(),
                &[MetadataResponse, MetricResponse],
            ),
            ("verb", self.verb.is_some(), &[Json, JsonCodec]),
            ("request", self.request.is_some(), &[Json, JsonCodec]),
            (
                "body",
                self.body.is_some(),
                &[MetadataResponse, MetricResponse, JsonCodec],
            ),
            (
                "exchanges",
                self.exchanges.is_some() || self.may_retry,
                &[QueryMetadata, QueryMetric, Json],
            ),
        ];
        match fields
            .iter()
            .find(|(_, given, takers)| *given && !takers.contains(&verb))
        {
            Some((field, ..)) => Err(format!("the call does not take `{field}`")),
            None => Ok(()),
        }
    }

    fn call(self) -> Result<Call, String> {
        let query = self.query.unwrap_or_default();
        Ok(match self.call {
            Verb::DetectMetricType => Call::DetectMetricType {
                metric_name: self.metric_name.ok_or("the call needs `metric-name`")?,
                value_type: self.value_type,
            },
            Verb::BuildPromql => Call::BuildPromql(query),
            Verb::MetadataRequest => Call::MetadataRequest,
            Verb::MetricRequest => Call::MetricRequest(query),
            Verb::MetadataResponse => Call::MetadataResponse {
                status: self.status.unwrap_or(200),
                body: body_text(self.body)?,
            },
            Verb::MetricResponse => Call::MetricResponse {
                query,
                status: self.status.unwrap_or(200),
                body: body_text(self.body)?,
            },
            Verb::QueryMetadata => Call::QueryMetadata(script(self.exchanges, self.may_retry)?),
            Verb::QueryMetric => Call::QueryMetric {
                query,
                script: script(self.exchanges, self.may_retry)?,
            },
            Verb::Json => Call::Json {
                verb: self.verb.ok_or("the call needs `verb`")?,
                request: request_text(self.request)?,
                script: script(self.exchanges, self.may_retry)?,
            },
            Verb::JsonCodec => Call::JsonCodec {
                verb: self.verb.ok_or("the call needs `verb`")?,
                request: request_text(self.request)?,
                body: self
                    .body
                    .map_or_else(|| Ok(String::new()), |body| body_text(Some(body)))?,
            },
        })
    }
}

/// A text goes as it stands, so that it need not be JSON; anything else as its JSON.
fn request_text(request: Option<Value>) -> Result<String, String> {
    match request.ok_or("the call needs `request`")? {
        Value::String(text) => Ok(text),
        document => Ok(document.to_string()),
    }
}

fn body_text(body: Option<Body>) -> Result<String, String> {
    let body = body.ok_or("the call needs `body`")?;
    body.check()?;
    String::from_utf8(body.to_bytes())
        .map_err(|_| "the codec takes text, and `body` is not UTF-8".to_owned())
}

fn script(exchanges: Option<Vec<RawExchange>>, may_retry: bool) -> Result<Script, String> {
    // An empty list is a statement too: nothing may be sent.
    let raw = exchanges.ok_or("the call needs `exchanges`")?;
    let mut exchanges = Vec::with_capacity(raw.len());
    for exchange in raw {
        exchange.answer.check()?;
        // Nobody listens, so nothing is seen: the request of such an exchange is not looked at.
        if exchange.answer.fault == Some(Fault::Refuse) && !exchanges.is_empty() {
            return Err("a refused connection can only be the first exchange".to_owned());
        }
        exchanges.push((Expectation::parse(&exchange.request)?, exchange.answer));
    }
    Ok(Script {
        exchanges,
        may_retry,
    })
}

impl Case {
    /// The level that the case belongs to.
    pub(crate) fn level(&self) -> Level {
        match (&self.host, self.call.script()) {
            (Some(_), _) => Level::L4,
            (None, Some(_)) => Level::L3,
            (None, None) => Level::L2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(case: &Value) -> Result<Vec<Case>, CaseError> {
        parse_file("folder/file.json", &json!([case]).to_string())
    }

    fn good() -> Value {
        json!({"name": "a-case", "about": "why", "call": "build-promql", "expect": {"result": "x"}})
    }

    #[test]
    fn every_embedded_case_can_be_used_and_there_are_enough() {
        let cases = cases().unwrap();
        assert!(cases.len() >= 150, "{}", cases.len());
        let folders: BTreeSet<&str> = cases
            .iter()
            .filter_map(|case| case.topic.split('/').next())
            .collect();
        let wanted = [
            "basic-queries",
            "complex-filters",
            "decisions",
            "error-cases",
            "families",
            "hostile-conditions",
            "insight",
            "metadata",
            "performance-scenarios",
            "query-strings",
            "time-ranges",
            "type-detection",
        ];
        assert_eq!(folders.into_iter().collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn no_embedded_case_accepts_an_answer_that_is_wrong_for_all() {
        for case in cases().unwrap() {
            for wrong in [
                json!(null),
                json!({}),
                json!({"result": null}),
                json!({"result": []}),
                json!({"result": {"metrics": []}}),
                json!({"result": ""}),
                json!({"result": "nonsense"}),
                json!({"result": {}}),
                json!({"broken": "unreachable"}),
                json!({"error": {"denied": "no"}}),
                json!({"error": {"invalid-argument": {"field": "", "reason": ""}}}),
                json!({"error": {"invalid-time-range": {"reason": "", "accepted": ""}}}),
                json!({"error": {"failed-to-get-metric": {"status": 0, "error-type": "", "message": ""}}}),
                json!({"error": {"limit-exceeded": {"limit": "", "maximum": 0, "requested": 0}}}),
            ] {
                // An empty list, or the host's refusal, is the answer of these cases.
                let is_empty =
                    wrong == json!({"result": []}) || wrong == json!({"result": {"metrics": []}});
                if case.name.contains("-is-an-empty-list") && is_empty
                    || case.name.starts_with("a-denied-") && wrong["error"]["denied"].is_string()
                {
                    continue;
                }
                assert!(
                    !case.expect.compare("", &wrong).is_empty(),
                    "{} accepts {wrong}",
                    case.name
                );
            }
        }
    }

    #[test]
    fn a_case_is_read_with_its_defaults() {
        let case = parse(&good()).unwrap().remove(0);
        assert_eq!(case.topic, "folder/file");
        let Call::BuildPromql(query) = case.call else {
            panic!("{:?}", case.call)
        };
        assert_eq!(query.to_query().metric_name, "mem");
        assert!(case.config.address.is_none());
    }

    #[test]
    fn cases_that_contradict_themselves_are_refused() {
        for (field, value) in [
            ("name", json!("With Spaces")),
            ("about", json!(" ")),
            ("expect", json!({})),
            ("expect", json!({"reslt": "x"})),
            ("expect", json!({"result": {}})),
            ("expect", json!({"error": {"$contain": "x"}})),
            ("call", json!("build-prmql")),
            ("call", json!("detect-metric-type")),
            ("call", json!("query-metric")),
            ("call", json!("metric-response")),
            ("status", json!(200)),
            ("body", json!("x")),
            ("exchanges", json!([])),
            ("may-retry", json!(true)),
            ("metric-name", json!("mem")),
            ("verb", json!("plan")),
            ("request", json!({})),
            ("call", json!("json")),
            ("host", json!({"denies": true})),
            ("config", json!({"timewindw": "5m"})),
            ("query", json!({"labels": {"kernel": "k"}})),
            ("surprise", json!(1)),
        ] {
            let mut case = good();
            case[field] = value.clone();
            assert!(parse(&case).is_err(), "{field}: {value}");
        }
    }

    #[test]
    fn a_case_belongs_to_the_level_of_its_call_and_its_host() {
        let level = |case| parse(&case).unwrap().remove(0).level();
        assert_eq!(level(good()), Level::L2);
        let mut case = good();
        case["call"] = json!("query-metric");
        case["exchanges"] = json!([]);
        assert_eq!(level(case.clone()), Level::L3);
        case["host"] = json!({"denies": true});
        assert_eq!(level(case), Level::L4);
    }
}

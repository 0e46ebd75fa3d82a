//! The texts of presets, live stats and verdicts.

use serde::ser::{SerializeStruct as _, Serializer};
use serde::{Deserialize, Deserializer, Serialize};

use super::document::{Document, Value};
use super::request::{exact, missing, read};
use crate::codec::decisions::{
    Evaluate, ExecutePreset, ExecutePresets, InstantResult, QueryLiveStats, RunInput, RunResult,
    SideBySide, read_all,
};
use crate::codec::{ConfigInput, Failure, RangeFailure};
use crate::domain::live::{LiveAnswer, LiveInput, LiveStat, SubjectStats};
use crate::domain::preset::{
    ArgumentsInput, LabelValues, Placed, Preset, PresetInput, PresetRange,
};
use crate::domain::verdict::{
    Asked, Bound, Combine, Condition, EvaluateInput, Judgement, MetricQuestion, Verdict,
};
use crate::domain::{Dimension, LabelFilter, MetricType, Pointwise, RangeOptionsInput};

/// The request of the verbs of presets: all have `preset`, all but `preset-check` have `config`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetRequest {
    #[serde(default)]
    config: ConfigInput,
    preset: PresetDocument,
    #[serde(default)]
    arguments: ArgumentsDocument,
    at: Option<i64>,
    range: Option<RangeDocument>,
    #[serde(default)]
    options: RangeOptionsInput,
}

impl PresetRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// `invalid-argument`, field `request`.
    pub fn read(text: &str) -> Result<Self, Failure> {
        read(text)
    }

    /// The configuration.
    pub fn config(&self) -> ConfigInput {
        self.config.clone()
    }

    /// The preset.
    pub fn preset(&self) -> PresetInput {
        (&self.preset).into()
    }

    /// Returns the arguments of the preset.
    pub fn arguments(&self) -> ArgumentsInput {
        (&self.arguments).into()
    }

    /// The call in one request: over its range where it has one, else at an instant.
    ///
    /// # Errors
    /// Fails if the request is invalid.
    pub fn one_request(&self) -> Result<ExecutePreset, Failure> {
        let arguments = self.arguments();
        match self.range {
            Some(_) => {
                ExecutePreset::over(self.config(), self.preset(), &arguments, &self.range()?)
            }
            None => ExecutePreset::new(self.config(), self.preset(), &arguments, self.at),
        }
    }

    /// The range.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn range(&self) -> Result<PresetRange, Failure> {
        let range = self.range.as_ref().ok_or_else(|| missing("range"))?;
        Ok(range.into())
    }

    /// Returns the options of the range.
    pub fn options(&self) -> RangeOptionsInput {
        self.options.clone()
    }
}

/// The request of `preset-execute-batch`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunsRequest {
    config: ConfigInput,
    runs: Vec<RunDocument>,
    #[serde(default)]
    options: RangeOptionsInput,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunDocument {
    preset: PresetDocument,
    #[serde(default)]
    arguments: ArgumentsDocument,
    at: Option<i64>,
    range: Option<RangeDocument>,
}

impl RunsRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// `invalid-argument`, field `request`.
    pub fn read(text: &str) -> Result<Self, Failure> {
        read(text)
    }

    /// The configuration.
    pub fn config(&self) -> ConfigInput {
        self.config.clone()
    }

    /// The presets.
    pub fn runs(&self) -> Vec<RunInput> {
        let run = |run: &RunDocument| RunInput {
            preset: (&run.preset).into(),
            arguments: (&run.arguments).into(),
            range: run.range.as_ref().map(PresetRange::from),
            at: run.at,
        };
        self.runs.iter().map(run).collect()
    }

    /// Returns the options of the ranges.
    pub fn options(&self) -> RangeOptionsInput {
        self.options.clone()
    }

    /// The call without I/O.
    ///
    /// # Errors
    /// Fails if the configuration is invalid.
    pub fn one_request_each(&self) -> Result<ExecutePresets, Failure> {
        ExecutePresets::new(self.config(), &self.runs(), self.options.partial)
    }

    /// The outcomes, of the responses that stand in a text.
    ///
    /// # Errors
    /// `invalid-argument`, field `request`, for a text that is no list of responses; field `body`, for another number
    /// of them than of requests.
    pub fn read_responses(&self, text: &str) -> Result<RunResults, Failure> {
        let responses: Vec<ResponseDocument> = read(text)?;
        Ok(RunResults(
            self.one_request_each()?.read(&pairs(&responses))?,
        ))
    }
}

/// The outcomes of a batch of presets: each a `{"result": …}` or an `{"error": …}`.
pub struct RunResults(pub Vec<Result<RunResult, RangeFailure>>);

impl Serialize for RunResults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Document::of))
    }
}

/// `{"instant": …}` or `{"range": …}`.
impl Serialize for RunResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("run_answer", 1)?;
        match self {
            Self::Instant(answer) => out.serialize_field("instant", answer)?,
            Self::Range(answer) => out.serialize_field("range", answer)?,
        }
        out.end()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RangeDocument {
    start: String,
    end: String,
    step: Option<u32>,
}

impl From<&RangeDocument> for PresetRange {
    fn from(range: &RangeDocument) -> Self {
        Self {
            start: range.start.clone(),
            end: range.end.clone(),
            step: range.step,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PresetDocument {
    template: String,
    time_window: Option<String>,
    #[serde(default)]
    filter_labels: Vec<String>,
    #[serde(default)]
    group_labels: Vec<String>,
    #[serde(default)]
    required_labels: Vec<String>,
    unit: Option<String>,
}

impl From<&PresetDocument> for PresetInput {
    fn from(preset: &PresetDocument) -> Self {
        Self {
            template: preset.template.clone(),
            time_window: preset.time_window.clone(),
            filter_labels: preset.filter_labels.clone(),
            group_labels: preset.group_labels.clone(),
            required_labels: preset.required_labels.clone(),
            unit: preset.unit.clone(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ArgumentsDocument {
    filters: Vec<LabelValues>,
    group_by: Vec<String>,
    window: Option<String>,
}

impl From<&ArgumentsDocument> for ArgumentsInput {
    fn from(arguments: &ArgumentsDocument) -> Self {
        Self {
            filters: arguments.filters.clone(),
            group_by: arguments.group_by.clone(),
            window: arguments.window.clone(),
        }
    }
}

/// The request of `evaluate`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionRequest {
    config: ConfigInput,
    preset: PresetDocument,
    question: QuestionDocument,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionDocument {
    #[serde(default)]
    arguments: ArgumentsDocument,
    subject: String,
    subjects: Vec<String>,
    combine: Combine,
    at: Option<i64>,
    condition: Option<ConditionDocument>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionDocument {
    bound: BoundDocument,
    lasting: Option<u32>,
}

/// `{"above": 0.5}` or `{"below": 0.5}`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BoundDocument {
    #[serde(deserialize_with = "bound")]
    Above(f64),
    #[serde(deserialize_with = "bound")]
    Below(f64),
}

/// A number to the last bit, as `exact` reads a quantile.
fn bound<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    exact(deserializer, "a bound is a number, such as 0.5")
}

impl QuestionRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// `invalid-argument`, field `request`.
    pub fn read(text: &str) -> Result<Self, Failure> {
        read(text)
    }

    /// The call.
    ///
    /// # Errors
    /// Fails if the request is invalid.
    pub fn evaluate(&self) -> Result<Evaluate, Failure> {
        Evaluate::new(self.config.clone(), (&self.preset).into(), &self.input())
    }

    fn input(&self) -> EvaluateInput {
        let question = &self.question;
        EvaluateInput {
            arguments: (&question.arguments).into(),
            subject: question.subject.clone(),
            asked: Asked {
                subjects: question.subjects.clone(),
                combine: question.combine,
                at: question.at,
                condition: question.condition.as_ref().map(Condition::from),
            },
        }
    }
}

impl From<&ConditionDocument> for Condition {
    fn from(condition: &ConditionDocument) -> Self {
        Self {
            bound: match condition.bound {
                BoundDocument::Above(bound) => Bound::Above(bound),
                BoundDocument::Below(bound) => Bound::Below(bound),
            },
            lasting: condition.lasting,
        }
    }
}

/// The request of `evaluate-metric`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricQuestionRequest {
    config: ConfigInput,
    question: MetricQuestionDocument,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MetricQuestionDocument {
    metric_name: String,
    #[serde(default)]
    labels: LabelFilter,
    #[serde(default)]
    group_by: Vec<Dimension>,
    metric_type: Option<MetricType>,
    pointwise: Option<Pointwise>,
    subject: Dimension,
    subjects: Vec<String>,
    combine: Combine,
    at: Option<i64>,
    condition: Option<ConditionDocument>,
}

impl MetricQuestionRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// `invalid-argument`, field `request`.
    pub fn read(text: &str) -> Result<Self, Failure> {
        read(text)
    }

    /// The call.
    ///
    /// # Errors
    /// Fails if the request is invalid.
    pub fn evaluate(&self) -> Result<Evaluate, Failure> {
        let question = &self.question;
        let question = MetricQuestion {
            metric_name: question.metric_name.clone(),
            labels: question.labels.clone(),
            group_by: question.group_by.clone(),
            metric_type: question.metric_type,
            pointwise: question.pointwise,
            subject: question.subject,
            asked: Asked {
                subjects: question.subjects.clone(),
                combine: question.combine,
                at: question.at,
                condition: question.condition.as_ref().map(Condition::from),
            },
        };
        Evaluate::of_metric(self.config.clone(), &question)
    }
}

/// The request of `query-live-stats`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveRequest {
    config: ConfigInput,
    by: Dimension,
    ids: Vec<String>,
    #[serde(default)]
    options: LiveDocument,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LiveDocument {
    at: Option<i64>,
    window: Option<u32>,
    metrics: Option<Vec<String>>,
}

impl LiveRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// `invalid-argument`, field `request`.
    pub fn read(text: &str) -> Result<Self, Failure> {
        read(text)
    }

    /// The call.
    ///
    /// # Errors
    /// Fails if the request is invalid.
    pub fn live_stats(&self) -> Result<QueryLiveStats, Failure> {
        let options = &self.options;
        let input = LiveInput {
            at: options.at,
            window: options.window,
            metrics: options.metrics.clone(),
        };
        QueryLiveStats::new(self.config.clone(), self.by, &self.ids, &input)
    }
}

/// The responses to the requests of a verb: a list of `{"status": 200, "body": "…"}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseDocument {
    status: u16,
    body: String,
}

/// The result of a verb whose responses stand in a text.
///
/// # Errors
/// `invalid-argument`, field `request`, for a text that is no list of responses; else as [`read_all`].
pub fn read_responses<V: SideBySide>(verb: &V, text: &str) -> Result<V::Result, Failure> {
    let responses: Vec<ResponseDocument> = read(text)?;
    read_all(verb, &pairs(&responses))
}

fn pairs(responses: &[ResponseDocument]) -> Vec<(u16, &str)> {
    responses
        .iter()
        .map(|response| (response.status, response.body.as_str()))
        .collect()
}

/// Writes the outline of a preset's template.
impl Serialize for Preset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("outline", 4)?;
        out.serialize_field("placeholders", &self.placeholders())?;
        out.serialize_field("selectors", &self.selectors())?;
        out.serialize_field("unfiltered", &self.unfiltered())?;
        out.serialize_field("warnings", &self.warnings())?;
        out.end()
    }
}

impl Serialize for Placed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("placed", 3)?;
        out.serialize_field("placeholder", self.placeholder.name())?;
        out.serialize_field("line", &self.place.line)?;
        out.serialize_field("column", &self.place.column)?;
        out.end()
    }
}

impl Serialize for InstantResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("instant_answer", 6)?;
        out.serialize_field("promql", &self.promql)?;
        out.serialize_field("unit", &self.unit)?;
        out.serialize_field("series", &self.series)?;
        out.serialize_field("warnings", &self.warnings)?;
        out.serialize_field("infos", &self.infos)?;
        out.serialize_field("partial", &self.partial)?;
        out.end()
    }
}

impl Serialize for LiveAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("live_answer", 4)?;
        out.serialize_field("subjects", &self.subjects)?;
        out.serialize_field("missing", &self.missing)?;
        out.serialize_field("partial", &self.partial)?;
        out.serialize_field("warnings", &self.warnings)?;
        out.end()
    }
}

impl Serialize for SubjectStats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("subject_stats", 3)?;
        out.serialize_field("id", &self.id)?;
        out.serialize_field("agent_id", &self.agent_id)?;
        out.serialize_field("stats", &self.stats)?;
        out.end()
    }
}

impl Serialize for LiveStat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("live_stat", 12)?;
        out.serialize_field("metric", &self.metric)?;
        out.serialize_field("unit", &self.unit)?;
        out.serialize_field("current", &self.current.map(Value))?;
        out.serialize_field("at", &self.at)?;
        out.serialize_field("stale", &self.stale)?;
        out.serialize_field("min", &self.min.map(Value))?;
        out.serialize_field("max", &self.max.map(Value))?;
        out.serialize_field("avg", &self.avg.map(Value))?;
        out.serialize_field("capacity", &self.capacity.map(Value))?;
        out.serialize_field("percent", &self.percent.map(Value))?;
        out.serialize_field("accumulated", &self.accumulated.map(Value))?;
        out.serialize_field("samples", &self.samples)?;
        out.end()
    }
}

impl Serialize for Judgement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values: Vec<_> = self.values.iter().copied().map(Value).collect();
        let mut out = serializer.serialize_struct("judgement", 7)?;
        out.serialize_field("subject", &self.subject)?;
        out.serialize_field("verdict", verdict_name(self.verdict))?;
        out.serialize_field("value", &self.value.map(Value))?;
        out.serialize_field("at", &self.at)?;
        out.serialize_field("decision", &self.decision)?;
        out.serialize_field("timestamps", &self.times)?;
        out.serialize_field("values", &values)?;
        out.end()
    }
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Value => "value",
        Verdict::NoData => "no_data",
        Verdict::NotToldApart => "not_told_apart",
        Verdict::NotFinite => "not_finite",
        Verdict::Partial => "partial",
        Verdict::Stale => "stale",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::decisions::requests;
    use crate::codec::json::answer;

    fn series(value_type: &str, samples: &str) -> String {
        format!(
            r#"{{"metric":{{"kernel_id":"k","agent_id":"a","container_metric_name":"net_rx","value_type":"{value_type}"}},"values":[{samples}]}}"#
        )
    }

    fn body(result: &str) -> String {
        serde_json::json!([{
            "status": 200,
            "body": format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{result}]}}}}"#),
        }])
        .to_string()
    }

    const LIVE: &str =
        r#"{"config":{"address":"h:1","now":1003000},"by":"kernel_id","ids":["k","gone"]}"#;

    #[test]
    fn live_stats_are_asked_in_one_request_and_written_with_their_times() {
        let call = LiveRequest::read(LIVE).unwrap().live_stats().unwrap();
        let [request] = requests(&call).try_into().unwrap();
        assert_eq!(request.path_with_query, "/api/v1/query");
        assert!(request.body.ends_with("&time=1000"), "{}", request.body);
        let text = body(&series("current", r#"[970,"30"],[985,"60"]"#));
        assert_eq!(
            answer(&read_responses(&call, &text)),
            r#"{"result":{"subjects":[{"id":"k","agent_id":"a","stats":[{"metric":"net_rx","unit":"bytes/s","current":2.0,"at":985000,"stale":false,"min":2.0,"max":2.0,"avg":2.0,"capacity":null,"percent":null,"accumulated":60.0,"samples":2}]}],"missing":["gone"],"partial":false,"warnings":[]}}"#
        );
    }

    #[test]
    fn samples_out_of_order_and_partial_answers_are_refused() {
        let call = LiveRequest::read(LIVE).unwrap().live_stats().unwrap();
        let text = body(&series("current", r#"[985,"30"],[970,"60"]"#));
        let failure = read_responses(&call, &text).unwrap_err();
        assert!(
            matches!(failure, Failure::MalformedResponse(_)),
            "{failure:?}"
        );
        let text = r#"[{"status":200,"body":"{\"status\":\"success\",\"isPartial\":true,\"data\":{\"result\":[]}}"}]"#;
        let failure = read_responses(&call, text).unwrap_err();
        assert!(matches!(failure, Failure::PartialAnswer(_)), "{failure:?}");
        let failure = read_responses(&call, "[]").unwrap_err();
        assert!(
            matches!(failure, Failure::InvalidArgument { .. }),
            "{failure:?}"
        );
    }

    const QUESTION: &str = r#"{"config":{"address":"h:1","now":1000000},"preset":{"template":"max by (${{group_by}})(m{${{labels}}})"},"question":{"subject":"session_id","subjects":["s","t"],"combine":"max","condition":{"bound":{"above":0.1}}}}"#;

    #[test]
    fn a_verdict_has_its_evidence_and_a_partial_answer_is_one() {
        let call = QuestionRequest::read(QUESTION).unwrap().evaluate().unwrap();
        assert_eq!(requests(&call).len(), 2);
        let vector = |partial: bool, value: &str| {
            format!(
                r#"{{"status":"success","isPartial":{partial},"data":{{"resultType":"vector","result":[{{"metric":{{"session_id":"s"}},"value":[1000,"{value}"]}}]}}}}"#
            )
        };
        let both = |partial: bool| {
            serde_json::json!([
                {"status": 200, "body": vector(partial, "0.5")},
                {"status": 200, "body": vector(false, "990")},
            ])
            .to_string()
        };
        assert_eq!(
            answer(&read_responses(&call, &both(false))),
            concat!(
                r#"{"result":[{"subject":"s","verdict":"value","value":0.5,"at":990000,"decision":true,"timestamps":[1000000],"values":[0.5]},"#,
                r#"{"subject":"t","verdict":"no_data","value":null,"at":null,"decision":null,"timestamps":[],"values":[]}]}"#
            )
        );
        let partial = answer(&read_responses(&call, &both(true)));
        assert!(partial.contains(r#""verdict":"partial","value":0.5,"at":990000,"decision":null"#));
    }

    #[test]
    fn an_outline_says_where_each_placeholder_stands() {
        let request = r#"{"preset":{"template":"m{${{labels}}}[\n${{window}}]"}}"#;
        let preset = Preset::new(PresetRequest::read(request).unwrap().preset()).unwrap();
        assert_eq!(
            serde_json::to_string(&preset).unwrap(),
            r#"{"placeholders":[{"placeholder":"labels","line":1,"column":3},{"placeholder":"window","line":2,"column":1}],"selectors":1,"unfiltered":0,"warnings":["without `${{group_by}}` nothing can be told apart by a call"]}"#
        );
    }

    #[test]
    fn a_preset_over_a_range_is_one_request_with_the_ranges_points() {
        let request = r#"{"config":{"address":"h:1"},"preset":{"template":"m"},"range":{"start":"0","end":"120","step":60}}"#;
        let call = PresetRequest::read(request).unwrap().one_request().unwrap();
        let [request] = requests(&call).try_into().unwrap();
        assert_eq!(request.path_with_query, "/api/v1/query_range");
        assert_eq!(request.body, "query=m&start=0&end=120&step=60");
    }
}

//! The text that comes in: the contract's records, with `_` for `-`, unknown names refused.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::insight_request::{
    DetectionDocument, FilterDocument, RankingDocument, SourceDocument, ToleranceDocument,
};
use crate::codec::{ConfigInput, Failure};
use crate::domain::insight::{DetectionInput, RankingInput, ToleranceInput};
use crate::domain::{
    Dimension, LabelFilter, LabelSchema, MetricQuery, MetricType, Over, Pointwise,
    RangeOptionsInput, Statistic, ValueFilter, ValueSource, ValueType, detect_metric_type,
};
use crate::prometheus::{Backend, RequestMethod};

/// What a verb takes: all have `config`, the others as the verb needs them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    config: ConfigDocument,
    query: Option<QueryDocument>,
    queries: Option<Vec<QueryDocument>>,
    #[serde(default)]
    options: OptionsDocument,
    cursor: Option<String>,
    status: Option<u16>,
    #[serde(default)]
    quantiles: Vec<Exact>,
    ranking: Option<RankingDocument>,
    #[serde(default)]
    detection: DetectionDocument,
    #[serde(default)]
    tolerance: ToleranceDocument,
    member: Option<Name<Dimension>>,
    source: Option<SourceDocument>,
    #[serde(default)]
    filter: FilterDocument,
}

/// What `detect-metric-type` takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detection {
    metric_name: String,
    #[serde(default)]
    value_type: Option<Name<ValueType>>,
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| Failure::InvalidArgument {
        field: "request".to_owned(),
        reason: error.to_string(),
    })
}

fn missing(field: &str) -> Failure {
    Failure::InvalidArgument {
        field: format!("request.{field}"),
        reason: "missing, and this verb needs it".to_owned(),
    }
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    /// `invalid-argument`, field `request`: what is wrong with the text, and where.
    pub fn read(text: &str) -> Result<Self, Failure> {
        read(text)
    }

    /// The configuration.
    pub fn config(&self) -> ConfigInput {
        let config = &self.config;
        ConfigInput {
            address: config.address.clone(),
            method: config.method.map_or_else(RequestMethod::default, |n| n.0),
            backend: config.backend.map_or_else(Backend::default, |n| n.0),
            timewindow: config.timewindow.clone(),
            label_schema: config
                .label_schema
                .map_or_else(LabelSchema::default, |n| n.0),
            sample_interval: config.sample_interval,
            max_range: config.max_range,
            max_points: config.max_points,
            max_result_bytes: config.max_result_bytes,
            timeout: config.timeout,
            partial: config.partial,
            now: config.now,
        }
    }

    /// The query.
    ///
    /// # Errors
    /// When there is none.
    pub fn query(&self) -> Result<MetricQuery, Failure> {
        let query = self.query.as_ref().ok_or_else(|| missing("query"))?;
        Ok(query.into())
    }

    /// Several queries.
    ///
    /// # Errors
    /// When there is no list of them.
    pub fn queries(&self) -> Result<Vec<MetricQuery>, Failure> {
        let queries = self.queries.as_ref().ok_or_else(|| missing("queries"))?;
        Ok(queries.iter().map(Into::into).collect())
    }

    /// How a range is asked for.
    pub fn options(&self) -> RangeOptionsInput {
        let options = &self.options;
        RangeOptionsInput {
            cached: options.cached,
            max_points: options.max_points,
            interval: options.interval,
            freshness: options.freshness,
            concurrency: options.concurrency,
            partial: options.partial,
        }
    }

    /// Where a page begins.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// The quantiles of a summary.
    pub fn quantiles(&self) -> Vec<f64> {
        self.quantiles.iter().map(|q| q.0).collect()
    }

    /// How groups are ranked.
    ///
    /// # Errors
    /// When it does not say.
    pub fn ranking(&self) -> Result<RankingInput, Failure> {
        let ranking = self.ranking.as_ref().ok_or_else(|| missing("ranking"))?;
        Ok(ranking.into())
    }

    /// What is watched for.
    pub fn detection(&self) -> DetectionInput {
        (&self.detection).into()
    }

    /// Which deviations count.
    pub fn tolerance(&self) -> ToleranceInput {
        (&self.tolerance).into()
    }

    /// What tells members apart.
    ///
    /// # Errors
    /// When it does not say.
    pub fn member(&self) -> Result<Dimension, Failure> {
        self.member.map(|n| n.0).ok_or_else(|| missing("member"))
    }

    /// Whose values are wanted.
    ///
    /// # Errors
    /// When it does not say.
    pub fn source(&self) -> Result<ValueSource, Failure> {
        let source = self.source.as_ref().ok_or_else(|| missing("source"))?;
        Ok(source.into())
    }

    /// Which values are wanted.
    pub fn filter(&self) -> ValueFilter {
        (&self.filter).into()
    }

    /// The status of a response.
    ///
    /// # Errors
    /// When there is none.
    pub fn status(&self) -> Result<u16, Failure> {
        self.status.ok_or_else(|| missing("status"))
    }
}

impl Detection {
    /// Reads a request of `detect-metric-type`, and answers it.
    ///
    /// # Errors
    /// `invalid-argument`, field `request`.
    pub fn answer(text: &str) -> Result<MetricType, Failure> {
        let Self {
            metric_name,
            value_type,
        } = read(text)?;
        Ok(detect_metric_type(&metric_name, value_type.map(|n| n.0)))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigDocument {
    address: String,
    timewindow: Option<String>,
    label_schema: Option<Name<LabelSchema>>,
    sample_interval: Option<u32>,
    max_range: Option<u32>,
    max_points: Option<u32>,
    max_result_bytes: Option<u64>,
    timeout: Option<u32>,
    method: Option<Name<RequestMethod>>,
    backend: Option<Name<Backend>>,
    #[serde(default)]
    partial: bool,
    now: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OptionsDocument {
    cached: bool,
    max_points: Option<u32>,
    interval: Option<u32>,
    freshness: Option<u32>,
    concurrency: Option<u32>,
    partial: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct QueryDocument {
    metric_name: String,
    start: String,
    end: String,
    step: Option<u32>,
    #[serde(default)]
    labels: LabelsDocument,
    #[serde(default)]
    group_by: Vec<Name<Dimension>>,
    metric_type: Option<Name<MetricType>>,
    pointwise: Option<PointwiseDocument>,
    utc_offset: Option<i32>,
}

impl From<&QueryDocument> for MetricQuery {
    fn from(query: &QueryDocument) -> Self {
        Self {
            metric_name: query.metric_name.clone(),
            start: query.start.clone(),
            end: query.end.clone(),
            step: query.step,
            labels: (&query.labels).into(),
            group_by: query.group_by.iter().map(|n| n.0).collect(),
            metric_type: query.metric_type.map(|n| n.0),
            pointwise: query.pointwise.as_ref().map(Into::into),
            utc_offset: query.utc_offset,
        }
    }
}

impl From<&LabelsDocument> for LabelFilter {
    fn from(labels: &LabelsDocument) -> Self {
        Self {
            value_type: labels.value_type.map(|n| n.0),
            agent_id: labels.agent_id.list(),
            kernel_id: labels.kernel_id.list(),
            session_id: labels.session_id.list(),
            user_id: labels.user_id.list(),
            project_id: labels.project_id.list(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LabelsDocument {
    value_type: Option<Name<ValueType>>,
    agent_id: Values,
    kernel_id: Values,
    session_id: Values,
    user_id: Values,
    project_id: Values,
}

/// The values of an identifier: a text, or a list of them.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged, expecting = "expected a string, a list of strings, or null")]
enum Values {
    #[default]
    None,
    One(String),
    Several(Vec<String>),
}

impl Values {
    fn list(&self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::One(value) => vec![value.clone()],
            Self::Several(values) => values.clone(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PointwiseDocument {
    statistic: StatisticDocument,
    over: OverDocument,
    window: Option<u32>,
}

/// A name, or `{"quantile": 0.95}`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatisticDocument {
    Avg,
    Max,
    Min,
    Last,
    Quantile(Exact),
}

/// A number to the last bit, as every other door takes it: `serde_json` by itself may be a bit off, and its feature against
/// that costs 40 kB.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exact(pub(super) f64);

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        let number = text.parse().map(Self);
        number.map_err(|_| D::Error::custom("expected a number, such as 0.95"))
    }
}

/// `"time"`, `{"members": "kernel_id"}`, `{"both": "kernel_id"}`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OverDocument {
    Time,
    Members(Name<Dimension>),
    Both(Name<Dimension>),
}

impl From<&PointwiseDocument> for Pointwise {
    fn from(document: &PointwiseDocument) -> Self {
        Self {
            statistic: match document.statistic {
                StatisticDocument::Avg => Statistic::Avg,
                StatisticDocument::Max => Statistic::Max,
                StatisticDocument::Min => Statistic::Min,
                StatisticDocument::Last => Statistic::Last,
                StatisticDocument::Quantile(Exact(q)) => Statistic::Quantile(q),
            },
            over: match document.over {
                OverDocument::Time => Over::Time,
                OverDocument::Members(Name(dimension)) => Over::Members(dimension),
                OverDocument::Both(Name(dimension)) => Over::Both(dimension),
            },
            window: document.window,
        }
    }
}

/// A value of an enumeration, by its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name<T>(pub(super) T);

/// An enumeration and its names.
pub(super) trait Named: Copy + 'static {
    const NAMES: &'static [(&'static str, Self)];
}

impl Named for ValueType {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("usage", Self::Usage),
        ("capacity", Self::Capacity),
        ("current", Self::Current),
        ("pct", Self::Pct),
    ];
}

impl Named for MetricType {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("gauge", Self::Gauge),
        ("rate", Self::Rate),
        ("diff", Self::Diff),
    ];
}

impl Named for LabelSchema {
    const NAMES: &'static [(&'static str, Self)] =
        &[("documented", Self::Documented), ("agent", Self::Agent)];
}

impl Named for Dimension {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("agent_id", Self::AgentId),
        ("kernel_id", Self::KernelId),
        ("session_id", Self::SessionId),
        ("user_id", Self::UserId),
        ("project_id", Self::ProjectId),
        ("metric_name", Self::MetricName),
        ("value_type", Self::ValueType),
    ];
}

impl Named for RequestMethod {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("post", Self::Post),
        ("get", Self::Get),
    ];
}

impl Named for Backend {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("prometheus", Self::Prometheus),
        ("thanos", Self::Thanos),
        ("mimir", Self::Mimir),
        ("victoria", Self::Victoria),
        ("victoria_cluster", Self::VictoriaCluster),
    ];
}

impl<'de, T: Named> Deserialize<'de> for Name<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = T::NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, value)| Self(*value)).ok_or_else(|| {
            let names: Vec<_> = T::NAMES.iter().map(|(name, _)| *name).collect();
            serde::de::Error::custom(format_args!(
                "unknown name {text:?}, accepted is one of {}",
                names.join(", ")
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> String {
        match Request::read(text) {
            Err(Failure::InvalidArgument { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_quantile_is_read_to_the_last_bit() {
        let read = |text: &str| {
            let text = format!(r#"{{"statistic":{{"quantile":{text}}},"over":"time"}}"#);
            serde_json::from_str::<PointwiseDocument>(&text).map(|document| document.statistic)
        };
        for part in [0.24530355881209126_f64, 0.95, 5e-324, 1.0] {
            let Ok(StatisticDocument::Quantile(Exact(found))) = read(&part.to_string()) else {
                panic!("{part}")
            };
            assert_eq!(found.to_bits(), part.to_bits(), "{part}");
        }
        for wrong in ["\"0.5\"", "null", "[]", "\"NaN\""] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("expected a number"), "{error}");
        }
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let text =
            r#"{"config":{"address":"h:1"},"query":{"metric_name":"mem","start":"0","end":"1"}}"#;
        let request = Request::read(text).unwrap();
        assert_eq!(request.config().address, "h:1");
        assert_eq!(request.query().unwrap().labels, LabelFilter::default());
        assert!(
            matches!(request.status(), Err(Failure::InvalidArgument { field, .. }) if field == "request.status")
        );
    }

    #[test]
    fn what_is_unknown_or_of_another_type_is_refused_with_what_is_accepted() {
        assert!(reason(r#"{"config":{"adress":"x"}}"#).contains("expected one of `address`"));
        assert!(
            reason(r#"{"config":{"address":"x","label_schema":"agents"}}"#)
                .contains("documented, agent")
        );
        assert!(reason(r#"{"config":{"address":5}}"#).contains("expected a string"));
        assert!(reason(r#"{"config":{"address":"x"},"query":{"metric_name":"m","start":"0","end":"1","step":-1}}"#).contains("u32"));
        assert!(reason("").contains("EOF"));
        assert!(reason("[]").contains("line 1"));
    }

    #[test]
    fn a_filter_is_a_text_or_a_list_and_a_statistic_says_of_what() {
        let query = |labels: &str, pointwise: &str| {
            let text = format!(
                r#"{{"config":{{"address":"h:1"}},"query":{{"metric_name":"mem","start":"0","end":"1","labels":{labels},"pointwise":{pointwise}}}}}"#
            );
            Request::read(&text).unwrap().query().unwrap()
        };
        let quantile = query(
            r#"{"kernel_id":["a","b"],"agent_id":"c","user_id":null}"#,
            r#"{"statistic":{"quantile":0.9},"over":{"members":"kernel_id"}}"#,
        );
        assert_eq!(quantile.labels.kernel_id, ["a", "b"]);
        assert_eq!(quantile.labels.agent_id, ["c"]);
        assert_eq!(
            quantile.pointwise,
            Some(Pointwise {
                statistic: Statistic::Quantile(0.9),
                over: Over::Members(Dimension::KernelId),
                window: None,
            })
        );
        let max = query("{}", r#"{"statistic":"max","over":"time","window":60}"#);
        assert_eq!(max.pointwise.unwrap().window, Some(60));
    }

    #[test]
    fn the_type_is_detected_by_name() {
        let detect = |text| Detection::answer(text).unwrap();
        assert_eq!(
            detect(r#"{"metric_name":"cpu_util","value_type":"current"}"#),
            MetricType::Diff
        );
        assert_eq!(detect(r#"{"metric_name":"cpu_util"}"#), MetricType::Gauge);
    }
}

//! JSON, written as it is made: a large result is never held a second time as a tree of values.

use std::borrow::Cow;
use std::io::Write;

use metric_host::decisions::{InstantAnswer, Judgement};
use metric_host::{
    MetadataResult, MetricMetadata, MissingChunk, RangeAnswer, Series, ServiceError, ValueType,
};
use metric_serve::documents::{AnswerDocument, Named, QueryName};
pub(crate) use metric_serve::documents::{Each, Labels, SeriesDocument, Value, line};
use serde::Serialize;

use crate::commands::batch::Answered;
use crate::exit::Exit;
use crate::failure::Failure;

/// Writes the answer to a query as one object on one line. Missing parts are told where there may be some.
pub(crate) fn query(
    out: &mut dyn Write,
    answer: &RangeAnswer,
    partial: bool,
) -> Result<(), serde_json::Error> {
    line(out, &QueryDocument::of(answer, partial))
}

/// Writes the answers to many queries as an array, an object a line: each with its query, and the answer or the error.
pub(crate) fn batch(
    out: &mut dyn Write,
    answers: &[Answered<'_>],
    partial: bool,
) -> Result<(), serde_json::Error> {
    let mut before = "[";
    for answered in answers {
        out.write_all(before.as_bytes())
            .map_err(serde_json::Error::io)?;
        let query = QueryName::of(answered.query);
        match &answered.answer {
            Ok(answer) => {
                let answer = QueryDocument::of(answer, partial);
                serde_json::to_writer(&mut *out, &Named { query, answer })?;
            }
            Err(failure) => {
                let answer = Failed {
                    error: ErrorDocument::of(failure),
                };
                serde_json::to_writer(&mut *out, &Named { query, answer })?;
            }
        }
        before = ",\n";
    }
    out.write_all(b"]\n").map_err(serde_json::Error::io)
}

/// Writes the metrics on one line: an array of objects. Where it may be partial, an object that has the array as its
/// `metrics`, and says whether it is.
pub(crate) fn metrics(
    out: &mut dyn Write,
    result: &MetadataResult,
    partial: bool,
) -> Result<(), serde_json::Error> {
    let metrics = Each(&result.metrics, MetricDocument::of);
    match partial {
        false => line(out, &metrics),
        true => line(
            out,
            &MetricsDocument {
                metrics,
                warnings: &result.warnings,
                infos: &result.infos,
                partial: result.partial,
            },
        ),
    }
}

/// Writes a preset at an instant as one object on one line.
pub(crate) fn instant(
    out: &mut dyn Write,
    answer: &InstantAnswer,
) -> Result<(), serde_json::Error> {
    #[derive(Serialize)]
    struct InstantDocument<'a> {
        promql: &'a str,
        unit: Option<&'a str>,
        series: Each<'a, Series, SeriesDocument<'a>>,
        warnings: &'a [String],
        infos: &'a [String],
        partial: bool,
    }
    line(
        out,
        &InstantDocument {
            promql: &answer.promql,
            unit: answer.unit.as_deref(),
            series: Each(&answer.series, SeriesDocument),
            warnings: &answer.warnings,
            infos: &answer.infos,
            partial: answer.partial,
        },
    )
}

/// Writes verdicts on one line: an array of objects.
pub(crate) fn verdicts(
    out: &mut dyn Write,
    judgements: &[Judgement],
) -> Result<(), serde_json::Error> {
    line(out, &Each(judgements, VerdictDocument::of))
}

#[derive(Serialize)]
struct VerdictDocument<'a> {
    subject: &'a str,
    verdict: &'static str,
    value: Option<Value>,
    /// Unix milliseconds.
    at: Option<i64>,
    decision: Option<bool>,
    timestamps: &'a [i64],
    values: Each<'a, f64, Value>,
}

impl<'a> VerdictDocument<'a> {
    fn of(judgement: &'a Judgement) -> Self {
        Self {
            subject: &judgement.subject,
            verdict: judgement.verdict.as_str(),
            value: judgement.value.map(Value),
            at: judgement.at,
            decision: judgement.decision,
            timestamps: &judgement.timestamps,
            values: Each(&judgement.values, |value| Value(*value)),
        }
    }
}

#[derive(Serialize)]
struct QueryDocument<'a> {
    #[serde(flatten)]
    answer: AnswerDocument<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<Each<'a, MissingChunk, MissingDocument>>,
}

impl<'a> QueryDocument<'a> {
    fn of(range: &'a RangeAnswer, partial: bool) -> Self {
        Self {
            answer: AnswerDocument::of(&range.answer, range.is_partial()),
            missing: partial.then_some(Each(&range.missing, MissingDocument::of)),
        }
    }
}

#[derive(Serialize)]
struct Failed<'a> {
    error: ErrorDocument<'a>,
}

/// An error, with the exit code of its class.
#[derive(Serialize)]
pub(crate) struct ErrorDocument<'a> {
    code: u8,
    class: &'static str,
    message: Cow<'a, str>,
}

impl<'a> ErrorDocument<'a> {
    pub(crate) fn of(failure: &'a Failure) -> Self {
        Self::new(failure.exit(), failure.message().into())
    }

    pub(crate) fn of_service(error: &ServiceError) -> Self {
        Self::new(error.into(), error.to_string().into())
    }

    fn new(exit: Exit, message: Cow<'a, str>) -> Self {
        Self {
            code: exit as u8,
            class: exit.class(),
            message,
        }
    }
}

/// A chunk that failed.
#[derive(Serialize)]
pub(super) struct MissingDocument {
    /// Unix milliseconds.
    start: i64,
    /// Unix milliseconds.
    end: i64,
    error: ErrorDocument<'static>,
}

impl MissingDocument {
    pub(super) fn of(missing: &MissingChunk) -> Self {
        Self {
            start: missing.span.start,
            end: missing.span.end,
            error: ErrorDocument::of_service(&missing.error),
        }
    }
}

#[derive(Serialize)]
struct MetricsDocument<'a> {
    metrics: Each<'a, MetricMetadata, MetricDocument<'a>>,
    warnings: &'a [String],
    infos: &'a [String],
    partial: bool,
}

/// One metric. Fields that the catalogue does not know are null.
#[derive(Serialize)]
struct MetricDocument<'a> {
    name: &'a str,
    metric_type: &'static str,
    description: Option<&'a str>,
    unit: Option<&'a str>,
    rate_unit: Option<&'a str>,
    category: Option<&'static str>,
    cumulative: Option<bool>,
    value_types: Option<Vec<&'static str>>,
}

impl<'a> MetricDocument<'a> {
    fn of(metric: &'a MetricMetadata) -> Self {
        let entry = metric.catalogue.as_ref();
        Self {
            name: &metric.name,
            metric_type: metric.metric_type.as_str(),
            description: entry.map(|entry| entry.description.as_str()),
            unit: entry.map(|entry| entry.unit.as_str()),
            rate_unit: entry.map(|entry| entry.rate_unit.as_str()),
            category: entry.map(|entry| entry.category.as_str()),
            cumulative: entry.map(|entry| entry.cumulative),
            value_types: entry.map(|entry| {
                entry
                    .value_types
                    .iter()
                    .copied()
                    .map(ValueType::as_str)
                    .collect()
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_host::{CatalogueEntry, Category, MetricResult, MetricType, ServiceError, Span};

    fn text(write: impl FnOnce(&mut Vec<u8>) -> Result<(), serde_json::Error>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_result_is_one_object_on_one_line() {
        let answer = MetricResult {
            promql: "sum(x)".to_owned(),
            metric_type: MetricType::Rate,
            unit: Some("bytes/s".to_owned()),
            step: 60,
            start: 0,
            end: 120_000,
            series: vec![Series {
                labels: vec![("value_type".to_owned(), "cur\"rent".to_owned())],
                timestamps: vec![0, 60_000, 120_000, 180_000],
                values: vec![1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY],
            }],
            warnings: vec!["careful".to_owned()],
            infos: vec![],
            partial: false,
        };
        let missing = vec![MissingChunk {
            span: Span {
                start: 60_000,
                end: 120_000,
            },
            error: ServiceError::TimedOut("late".to_owned()),
        }];
        let whole = RangeAnswer {
            answer: answer.clone(),
            missing: vec![],
        };
        let answer = RangeAnswer { answer, missing };
        let text_of_whole = concat!(
            r#"{"promql":"sum(x)","metric_type":"rate","unit":"bytes/s","step":60,"start":0,"end":120000,"#,
            r#""series":[{"labels":{"value_type":"cur\"rent"},"timestamps":[0,60000,120000,180000],"#,
            r#""values":[1.5,"NaN","+Inf","-Inf"]}],"warnings":["careful"],"infos":[]"#,
        );
        assert_eq!(
            text(|out| query(out, &whole, false)),
            format!("{text_of_whole},\"partial\":false}}\n")
        );
        assert_eq!(
            text(|out| query(out, &answer, true)),
            format!(
                "{text_of_whole}{}\n",
                r#","partial":true,"missing":[{"start":60000,"end":120000,"error":{"code":6,"class":"timed-out","message":"timed out: late"}}]}"#
            )
        );
    }

    #[test]
    fn what_the_catalogue_does_not_know_is_null() {
        let known = CatalogueEntry {
            description: "Memory in use.".to_owned(),
            unit: "bytes".to_owned(),
            rate_unit: "bytes/s".to_owned(),
            category: Category::Memory,
            cumulative: false,
            value_types: vec![ValueType::Current, ValueType::Pct],
        };
        let all = vec![
            MetricMetadata {
                name: "mem".to_owned(),
                metric_type: MetricType::Gauge,
                catalogue: Some(known),
            },
            MetricMetadata {
                name: "other".to_owned(),
                metric_type: MetricType::Gauge,
                catalogue: None,
            },
        ];
        let result = MetadataResult {
            metrics: all,
            warnings: vec!["w".to_owned()],
            infos: vec![],
            partial: true,
        };
        let parsed: serde_json::Value =
            serde_json::from_str(&text(|out| metrics(out, &result, false))).unwrap();
        let marked: serde_json::Value =
            serde_json::from_str(&text(|out| metrics(out, &result, true))).unwrap();
        assert_eq!(
            marked,
            serde_json::json!({"metrics": parsed, "warnings": ["w"], "infos": [], "partial": true})
        );
        assert_eq!(
            parsed,
            serde_json::json!([
                {"name": "mem", "metric_type": "gauge", "description": "Memory in use.", "unit": "bytes",
                 "rate_unit": "bytes/s", "category": "memory", "cumulative": false, "value_types": ["current", "pct"]},
                {"name": "other", "metric_type": "gauge", "description": null, "unit": null, "rate_unit": null,
                 "category": null, "cumulative": null, "value_types": null},
            ])
        );
    }
}

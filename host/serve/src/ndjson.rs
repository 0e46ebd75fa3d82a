//! A stream as JSON objects, one a line, each with its `kind`: `plan` first, then `series`, `warning`, `info` and
//! `missing` as they come, `end` last. Where there is no `end`, the rest was lost on the way.
//!
//! Nothing is kept of a line that was written but the counts that stand in the last one.

use std::io::Write;

use metric_host::{MetricQuery, MissingChunk, Piece, RangeAnswer, RangePlan, Series, ServiceError};
use serde::Serialize;

use crate::documents::{Named, PlanDocument, QueryName, SeriesDocument, line};

/// The progress of writing one query's stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Samples of all series.
    pub samples: u64,
    /// Chunks.
    pub missing: u64,
    /// True if data may be missing.
    pub partial: bool,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line<'a, E> {
    Plan(Named<'a, PlanDocument<'a>>),
    Series(SeriesDocument<'a>),
    Warning {
        text: &'a str,
    },
    Info {
        text: &'a str,
    },
    /// Unix milliseconds.
    Missing {
        start: i64,
        end: i64,
        error: E,
    },
    End(Named<'a, End<E>>),
}

/// A line that says nothing of errors.
type Plain<'a> = Line<'a, ()>;

#[derive(Serialize)]
struct End<E> {
    /// `whole`, `partial` or `failed`.
    outcome: &'static str,
    samples: u64,
    missing: u64,
    error: Option<E>,
}

/// Writes the first line: what is asked.
///
/// # Errors
/// Fails as writing does.
pub fn plan(
    out: &mut dyn Write,
    query: &MetricQuery,
    plan: &RangePlan,
) -> Result<(), serde_json::Error> {
    let plan = Named {
        query: QueryName::of(query),
        answer: PlanDocument::of(plan),
    };
    line(out, &Plain::Plan(plan))
}

/// Writes a piece, and sends it on its way. The reader of the lines decides what an error is to it.
///
/// # Errors
/// Fails as writing does.
pub fn piece<E: Serialize>(
    out: &mut dyn Write,
    piece: &Piece,
    written: &mut Written,
    document: impl Fn(&ServiceError) -> E,
) -> Result<(), serde_json::Error> {
    written.partial |= piece.is_partial();
    series(out, &piece.series, written)?;
    remarks(out, (&piece.warnings, &piece.infos))?;
    missing(out, &piece.missing, written, document)?;
    out.flush().map_err(serde_json::Error::io)
}

/// Writes an answer that is all there in the lines of a stream: the plan as far as an answer tells it, each series in one
/// piece, and the end.
///
/// # Errors
/// Those of writing.
pub fn whole<E: Serialize>(
    out: &mut dyn Write,
    metric: &str,
    answer: &RangeAnswer,
    document: impl Fn(&ServiceError) -> E,
) -> Result<(), serde_json::Error> {
    let query = QueryName::of_metric(metric);
    let result = &answer.answer;
    let plan = Named {
        query,
        answer: PlanDocument::of_answer(result),
    };
    line(out, &Plain::Plan(plan))?;
    let mut written = Written {
        partial: answer.is_partial(),
        ..Written::default()
    };
    series(out, &result.series, &mut written)?;
    // The plan has the warnings.
    remarks(out, (&[], &result.infos))?;
    missing(out, &answer.missing, &mut written, document)?;
    last(out, query, written, None::<()>)
}

fn series(
    out: &mut dyn Write,
    all: &[Series],
    written: &mut Written,
) -> Result<(), serde_json::Error> {
    for series in all {
        line(out, &Plain::Series(SeriesDocument(series)))?;
        written.samples += series.values.len() as u64;
    }
    Ok(())
}

fn remarks(
    out: &mut dyn Write,
    (warnings, infos): (&[String], &[String]),
) -> Result<(), serde_json::Error> {
    for text in warnings {
        line(out, &Plain::Warning { text })?;
    }
    for text in infos {
        line(out, &Plain::Info { text })?;
    }
    Ok(())
}

fn missing<E: Serialize>(
    out: &mut dyn Write,
    all: &[MissingChunk],
    written: &mut Written,
    document: impl Fn(&ServiceError) -> E,
) -> Result<(), serde_json::Error> {
    for missing in all {
        let missing = Line::Missing {
            start: missing.span.start,
            end: missing.span.end,
            error: document(&missing.error),
        };
        line(out, &missing)?;
        written.missing += 1;
    }
    Ok(())
}

/// Writes the last line: how it went.
///
/// # Errors
/// Fails as writing does.
pub fn end<E: Serialize>(
    out: &mut dyn Write,
    query: &MetricQuery,
    written: Written,
    error: Option<E>,
) -> Result<(), serde_json::Error> {
    last(out, QueryName::of(query), written, error)
}

fn last<E: Serialize>(
    out: &mut dyn Write,
    query: QueryName<'_>,
    written: Written,
    error: Option<E>,
) -> Result<(), serde_json::Error> {
    let Written {
        samples,
        missing,
        partial,
    } = written;
    let end = Named {
        query,
        answer: End {
            outcome: match error {
                Some(_) => "failed",
                None if partial => "partial",
                None => "whole",
            },
            samples,
            missing,
            error,
        },
    };
    line(out, &Line::End(end))?;
    out.flush().map_err(serde_json::Error::io)
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_host::{MetricResult, MetricType, Span, ValueType};

    #[test]
    fn a_piece_is_a_line_a_series_and_the_end_counts_them() {
        let series = |value| Series {
            labels: vec![("value_type".to_owned(), "current".to_owned())],
            timestamps: vec![0, 60_000],
            values: vec![value, f64::NAN],
        };
        let given = Piece {
            series: vec![series(1.5), series(2.0)],
            warnings: vec!["careful".to_owned()],
            infos: vec!["by the way".to_owned()],
            missing: vec![MissingChunk {
                span: Span {
                    start: 60_000,
                    end: 120_000,
                },
                error: ServiceError::TimedOut("late".to_owned()),
            }],
            partial: false,
        };
        let mut query = MetricQuery::new("mem", "", "");
        query.labels.value_type = Some(ValueType::Current);
        let mut out = Vec::new();
        let mut written = Written::default();
        piece(&mut out, &given, &mut written, ToString::to_string).unwrap();
        end(&mut out, &query, written, None::<()>).unwrap();
        end(&mut out, &query, Written::default(), Some("late")).unwrap();
        end(&mut out, &query, Written::default(), None::<()>).unwrap();
        let of_the_server = Piece {
            series: vec![],
            warnings: vec![],
            infos: vec![],
            missing: vec![],
            partial: true,
        };
        let mut written = Written::default();
        piece(&mut out, &of_the_server, &mut written, ToString::to_string).unwrap();
        end(&mut out, &query, written, None::<()>).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"kind":"series","labels":{"value_type":"current"},"timestamps":[0,60000],"values":[1.5,"NaN"]}
{"kind":"series","labels":{"value_type":"current"},"timestamps":[0,60000],"values":[2.0,"NaN"]}
{"kind":"warning","text":"careful"}
{"kind":"info","text":"by the way"}
{"kind":"missing","start":60000,"end":120000,"error":"timed out: late"}
{"kind":"end","metric":"mem","value_type":"current","outcome":"partial","samples":4,"missing":1,"error":null}
{"kind":"end","metric":"mem","value_type":"current","outcome":"failed","samples":0,"missing":0,"error":"late"}
{"kind":"end","metric":"mem","value_type":"current","outcome":"whole","samples":0,"missing":0,"error":null}
{"kind":"end","metric":"mem","value_type":"current","outcome":"partial","samples":0,"missing":0,"error":null}
"#
        );
    }
    #[test]
    fn an_answer_that_is_all_there_is_told_as_a_stream_is() {
        let answer = RangeAnswer {
            answer: MetricResult {
                promql: "x".to_owned(),
                metric_type: MetricType::Gauge,
                unit: None,
                step: 60,
                start: 0,
                end: 60_000,
                series: vec![Series {
                    labels: Vec::new(),
                    timestamps: vec![0],
                    values: vec![1.5],
                }],
                warnings: vec!["careful".to_owned()],
                infos: vec!["by the way".to_owned()],
                partial: true,
            },
            missing: Vec::new(),
        };
        let mut out = Vec::new();
        whole(&mut out, "m", &answer, ToString::to_string).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"kind":"plan","metric":"m","value_type":null,"promql":"x","metric_type":"gauge","unit":null,"step":60,"step_reason":null,"window":null,"window_reason":null,"start":0,"end":60000,"points":2,"requests":null,"warnings":["careful"]}
{"kind":"series","labels":{},"timestamps":[0],"values":[1.5]}
{"kind":"info","text":"by the way"}
{"kind":"end","metric":"m","value_type":null,"outcome":"partial","samples":1,"missing":0,"error":null}
"#
        );
    }
}

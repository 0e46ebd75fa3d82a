//! A stream as JSON objects, one a line, each with its `kind`: `plan` first, then `series`, `warning`, `info` and
//! `missing` as they come, `end` last. Where there is no `end`, the rest was lost on the way.
//!
//! Nothing is kept of a line that was written but the counts that stand in the last one.

use std::io::Write;

use metric_host::{MetricQuery, Piece, RangePlan, ServiceError};
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
    for series in &piece.series {
        line(out, &Plain::Series(SeriesDocument(series)))?;
        written.samples += series.values.len() as u64;
    }
    for text in &piece.warnings {
        line(out, &Plain::Warning { text })?;
    }
    for text in &piece.infos {
        line(out, &Plain::Info { text })?;
    }
    for missing in &piece.missing {
        let missing = Line::Missing {
            start: missing.span.start,
            end: missing.span.end,
            error: document(&missing.error),
        };
        line(out, &missing)?;
        written.missing += 1;
    }
    out.flush().map_err(serde_json::Error::io)
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
    let Written {
        samples,
        missing,
        partial,
    } = written;
    let end = Named {
        query: QueryName::of(query),
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
    use metric_host::{MissingChunk, Series, ServiceError, Span, ValueType};

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
}

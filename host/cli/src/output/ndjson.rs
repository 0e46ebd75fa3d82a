//! A stream as JSON objects, one a line, each with its `kind`: `plan` first, then `series`, `warning`, `info` and
//! `missing` as they come, `end` last. Where there is no `end`, the rest was lost on the way.
//!
//! Nothing is kept of a line that was written but the counts that stand in the last one.

use std::io::Write;

use metric_host::{MetricQuery, Piece, RangePlan};
use serde::Serialize;

use super::json::{self, ErrorDocument, MissingDocument, Named, QueryName, SeriesDocument};
use super::plan::PlanDocument;
use crate::exit::Exit;
use crate::failure::Failure;

/// The progress of writing one query's stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) samples: u64,
    /// Chunks.
    pub(crate) missing: u64,
    /// Why the first of them is missing.
    pub(crate) first: Option<Exit>,
    /// Whether data may be missing.
    pub(crate) partial: bool,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line<'a> {
    Plan(Named<'a, PlanDocument<'a>>),
    Series(SeriesDocument<'a>),
    Warning { text: &'a str },
    Info { text: &'a str },
    Missing(MissingDocument),
    End(Named<'a, End<'a>>),
}

#[derive(Serialize)]
struct End<'a> {
    /// `whole`, `partial` or `failed`.
    outcome: &'static str,
    samples: u64,
    missing: u64,
    error: Option<ErrorDocument<'a>>,
}

/// Writes the first line: what is asked.
pub(crate) fn plan(
    out: &mut dyn Write,
    query: &MetricQuery,
    plan: &RangePlan,
) -> Result<(), serde_json::Error> {
    let plan = Named {
        query: QueryName::of(query),
        answer: PlanDocument::of(plan),
    };
    line(out, &Line::Plan(plan))
}

/// Writes a piece, and sends it on its way.
pub(crate) fn piece(
    out: &mut dyn Write,
    piece: &Piece,
    written: &mut Written,
) -> Result<(), serde_json::Error> {
    written.partial |= piece.is_partial();
    for series in &piece.series {
        line(out, &Line::Series(SeriesDocument(series)))?;
        written.samples += series.values.len() as u64;
    }
    for text in &piece.warnings {
        line(out, &Line::Warning { text })?;
    }
    for text in &piece.infos {
        line(out, &Line::Info { text })?;
    }
    for missing in &piece.missing {
        line(out, &Line::Missing(MissingDocument::of(missing)))?;
        written.missing += 1;
        written.first.get_or_insert((&missing.error).into());
    }
    out.flush().map_err(serde_json::Error::io)
}

/// Writes the last line: how it went.
pub(crate) fn end(
    out: &mut dyn Write,
    query: &MetricQuery,
    written: Written,
    failure: Option<&Failure>,
) -> Result<(), serde_json::Error> {
    let Written {
        samples,
        missing,
        partial,
        ..
    } = written;
    let end = Named {
        query: QueryName::of(query),
        answer: End {
            outcome: match failure {
                Some(_) => "failed",
                None if partial => "partial",
                None => "whole",
            },
            samples,
            missing,
            error: failure.map(ErrorDocument::of),
        },
    };
    line(out, &Line::End(end))?;
    out.flush().map_err(serde_json::Error::io)
}

fn line(out: &mut dyn Write, line: &Line<'_>) -> Result<(), serde_json::Error> {
    json::line(out, line)
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
        piece(&mut out, &given, &mut written).unwrap();
        end(&mut out, &query, written, None).unwrap();
        let failure = Failure::new(Exit::TimedOut, "late");
        end(&mut out, &query, Written::default(), Some(&failure)).unwrap();
        end(&mut out, &query, Written::default(), None).unwrap();
        let of_the_server = Piece {
            series: vec![],
            warnings: vec![],
            infos: vec![],
            missing: vec![],
            partial: true,
        };
        let mut written = Written::default();
        piece(&mut out, &of_the_server, &mut written).unwrap();
        end(&mut out, &query, written, None).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"kind":"series","labels":{"value_type":"current"},"timestamps":[0,60000],"values":[1.5,"NaN"]}
{"kind":"series","labels":{"value_type":"current"},"timestamps":[0,60000],"values":[2.0,"NaN"]}
{"kind":"warning","text":"careful"}
{"kind":"info","text":"by the way"}
{"kind":"missing","start":60000,"end":120000,"error":{"code":6,"class":"timed-out","message":"timed out: late"}}
{"kind":"end","metric":"mem","value_type":"current","outcome":"partial","samples":4,"missing":1,"error":null}
{"kind":"end","metric":"mem","value_type":"current","outcome":"failed","samples":0,"missing":0,"error":{"code":6,"class":"timed-out","message":"late"}}
{"kind":"end","metric":"mem","value_type":"current","outcome":"whole","samples":0,"missing":0,"error":null}
{"kind":"end","metric":"mem","value_type":"current","outcome":"partial","samples":0,"missing":0,"error":null}
"#
        );
    }
}

//! An answer as a picture: what is drawn, and where its axes have their marks. Drawing it is for [`svg`] and
//! [`terminal`].
//!
//! A gap is a gap: a series is drawn run by run, and nothing joins two of them.

mod axis;
pub(crate) mod svg;
pub(crate) mod terminal;

use std::fmt::Display;

use chrono::TimeZone;
use metric_host::{MetricQuery, MetricResult, MissingChunk, RangeAnswer, Series};

use self::axis::Axis;
use super::heading;
use super::labels::{TooManyColumns, label};
use super::printable::{REPEATED, head, line};
use super::times;
use crate::commands::query::PARTIAL;

/// Series at most. With more of them nobody tells two apart, in colours or without.
const MOST_SERIES: usize = 50;

/// The reason why there is no picture of an answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPicture {
    /// It has too many series.
    #[error("the answer has {0} series; a picture shows {MOST_SERIES} at most")]
    TooManySeries(usize),
    /// They have too many labels.
    #[error(transparent)]
    TooManyLabels(#[from] TooManyColumns),
}

/// A picture to draw. All texts are fit for a terminal.
#[derive(Debug)]
pub(crate) struct Picture {
    title: String,
    /// The range, and what all series share.
    under: Vec<String>,
    /// Remarks on what is doubtful about the answer: partial, missing, the server's warnings.
    remarks: Vec<String>,
    times: Axis<i64>,
    values: Axis<f64>,
    lines: Vec<Line>,
    /// The spans that could not be had, from and to, Unix milliseconds.
    missing: Vec<(i64, i64)>,
}

/// A series.
#[derive(Debug)]
struct Line {
    name: String,
    /// Points that follow each other without a gap, in Unix milliseconds; all of them numbers.
    runs: Vec<Vec<(i64, f64)>>,
}

/// About how many marks an axis has room for.
#[derive(Debug, Clone, Copy)]
struct Room {
    times: usize,
    values: usize,
}

impl Picture {
    fn of<Tz>(
        query: &MetricQuery,
        answer: &RangeAnswer,
        zone: &Tz,
        room: Room,
    ) -> Result<Self, NoPicture>
    where
        Tz: TimeZone<Offset: Display>,
    {
        let result = &answer.answer;
        if result.series.len() > MOST_SERIES {
            return Err(NoPicture::TooManySeries(result.series.len()));
        }
        let (shared, own) = heading::label_kinds(result)?;
        let step = i64::from(result.step.max(1)).saturating_mul(1000);
        let lines: Vec<Line> = result
            .series
            .iter()
            .map(|series| Line {
                name: name(series, &own, &query.metric_name),
                runs: runs(series, step),
            })
            .collect();
        let values = lines.iter().flat_map(|line| &line.runs).flatten();
        let under = [
            heading::range(result, zone),
            heading::shared(result, &shared),
        ];
        Ok(Self {
            title: heading::title(query, result),
            under: under.into_iter().filter(|text| !text.is_empty()).collect(),
            remarks: remarks(result, &answer.missing, zone),
            times: axis::times(result.start, result.end, room.times, zone),
            values: axis::values(
                values.map(|&(_, value)| value),
                room.values,
                result.unit.as_deref(),
            ),
            lines,
            missing: missing(&answer.missing, step),
        })
    }
}

/// The values of the labels that tell a series from the others.
fn name(series: &Series, own: &[&str], metric: &str) -> String {
    let value = |name: &&str| label(&series.labels, name).unwrap_or_default();
    let text = match own {
        [] => metric.to_owned(),
        [only] => value(only).to_owned(),
        several => {
            let pairs = several.iter().map(|name| format!("{name}={}", value(name)));
            pairs.collect::<Vec<_>>().join(" ")
        }
    };
    line(&head(&text, REPEATED))
}

/// Splits a series at its gaps. A value that is no number is a gap as well.
fn runs(series: &Series, step: i64) -> Vec<Vec<(i64, f64)>> {
    let mut runs: Vec<Vec<(i64, f64)>> = Vec::new();
    let mut last: Option<i64> = None;
    for (&at, &value) in series.timestamps.iter().zip(&series.values) {
        if !value.is_finite() {
            last = None;
            continue;
        }
        let goes_on = last.is_some_and(|last| at.saturating_sub(last) <= step);
        match runs.last_mut().filter(|_| goes_on) {
            Some(run) => run.push((at, value)),
            None => runs.push(vec![(at, value)]),
        }
        last = Some(at);
    }
    runs
}

/// From the last point before to the first after.
fn missing(chunks: &[MissingChunk], step: i64) -> Vec<(i64, i64)> {
    let around = |chunk: &MissingChunk| {
        let span = &chunk.span;
        (
            span.start.saturating_sub(step),
            span.end.saturating_add(step),
        )
    };
    chunks.iter().map(around).collect()
}

fn remarks<Tz>(result: &MetricResult, missing: &[MissingChunk], zone: &Tz) -> Vec<String>
where
    Tz: TimeZone<Offset: Display>,
{
    let gone = missing.iter().map(|chunk| {
        let span = times::range(chunk.span.start, chunk.span.end, zone);
        format!("missing {span}: {}", chunk.error)
    });
    let partial = result.partial.then(|| PARTIAL.to_owned());
    let nothing = result.series.is_empty().then(|| "no series".to_owned());
    let told = gone.chain(partial).chain(nothing);
    let told = told.chain(result.warnings.iter().cloned());
    told.map(|text| line(&head(&text, REPEATED))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;
    use metric_host::{MetricType, ServiceError, Span};

    pub(super) const MINUTE: i64 = 60_000;

    pub(super) fn series(agent: &str, points: &[(i64, f64)]) -> Series {
        Series {
            labels: vec![
                ("agent_id".to_owned(), agent.to_owned()),
                ("value_type".to_owned(), "current".to_owned()),
            ],
            timestamps: points.iter().map(|(minute, _)| minute * MINUTE).collect(),
            values: points.iter().map(|(_, value)| *value).collect(),
        }
    }

    /// A minute a point, an hour, bytes.
    pub(super) fn answer(series: Vec<Series>) -> RangeAnswer {
        RangeAnswer {
            answer: MetricResult {
                promql: "sum(x)".to_owned(),
                metric_type: MetricType::Gauge,
                unit: Some("bytes".to_owned()),
                step: 60,
                start: 0,
                end: 60 * MINUTE,
                series,
                warnings: vec![],
                infos: vec![],
                partial: false,
            },
            missing: vec![],
        }
    }

    pub(super) fn gone(from: i64, to: i64) -> MissingChunk {
        MissingChunk {
            span: Span {
                start: from * MINUTE,
                end: to * MINUTE,
            },
            error: ServiceError::TimedOut("no answer".to_owned()),
        }
    }

    fn picture(answer: &RangeAnswer) -> Result<Picture, NoPicture> {
        let room = Room {
            times: 6,
            values: 5,
        };
        Picture::of(&MetricQuery::new("mem", "", ""), answer, &Utc, room)
    }

    #[test]
    fn a_series_breaks_where_points_or_numbers_are_missing() {
        let points = [
            (0, 1.0),
            (1, 2.0),
            (3, 3.0),
            (4, f64::NAN),
            (5, 4.0),
            (6, f64::INFINITY),
        ];
        let runs = runs(&series("a", &points), MINUTE);
        let minutes: Vec<Vec<i64>> = runs
            .iter()
            .map(|run| run.iter().map(|(at, _)| at / MINUTE).collect())
            .collect();
        assert_eq!(minutes, [vec![0, 1], vec![3], vec![5]]);
    }

    #[test]
    fn what_all_share_stands_above_and_what_tells_apart_names_the_lines() {
        let picture = picture(&answer(vec![
            series("a", &[(0, 1.0)]),
            series("b\u{1b}", &[]),
        ]))
        .unwrap();
        assert_eq!(picture.under[1], "value_type=current");
        let names: Vec<&str> = picture
            .lines
            .iter()
            .map(|line| line.name.as_str())
            .collect();
        assert_eq!(names, ["a", "b\\u{1b}"]);
        assert_eq!(picture.remarks, [""; 0]);
    }

    #[test]
    fn what_is_doubtful_is_said() {
        let mut answer = answer(vec![]);
        answer.answer.partial = true;
        answer.answer.warnings = vec!["w".repeat(300)];
        answer.missing = vec![gone(10, 20)];
        let picture = picture(&answer).unwrap();
        let [missing, partial, nothing, warning] = &picture.remarks[..] else {
            panic!("{:?}", picture.remarks);
        };
        assert!(
            missing.starts_with("missing 1970-01-01 00:10:00 to 00:20:00"),
            "{missing}"
        );
        assert_eq!((partial.as_str(), nothing.as_str()), (PARTIAL, "no series"));
        assert_eq!(warning.chars().count(), REPEATED + 1);
        assert_eq!(picture.missing, [(9 * MINUTE, 21 * MINUTE)]);
    }

    #[test]
    fn a_picture_has_so_many_series() {
        let of = |number| answer(vec![series("a", &[]); number]);
        assert!(picture(&of(MOST_SERIES)).is_ok());
        let refused = picture(&of(MOST_SERIES + 1)).unwrap_err();
        assert_eq!(refused, NoPicture::TooManySeries(51));
    }
}

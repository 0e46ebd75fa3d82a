//! The answer to a query for people: a heading, and a row a series with numbers in their unit.

use std::fmt::Display;
use std::io::Write;

use chrono::TimeZone;
use comfy_table::{Cell, ColumnConstraint, Table, Width};
use metric_host::{MetricQuery, MetricResult, Series};

use super::heading;
use super::labels::label;
use super::layout::{self, Place};
use super::number::for_people;
use super::printable::line;
use super::sparkline::{self, Span};
use super::summary::Summary;
use super::{Screen, table};
use crate::failure::Failure;

/// Writes a heading and a row for each series. Labels that all series share stand in the heading.
pub(crate) fn write<Tz>(
    out: &mut dyn Write,
    query: &MetricQuery,
    result: &MetricResult,
    screen: &Screen,
    zone: &Tz,
) -> Result<(), Failure>
where
    Tz: TimeZone<Offset: Display>,
{
    let title = heading::title(query, result);
    titled(out, &title, result, screen, zone)
}

/// The same under another title.
pub(crate) fn titled<Tz>(
    out: &mut dyn Write,
    title: &str,
    result: &MetricResult,
    screen: &Screen,
    zone: &Tz,
) -> Result<(), Failure>
where
    Tz: TimeZone<Offset: Display>,
{
    let (shared, own) = heading::label_kinds(result)?;
    let span = Span {
        start: result.start,
        end: result.end,
        step: i64::from(result.step.max(1)).saturating_mul(1000),
    };
    let summaries: Vec<Summary> = result
        .series
        .iter()
        .map(|series| Summary::of(&series.timestamps, &series.values, span.step))
        .collect();
    let columns = Columns::of(&summaries, result.unit.as_deref());

    let points = columns
        .same_points
        .map(|points| format!("  points {points}"))
        .unwrap_or_default();
    writeln!(out, "{title}")?;
    writeln!(out, "{}{points}", heading::range(result, zone))?;
    if !shared.is_empty() {
        writeln!(out, "{}", heading::shared(result, &shared))?;
    }
    writeln!(out, "{}\n", line(&result.promql))?;

    let rows: Vec<(Vec<String>, Vec<String>)> = result
        .series
        .iter()
        .zip(&summaries)
        .map(|(series, summary)| (labels_of(series, &own), columns.numbers_of(summary)))
        .collect();
    let draw = |row: usize, width| {
        let series = result.series.get(row);
        series.map_or_else(String::new, |series| {
            sparkline::draw(&series.timestamps, &series.values, span, width)
        })
    };
    let table = lay_out(&own, &columns.names(), rows, &draw, screen);
    Ok(table::write(out, table)?)
}

fn labels_of(series: &Series, names: &[&str]) -> Vec<String> {
    names
        .iter()
        .map(|name| line(label(&series.labels, name).unwrap_or_default()))
        .collect()
}

/// The columns of numbers in a table.
struct Columns<'a> {
    unit: Option<&'a str>,
    /// Every series has so many points, and no column says so.
    same_points: Option<usize>,
    /// Some series has gaps.
    gaps: bool,
}

impl<'a> Columns<'a> {
    fn of(summaries: &[Summary], unit: Option<&'a str>) -> Self {
        let points = summaries.first().map(|summary| summary.points);
        Self {
            unit,
            same_points: points
                .filter(|points| summaries.iter().all(|summary| summary.points == *points)),
            gaps: summaries.iter().any(|summary| summary.gaps > 0),
        }
    }

    fn names(&self) -> Vec<&'static str> {
        let mut names = vec!["last", "min", "avg", "max"];
        names.extend(self.same_points.is_none().then_some("points"));
        names.extend(self.gaps.then_some("gaps"));
        names
    }

    fn numbers_of(&self, summary: &Summary) -> Vec<String> {
        let spread = summary.spread;
        let values = [
            summary.last,
            spread.map(|spread| spread.min),
            spread.map(|spread| spread.avg),
            spread.map(|spread| spread.max),
        ];
        let mut numbers: Vec<String> = values
            .into_iter()
            .map(|value| value.map_or_else(|| "-".to_owned(), |value| for_people(value, self.unit)))
            .collect();
        numbers.extend(
            self.same_points
                .is_none()
                .then(|| summary.points.to_string()),
        );
        numbers.extend(self.gaps.then(|| summary.gaps.to_string()));
        numbers
    }
}

/// Makes the table, with its sparklines where there is room for them: `draw` draws that of a row, so wide.
pub(super) fn lay_out(
    labels: &[&str],
    numbers: &[&str],
    rows: Vec<(Vec<String>, Vec<String>)>,
    draw: &dyn Fn(usize, usize) -> String,
    screen: &Screen,
) -> Table {
    let mut measure = table::new();
    measure.set_header(
        labels
            .iter()
            .map(|name| line(name))
            .chain(numbers.iter().map(ToString::to_string)),
    );
    measure.add_rows(
        rows.iter()
            .map(|(labels, numbers)| labels.iter().chain(numbers)),
    );
    let widths: Vec<usize> = measure
        .column_max_content_widths()
        .into_iter()
        .map(usize::from)
        .collect();
    let (label_widths, number_widths) = widths.split_at(labels.len().min(widths.len()));
    let layout = layout::plan(label_widths, number_widths, screen);

    let mut table = table::new();
    let header = labels
        .iter()
        .map(|name| Cell::new(line(name)))
        .chain(numbers.iter().map(table::right));
    let beside = matches!(layout.sparkline, Place::Beside(_)).then(|| Cell::new(""));
    table.set_header(header.chain(beside));
    for (row, (mut labels, numbers)) in rows.into_iter().enumerate() {
        // Blanks at the ends are gaps too; no-break spaces survive the table's trimming.
        let draw = |width| draw(row, width).replace(' ', "\u{a0}");
        let mut beside = None;
        match layout.sparkline {
            Place::Nowhere => {}
            Place::Beside(width) => beside = Some(Cell::new(draw(width))),
            Place::Under(column, width) => {
                if let Some(label) = labels.get_mut(column) {
                    *label = format!("{label}\n{}", draw(width));
                }
            }
        }
        table.add_row(
            labels
                .into_iter()
                .map(Cell::new)
                .chain(numbers.into_iter().map(table::right))
                .chain(beside),
        );
    }
    if let Some((column, width)) = layout.broken
        && let Some(column) = table.column_mut(column)
    {
        let width = u16::try_from(width + table::PADDING).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_host::MetricType;

    const PIPE: Screen = Screen {
        width: None,
        sparkline: false,
    };

    fn series(labels: &[(&str, &str)], timestamps: &[i64], values: &[f64]) -> Series {
        Series {
            labels: labels
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            timestamps: timestamps.iter().map(|minute| minute * 60_000).collect(),
            values: values.to_vec(),
        }
    }

    fn result(series: Vec<Series>) -> MetricResult {
        MetricResult {
            promql: "sum(x)".to_owned(),
            metric_type: MetricType::Gauge,
            unit: Some("bytes".to_owned()),
            step: 60,
            start: 0,
            end: 240_000,
            series,
            warnings: vec![],
            infos: vec![],
            partial: false,
        }
    }

    fn text(result: &MetricResult, screen: Screen) -> String {
        let mut out = Vec::new();
        write(
            &mut out,
            &MetricQuery::new("mem", "", ""),
            result,
            &screen,
            &chrono::Utc,
        )
        .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn labels_that_differ_are_columns_and_the_others_stand_above() {
        let result = result(vec![
            series(
                &[("kernel_id", "k1"), ("value_type", "current")],
                &[0, 1, 2, 3, 4],
                &[1024.0, 2048.0, 0.0, 0.0, 512.0],
            ),
            series(
                &[("kernel_id", "k2"), ("value_type", "current")],
                &[0, 1, 3],
                &[f64::NAN, 5.0, f64::NAN],
            ),
        ]);
        assert_eq!(
            text(&result, PIPE),
            "\
mem  gauge  bytes
1970-01-01 00:00:00 to 00:04:00 +00:00  step 1m
value_type=current
sum(x)

kernel_id   last  min    avg      max  points  gaps
───────────────────────────────────────────────────
k1         512 B  0 B  717 B  2.0 KiB       5     0
k2           NaN  5 B    5 B      5 B       3     1
"
        );
    }

    #[test]
    fn a_sparkline_keeps_its_gaps_in_place() {
        let result = result(vec![series(&[], &[1, 2, 4], &[1.0, 2.0, 1.5])]);
        let text = text(
            &result,
            Screen {
                width: None,
                sparkline: true,
            },
        );
        assert!(text.contains("   ▁█ ▅\n"), "{text}");
    }

    #[test]
    fn hostile_labels_cannot_command_the_terminal() {
        let result = result(vec![
            series(&[("kernel_id", "\u{1b}[2J\nx")], &[0], &[1.0]),
            series(&[("kernel_id", "\u{202e}y")], &[0], &[1.0]),
        ]);
        let text = text(&result, PIPE);
        assert!(
            text.contains("\\u{1b}[2J\\nx") && text.contains("\\u{202e}y"),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn on_a_terminal_nothing_is_wider_than_it() {
        let uuid = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
        let result = result(vec![
            series(&[("kernel_id", uuid)], &[0, 1], &[1.0, 2.0]),
            series(&[("kernel_id", "other")], &[0, 1], &[1.0, 2.0]),
        ]);
        for width in [60, 80, 120] {
            let text = text(
                &result,
                Screen {
                    width: Some(width),
                    sparkline: true,
                },
            );
            assert!(text.contains('█'), "{text}");
            assert!(
                text.lines()
                    .all(|line| line.chars().count() <= usize::from(width)),
                "{width}\n{text}"
            );
        }
        assert!(text(&result, PIPE).contains(uuid));
    }
}

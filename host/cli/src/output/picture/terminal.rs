//! A picture in characters: axes, and each series in a symbol of its own, so that they are told apart without colours,
//! in files too. Colours there are none: they are commands to the terminal, and what is printed has none of those.
//!
//! Own code: the charts of `ratatui` have their marks evenly spaced and not at round values, and bring features of
//! `hashbrown` that wasmtime would be built anew for.

use std::fmt::Display;
use std::io::{self, Write};

use chrono::TimeZone;
use metric_host::{MetricQuery, RangeAnswer};

use super::axis::part_of;
use super::{Picture, Room};
use crate::failure::Failure;

/// The symbols of the series, those that differ most first.
const SYMBOLS: &str = "*+o#x@%=abcdefghijklmnpqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// A mark of a point that could not be had.
const MISSING: char = '░';
/// Rows of the picture itself: with all around it, it fits into a terminal of 24.
const ROWS: usize = 16;
/// Columns where stdout is no terminal.
const COLUMNS: usize = 100;
/// Columns at least: with fewer there is no picture to be seen.
const LEAST_COLUMNS: usize = 40;
/// Columns that a mark on the axis of time takes, with its blanks.
const MARK_COLUMNS: usize = 13;

/// Writes the answer, as wide as the terminal is.
pub(crate) fn write<Tz>(
    out: &mut dyn Write,
    query: &MetricQuery,
    answer: &RangeAnswer,
    width: Option<u16>,
    zone: &Tz,
) -> Result<(), Failure>
where
    Tz: TimeZone<Offset: Display>,
{
    let width = width.map_or(COLUMNS, usize::from).max(LEAST_COLUMNS);
    let room = Room {
        times: width / MARK_COLUMNS,
        values: 4,
    };
    let picture = Picture::of(query, answer, zone, room)?;
    Ok(picture.draw(out, width)?)
}

impl Picture {
    fn draw(&self, out: &mut dyn Write, width: usize) -> io::Result<()> {
        writeln!(out, "{}", self.title)?;
        for text in &self.under {
            writeln!(out, "{text}")?;
        }
        writeln!(out)?;

        let labels = self
            .values
            .marks
            .iter()
            .map(|(_, label)| label.chars().count());
        let margin = labels.max().unwrap_or(0);
        let columns = width.saturating_sub(margin + 2).max(2);
        let canvas = self.canvas(columns);
        let mut marks = vec![""; ROWS];
        for (value, label) in &self.values.marks {
            if let Some(mark) = marks.get_mut(self.row(*value)) {
                *mark = label;
            }
        }
        for (label, cells) in marks.iter().zip(&canvas.rows) {
            let edge = if label.is_empty() { '│' } else { '┤' };
            let cells: String = cells.iter().collect();
            writeln!(out, "{label:>margin$} {edge}{}", cells.trim_end())?;
        }
        let (ticks, times) = self.times(columns);
        writeln!(out, "{:margin$} └{ticks}", "")?;
        writeln!(out, "{:margin$}  {}", "", times.trim_end())?;
        self.legend(out, width)
    }

    fn canvas(&self, columns: usize) -> Canvas {
        let mut canvas = Canvas {
            rows: vec![vec![' '; columns]; ROWS],
        };
        for (from, to) in &self.missing {
            for row in 0..ROWS {
                canvas.line(
                    (self.column(*from, columns), row),
                    (self.column(*to, columns), row),
                    MISSING,
                );
            }
        }
        // The first stands above the others, as it does in the legend.
        let lines: Vec<_> = self.lines.iter().zip(SYMBOLS.chars()).collect();
        for (line, symbol) in lines.into_iter().rev() {
            for run in &line.runs {
                let place = |&(at, value): &(i64, f64)| (self.column(at, columns), self.row(value));
                let places: Vec<_> = run.iter().map(place).collect();
                for (from, to) in places
                    .iter()
                    .zip(places.iter().skip(1).chain(places.last()))
                {
                    canvas.line(*from, *to, symbol);
                }
            }
        }
        canvas
    }

    /// The row of a value, from the top.
    fn row(&self, value: f64) -> usize {
        nearest(part_of(value, self.values.to, self.values.from), ROWS)
    }

    /// The column of an instant; one beyond the range falls to its end.
    fn column(&self, at: i64, columns: usize) -> usize {
        let part = part_of(at as f64, self.times.from as f64, self.times.to as f64);
        nearest(part, columns)
    }

    /// The axis of time, and what its marks say, each under its mark as far as there is room.
    fn times(&self, columns: usize) -> (String, String) {
        let mut ticks = vec!['─'; columns];
        let mut texts = vec![' '; columns];
        let mut free = 0;
        for (at, label) in &self.times.marks {
            let column = self.column(*at, columns);
            let length = label.chars().count();
            let from = column
                .saturating_sub(length / 2)
                .min(columns.saturating_sub(length));
            if from < free {
                continue;
            }
            for (cell, letter) in texts.iter_mut().skip(from).zip(label.chars()) {
                *cell = letter;
            }
            if let Some(tick) = ticks.get_mut(column) {
                *tick = '┬';
            }
            free = from + length + 1;
        }
        (ticks.into_iter().collect(), texts.into_iter().collect())
    }

    fn legend(&self, out: &mut dyn Write, width: usize) -> io::Result<()> {
        let lines = self.lines.iter().zip(SYMBOLS.chars());
        let lines = lines.map(|(line, symbol)| (symbol, line.name.as_str()));
        let missing = (!self.missing.is_empty()).then_some((MISSING, "missing"));
        for (symbol, name) in lines.chain(missing) {
            let name: String = name.chars().take(width.saturating_sub(3)).collect();
            writeln!(out, "{symbol}  {name}")?;
        }
        Ok(())
    }
}

/// The cell of a part of so many.
fn nearest(part: f64, cells: usize) -> usize {
    let last = cells.saturating_sub(1);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "between 0 and the number of cells; what is no number becomes 0"
    )]
    let cell = (part * last as f64).round().clamp(0.0, last as f64) as usize;
    cell
}

/// Cells of a character each, by rows from the top.
struct Canvas {
    rows: Vec<Vec<char>>,
}

impl Canvas {
    /// A straight line of a symbol, both ends included, each a column and a row.
    fn line(&mut self, from: (usize, usize), to: (usize, usize), symbol: char) {
        let cells = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1));
        for cell in 0..=cells {
            let between = |from: usize, to: usize| match cells {
                0 => from,
                // Rounded to the nearest.
                _ => (from * (cells - cell) + to * cell + cells / 2) / cells,
            };
            let (column, row) = (between(from.0, to.0), between(from.1, to.1));
            let place = self.rows.get_mut(row).and_then(|row| row.get_mut(column));
            if let Some(place) = place {
                *place = symbol;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::MOST_SERIES;
    use super::super::tests::{answer, gone, series};
    use super::*;
    use chrono::Utc;

    fn text(answer: &RangeAnswer, width: u16) -> String {
        let mut out = Vec::new();
        let query = MetricQuery::new("mem", "", "");
        write(&mut out, &query, answer, Some(width), &Utc).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn there_is_a_symbol_for_each_series() {
        let mut symbols: Vec<char> = SYMBOLS.chars().collect();
        symbols.sort_unstable();
        symbols.dedup();
        assert_eq!(symbols.len(), SYMBOLS.chars().count());
        assert!(symbols.len() >= MOST_SERIES);
    }

    #[test]
    fn series_are_drawn_between_marked_axes_with_their_gaps() {
        let mib = f64::from(1 << 20);
        let rising: Vec<(i64, f64)> = (0..=60)
            .filter(|minute| !(20..40).contains(minute))
            .map(|minute| (minute, minute as f64 * mib))
            .collect();
        let level: Vec<(i64, f64)> = (0..=60).map(|minute| (minute, 16.0 * mib)).collect();
        let drawn = text(&answer(vec![series("a", &rising), series("b", &level)]), 72);
        assert_eq!(
            drawn,
            "\
mem  gauge  bytes
1970-01-01 00:00:00 to 01:00:00 +00:00  step 1m
value_type=current

64.0 MiB ┤
         │                                                           ***
         │                                                       ****
         │                                                   ****
48.0 MiB ┤                                              *****
         │                                          ****
         │                                         *
         │
32.0 MiB ┤
         │
         │
16.0 MiB ┤+++++++++++++++*****++++++++++++++++++++++++++++++++++++++++++
         │           ****
         │       ****
         │   ****
     0 B ┤***
         └┬──────────────┬───────────────┬──────────────┬──────────────┬
          01-01        00:15           00:30          00:45        01:00
*  a
+  b
"
        );
    }

    #[test]
    fn what_could_not_be_had_is_shaded() {
        let mut answer = answer(vec![series("a", &[(0, 1.0), (60, 1.0)])]);
        answer.missing = vec![gone(20, 40)];
        let drawn = text(&answer, 60);
        assert_eq!(
            drawn.lines().filter(|line| line.contains("░░░░")).count(),
            ROWS
        );
        assert!(drawn.ends_with("*  mem\n░  missing\n"), "{drawn}");
    }

    #[test]
    fn nothing_is_wider_than_the_terminal_and_nothing_commands_it() {
        let points: Vec<(i64, f64)> = (0..=60).map(|at| (at, f64::MAX)).collect();
        let long = format!("{}\u{1b}[2J", "x".repeat(190));
        let answer = answer(vec![series(&long, &points), series("b", &[(30, f64::MIN)])]);
        for width in [40, 60, 200] {
            let drawn = text(&answer, width);
            assert!(!drawn.contains('\u{1b}'));
            for line in drawn.lines().skip(4) {
                assert!(
                    line.chars().count() <= usize::from(width),
                    "{width}\n{drawn}"
                );
            }
        }
        // Narrower than a picture can be: as the narrowest.
        assert_eq!(text(&answer, 1), text(&answer, 40));
    }
}

//! Answers about presets, for people: a template's outline, the latest values, and verdicts.

use std::io::{self, Write};

use comfy_table::Cell;
use metric_host::Series;
use metric_host::decisions::{Judgement, Outline};

use super::number::for_people;
use super::printable::line;
use super::table::{self, right};

/// Writes what a template is.
pub(crate) fn outline(out: &mut dyn Write, outline: &Outline) -> io::Result<()> {
    for placed in &outline.placeholders {
        writeln!(
            out,
            "${{{{{}}}}} at line {}, column {}",
            line(&placed.placeholder),
            placed.line,
            placed.column
        )?;
    }
    writeln!(
        out,
        "{} selectors, {} of them not filtered",
        outline.selectors, outline.unfiltered
    )
}

/// Writes a row for each series, with its latest value.
pub(crate) fn series(out: &mut dyn Write, series: &[Series], unit: Option<&str>) -> io::Result<()> {
    if series.is_empty() {
        return Ok(());
    }
    let mut table = table::new();
    table.set_header(["labels", "points", "latest", "at"]);
    for series in series {
        let labels: Vec<_> = series
            .labels
            .iter()
            .map(|(name, value)| format!("{}={}", line(name), line(value)))
            .collect();
        let latest = series.values.last().map(|value| for_people(*value, unit));
        let at = series.timestamps.last().copied().map(super::times::utc);
        table.add_row([
            Cell::new(labels.join(" ")),
            right(series.values.len()),
            right(latest.unwrap_or_default()),
            Cell::new(at.unwrap_or_default()),
        ]);
    }
    table::write(out, table)
}

/// Writes a row for each subject.
pub(crate) fn write(
    out: &mut dyn Write,
    judgements: &[Judgement],
    unit: Option<&str>,
) -> io::Result<()> {
    let mut table = table::new();
    table.set_header(["subject", "verdict", "value", "sampled at", "decision"]);
    for judgement in judgements {
        let value = judgement.value.map(|value| for_people(value, unit));
        table.add_row([
            Cell::new(line(&judgement.subject)),
            Cell::new(judgement.verdict.as_str()),
            right(value.unwrap_or_else(|| "-".to_owned())),
            Cell::new(
                judgement
                    .at
                    .map_or_else(|| "-".to_owned(), super::times::utc),
            ),
            Cell::new(match judgement.decision {
                Some(true) => "true",
                Some(false) => "false",
                None => "-",
            }),
        ]);
    }
    table::write(out, table)
}

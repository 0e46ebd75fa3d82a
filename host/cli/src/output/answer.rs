//! One answer, in the format that was asked for: what `query` and `family` print.

use std::io::Write;

use chrono::Local;
use metric_host::RangeAnswer;
use metric_serve::ndjson;

use super::csv::Cells;
use super::heading::Subject;
use super::json::ErrorDocument;
use super::picture::{svg, terminal};
use super::{Screen, csv, json, query_table};
use crate::args::choices::QueryFormat;
use crate::failure::Failure;

/// The form in which an answer is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// The format.
    pub(crate) format: QueryFormat,
    /// The form of a text in a cell of CSV.
    pub(crate) cells: Cells,
    /// True if JSON has a place for what is missing.
    pub(crate) partial: bool,
    /// The terminal.
    pub(crate) screen: Screen,
}

impl Style {
    /// Writes an answer. A table and a plot of nothing are empty.
    pub(crate) fn write(
        &self,
        out: &mut dyn Write,
        subject: &Subject<'_>,
        answer: &RangeAnswer,
    ) -> Result<(), Failure> {
        let result = &answer.answer;
        match self.format {
            QueryFormat::Json => json::query(out, answer, self.partial)?,
            QueryFormat::Csv => csv::query(out, result, self.cells)?,
            QueryFormat::Ndjson => {
                ndjson::whole(out, subject.metric, answer, ErrorDocument::of_service)?;
            }
            QueryFormat::Svg => {
                let pictures = [(subject.clone(), answer)];
                out.write_all(svg::document(pictures, &Local)?.as_bytes())?;
            }
            _ if result.series.is_empty() => {}
            QueryFormat::Plot => {
                terminal::write(out, subject, answer, self.screen.width, &Local)?;
            }
            QueryFormat::Table => query_table::write(out, subject, result, &self.screen, &Local)?,
        }
        Ok(())
    }
}

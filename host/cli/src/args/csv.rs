//! The flags of CSV, shared by `query` and `metrics`.

use clap::Args;

use crate::output::csv::Cells;

#[derive(Debug, Args)]
pub(crate) struct CsvArgs {
    /// In CSV, put an apostrophe before text that a spreadsheet would run as a formula, and quote all text
    #[arg(long, help_heading = None)]
    escape_formulas: bool,
}

impl CsvArgs {
    /// Returns the way in which text is written into a cell.
    pub(crate) fn cells(&self) -> Cells {
        match self.escape_formulas {
            true => Cells::ForSpreadsheets,
            false => Cells::Exact,
        }
    }
}

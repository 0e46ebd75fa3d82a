//! The common look of the tables for people.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, ContentLineStyle, LineStyle, Table, TableStyle};

/// A line under the header and nothing else: what is copied out of it stays readable.
const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none())
    .header_separator(LineStyle::none().fill('─'));

/// Blanks between two columns.
pub(crate) const PADDING: usize = 2;

/// A cell for a number.
pub(crate) fn right(content: impl ToString) -> Cell {
    Cell::new(content).set_alignment(CellAlignment::Right)
}

/// An empty table, as wide as what comes into it.
pub(crate) fn new() -> Table {
    let mut table = Table::new();
    // Colours are not wanted, and whoever needs the width knows it: nothing is asked of the terminal.
    table.load_style(STYLE).force_no_tty();
    table
}

/// Writes the table, without blanks at the ends of its lines.
pub(crate) fn write(out: &mut dyn Write, mut table: Table) -> io::Result<()> {
    let last = table.column_count().saturating_sub(1);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index < last { PADDING as u16 } else { 0 }));
    }
    for line in table.lines() {
        writeln!(out, "{}", line.replace('\u{a0}', " ").trim_end())?;
    }
    Ok(())
}

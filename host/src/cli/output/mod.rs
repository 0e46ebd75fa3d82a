//! Data on its way to stdout: tables for people, JSON and CSV for programs. It makes no calls,
//! and writes wherever it is told to, so that tests can read it. What does reach stdout and stderr
//! passes [`stdout`], [`say`] or [`Log`], which let nothing through that would command a terminal.

pub(super) mod csv;
pub(super) mod examination;
pub(super) mod inspection;
pub(super) mod json;
pub(super) mod judgement;
mod labels;
mod layout;
pub(super) mod metrics_table;
pub(super) mod ndjson;
mod number;
pub(super) mod plan;
pub(super) mod printable;
pub(super) mod query_table;
mod sparkline;
mod summary;
mod table;
pub(super) mod times;

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

pub(super) use self::labels::TooManyColumns;
use self::printable::{Escape, Printable, lines};
use super::choices::When;

/// Stdout, as data goes to it.
pub(super) type Out = BufWriter<Printable<Stdout>>;

/// Stdout, buffered: a large result is tens of thousands of small writes.
pub(super) fn stdout(escape: Escape) -> Out {
    BufWriter::with_capacity(64 * 1024, Printable::new(io::stdout(), escape))
}

/// Writes `kind: text` on stderr.
pub(super) fn say(kind: &str, text: &str) {
    // When stderr is gone, nobody is left to be told.
    let _ = writeln!(io::stderr(), "{kind}: {}", lines(text));
}

/// Stderr, as the log goes to it: a write is an event.
pub(super) struct Log;

impl Write for Log {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        writeln!(io::stderr(), "{}", lines(text.trim_end()))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// What a table is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Screen {
    /// Columns. None: not a terminal, and nothing is wrapped.
    pub(super) width: Option<u16>,
    /// Whether a sparkline is drawn for each series.
    pub(super) sparkline: bool,
}

impl Screen {
    /// Whatever stdout is.
    pub(super) fn of_stdout() -> Self {
        if !io::stdout().is_terminal() {
            return Self {
                width: None,
                sparkline: false,
            };
        }
        // comfy-table asks the terminal. One that does not know its size says 0.
        let width = comfy_table::Table::new().width().filter(|width| *width > 0);
        Self {
            width,
            sparkline: true,
        }
    }

    pub(super) fn with_sparkline(mut self, when: When) -> Self {
        match when {
            When::Auto => {}
            When::Always => self.sparkline = true,
            When::Never => self.sparkline = false,
        }
        self
    }
}

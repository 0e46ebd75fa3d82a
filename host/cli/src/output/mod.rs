//! Data on its way to stdout: tables for people, JSON and CSV for programs. It makes no calls, and writes wherever it
//! is told to, so that tests can read it. Text for stdout and stderr passes [`stdout`], [`say`] or [`Log`], which let
//! nothing through that would command a terminal.

pub(crate) mod csv;
pub(crate) mod examination;
pub(crate) mod families;
pub(crate) mod heading;
pub(crate) mod insight_csv;
pub(crate) mod insight_json;
pub(crate) mod insight_table;
pub(crate) mod inspection;
pub(crate) mod json;
pub(crate) mod judgement;
mod labels;
mod layout;
pub(crate) mod live_table;
pub(crate) mod metrics_table;
mod number;
pub(crate) mod picture;
pub(crate) mod plan;
mod point;
pub(crate) mod printable;
pub(crate) mod query_table;
mod sparkline;
mod summary;
mod table;
pub(crate) mod times;
pub(crate) mod verdicts;

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

pub(crate) use self::labels::TooManyColumns;
use self::printable::{Escape, Printable, lines};
use crate::args::choices::When;

/// Stdout, as data goes to it.
pub(crate) type Out = BufWriter<Printable<Stdout>>;

/// Stdout, buffered: a large result is tens of thousands of small writes.
pub(crate) fn stdout(escape: Escape) -> Out {
    BufWriter::with_capacity(64 * 1024, Printable::new(io::stdout(), escape))
}

/// Writes `kind: text` on stderr.
pub(crate) fn say(kind: &str, text: &str) {
    // When stderr is gone, nobody is left to be told.
    let _ = writeln!(io::stderr(), "{kind}: {}", lines(text));
}

/// Stderr, as the log goes to it: a write is an event.
pub(crate) struct Log;

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

/// The width and style of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Screen {
    /// Columns. None: not a terminal, and nothing is wrapped.
    pub(crate) width: Option<u16>,
    /// True if a sparkline is drawn for each series.
    pub(crate) sparkline: bool,
}

impl Screen {
    /// Whatever stdout is.
    pub(crate) fn of_stdout() -> Self {
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

    pub(crate) fn with_sparkline(mut self, when: When) -> Self {
        match when {
            When::Auto => {}
            When::Always => self.sparkline = true,
            When::Never => self.sparkline = false,
        }
        self
    }
}

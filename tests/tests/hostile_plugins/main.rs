//! Everything that a plugin can do to its host, to Prometheus, to other tenants and to its caller: each attack of
//! `tests/hostile` is tried, and ends as it has to; meanwhile and afterwards the same host answers an ordinary query
//! through the real plugin. Prints a table; fails where a row is not as promised, or an attack has none.
//!
//! | file          | what is in it                                          |
//! |---------------|--------------------------------------------------------|
//! | `rows.rs`     | what has to come of each attack                        |
//! | `files.rs`    | which attacks there are, and what they try             |
//! | `load.rs`     | those that are made, not written                       |
//! | `range.rs`    | how an attack is tried, and what is looked at          |
//! | `recorder.rs` | who listens in Prometheus's place, and where nobody may come |
//! | `tenants.rs`  | two tenants' data, in one Prometheus and in two        |
//! | `outcome.rs`  | what came of it, in words                              |
//! | `log.rs`      | how much the host had to say, and whether it was a plugin's word |
//! | `strain.rs`   | what the process, and others in it, bore meanwhile     |

mod files;
mod load;
mod log;
mod outcome;
mod range;
mod recorder;
mod rows;
mod strain;
mod tenants;

use std::process::ExitCode;

use anyhow::{Result, bail, ensure};
use comfy_table::{ContentArrangement, Table, presets::ASCII_MARKDOWN};
use metric_tests::soak::resident_bytes;

use crate::range::Range;
use crate::rows::{ROWS, Row};

/// The bytes that the process may grow by, whatever is tried: some calls' memory at once, and what compilers keep.
const GROWTH: u64 = 512 << 20;

fn main() -> ExitCode {
    match strain::under_limit().and_then(|()| run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run() -> Result<()> {
    let attacks = files::attacks()?;
    files::check_rows(&attacks)?;
    let chosen = chosen();
    if chosen.is_empty() {
        println!(
            "test result: ok. 0 passed; 0 failed; {} filtered out",
            ROWS.len()
        );
        return Ok(());
    }
    tracing::subscriber::set_global_default(log::Watch)?;
    let range = Range::open().await?;
    let at_first = resident_bytes()?;

    let mut table = Table::new();
    table
        .load_style(ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(150)
        .set_header(["attack", "what it tries", "what the host does", "held"]);
    let (mut failed, mut grown) = (0, 0);
    for row in &chosen {
        let (ends, held) = range.tried(row).await?;
        failed += usize::from(held.is_err());
        let tries = attacks.get(row.name).map_or("", String::as_str);
        // A compilation that was given up still has what it needs.
        if !row.ends.ends_with("CompileTimedOut") {
            grown = resident_bytes()?.saturating_sub(at_first);
        }
        let held = held.err().unwrap_or_else(|| "yes".to_owned());
        table.add_row([&row.name.replace('_', " "), tries, &ends, &held]);
    }
    println!("{table}");
    println!("memory grew by {} MiB", grown >> 20);
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "test result: {word}. {} passed; {failed} failed; {} filtered out",
        chosen.len() - failed,
        ROWS.len() - chosen.len()
    );
    ensure!(grown <= GROWTH, "memory grew by {grown} bytes");
    if failed > 0 {
        bail!("{failed} attacks did not end as they have to");
    }
    Ok(())
}

/// The rows that the command line asks for, by parts of their names; all, if by none.
fn chosen() -> Vec<&'static Row> {
    let parts: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    ROWS.iter()
        .filter(|row| parts.is_empty() || parts.iter().any(|part| row.name.contains(part.as_str())))
        .collect()
}

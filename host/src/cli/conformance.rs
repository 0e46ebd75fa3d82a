//! `conformance`: holds the plugin to the contract, and prints a line a case and a summary.

use std::io::Write;

use metric_host::conformance::{self, Options};

use super::args::{ConformanceArgs, ServiceArgs};
use super::choices::ReportFormat;
use super::exit::Exit;
use super::failure::Failure;
use super::{output, service};

/// Runs the cases, each against a scripted Prometheus of its own; the flags about Prometheus play no part.
pub(crate) async fn run(args: &ServiceArgs, command: &ConformanceArgs) -> Result<Exit, Failure> {
    let plugin = service::plugin(args)?;
    let options = Options {
        filter: command.filter.clone(),
    };
    let report = conformance::run(&plugin, &options)
        .await
        .map_err(|error| Failure::new(Exit::Other, error.to_string()))?;
    if report.cases.is_empty() {
        return Err(
            Failure::new(Exit::Usage, "no conformance case matches --filter")
                .with_hint("without --filter all are run, and listed by folder and file"),
        );
    }
    let mut out = output::stdout();
    match command.format {
        ReportFormat::Table => writeln!(out, "{}", output::printable::lines(&report.to_string()))?,
        ReportFormat::Json => {
            serde_json::to_writer(&mut out, &report)?;
            writeln!(out)?;
        }
    }
    out.flush()?;
    Ok(if report.passed() {
        Exit::Success
    } else {
        Exit::ConformanceFailed
    })
}

//! `conformance`: judges a component by the contract: a line a case, a summary, the level at which it stands.

use metric_conformance::{JudgeError, Options};
use metric_host::Limits;

use crate::args::choices::ConformanceFormat;
use crate::args::{ConformanceArgs, ServiceArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::locate;
use crate::output::{self, judgement};

/// Runs the cases, each against a scripted Prometheus of its own; the flags about Prometheus play no part. The
/// component need not be one that this host would load.
pub(crate) async fn run(args: &ServiceArgs, command: &ConformanceArgs) -> Result<Exit, Failure> {
    let file = locate::plugin(args.plugin.as_deref())?;
    let bytes = metric_host::read_plugin(&file, Limits::default().plugin_bytes)?;
    if let Some(digest) = args.plugin_sha256 {
        digest.check(&bytes)?;
    }
    let options = Options {
        filter: command.filter.clone(),
        level: command.level,
    };
    let report =
        metric_conformance::judge(&bytes, &options)
            .await
            .map_err(|error| match error {
                JudgeError::NoComponent(error) => error.into(),
                JudgeError::Host(error) => error.into(),
                other => Failure::new(Exit::Other, other.to_string()),
            })?;
    if report.cases.is_empty() {
        return Err(
            Failure::new(Exit::Usage, "no conformance case matches --filter")
                .with_hint("without --filter all are run, and listed by folder and file"),
        );
    }
    let mut out = output::stdout(command.format.escape());
    match command.format {
        ConformanceFormat::Table => judgement::write_table(&mut out, &report, &file)?,
        ConformanceFormat::Json => judgement::write_json(&mut out, &report)?,
        ConformanceFormat::Junit => judgement::write_junit(&mut out, &report, &file)?,
    }
    std::io::Write::flush(&mut out)?;
    Ok(match report.passed() {
        true => Exit::Success,
        false => Exit::ConformanceFailed,
    })
}

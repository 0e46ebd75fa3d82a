//! `metrics`: what Prometheus holds, with what the catalogue knows of it.

use std::io::Write;

use super::args::{MetricsArgs, ServiceArgs};
use super::choices::DataFormat;
use super::exit::Exit;
use super::failure::Failure;
use super::output::{self, Screen, say};
use super::service;

pub(crate) async fn run(args: &ServiceArgs, command: &MetricsArgs) -> Result<Exit, Failure> {
    let service = command.scope.narrow(service::open(args)?);
    let metrics = service
        .query_metadata()
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    if metrics.is_empty() {
        say(
            "note",
            &format!(
                "Prometheus at {} holds no metric of Backend.AI; does it collect from the agents?",
                args.address
            ),
        );
    }
    let mut out = output::stdout(command.format.escape());
    match command.format {
        DataFormat::Table if metrics.is_empty() => {}
        DataFormat::Table => {
            output::metrics_table::write(&mut out, &metrics, &Screen::of_stdout())?;
        }
        DataFormat::Json => output::json::metrics(&mut out, &metrics)?,
        DataFormat::Csv => output::csv::metrics(&mut out, &metrics, command.csv.cells())?,
    }
    out.flush()?;
    Ok(Exit::Success)
}

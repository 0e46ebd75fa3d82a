//! `metrics`: what Prometheus holds, with what the catalogue knows of it.

use std::io::Write;

use metric_host::{MetadataResult, Scope};

use crate::args::choices::DataFormat;
use crate::args::{MetricsArgs, ServiceArgs};
use crate::commands::query::{PARTIAL, check_scope};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Screen, say};
use crate::service;

pub(crate) async fn run(args: &ServiceArgs, command: &MetricsArgs) -> Result<Exit, Failure> {
    let service = command.scope.narrow(service::open(args)?);
    let result = service.query_metadata().await;
    service::say_who_answered(&service);
    let result = result.map_err(|error| Failure::of_call(&error, args))?;
    let metrics = &result.metrics;
    if metrics.is_empty() {
        say(
            "note",
            &nothing_found(&args.address, command.scope.scope().as_ref()),
        );
    }
    // A partial document in JSON has the remarks in it.
    if !(command.format == DataFormat::Json && args.partial) {
        remarks(&result);
    }
    let mut out = output::stdout(command.format.escape());
    match command.format {
        DataFormat::Table if metrics.is_empty() => {}
        DataFormat::Table => {
            output::metrics_table::write(&mut out, metrics, &Screen::of_stdout())?;
        }
        DataFormat::Json => output::json::metrics(&mut out, &result, args.partial)?,
        DataFormat::Csv => output::csv::metrics(&mut out, metrics, command.csv.cells())?,
    }
    out.flush()?;
    Ok(Exit::Success)
}

fn nothing_found(address: &str, scope: Option<&Scope>) -> String {
    match scope {
        None => format!(
            "Prometheus at {address} holds no metric of Backend.AI; does it collect from the agents?"
        ),
        Some(_) => format!(
            "Prometheus at {address} holds no metric of Backend.AI within the scope\n\
             check: whether it collects from the agents{}",
            check_scope(scope)
        ),
    }
}

/// Warnings of the list.
fn remarks(result: &MetadataResult) {
    if result.partial {
        say("warning", PARTIAL);
    }
    for warning in &result.warnings {
        say("warning", warning);
    }
    for info in &result.infos {
        say("note", info);
    }
}

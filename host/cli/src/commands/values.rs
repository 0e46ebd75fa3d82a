//! `values`: what there is to ask for.

use std::io::Write;

use crate::args::ServiceArgs;
use crate::args::choices::DataFormat;
use crate::args::insight::ValuesArgs;
use crate::commands::query::PARTIAL;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::printable::line;
use crate::output::{self, insight_csv, insight_json, say};
use crate::service;

pub(crate) async fn run(args: &ServiceArgs, command: ValuesArgs) -> Result<Exit, Failure> {
    let service = command.scope.narrow(service::open(args)?);
    let (format, cells) = (command.format, command.csv.cells());
    let (source, filter) = command
        .into_filter()
        .map_err(|reason| Failure::new(Exit::InvalidQuery, reason))?;
    let answer = service
        .values(&source, &filter)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    if format != DataFormat::Json {
        if answer.partial {
            say("warning", PARTIAL);
        }
        if answer.more {
            say("warning", "there are more values: --limit, or a filter");
        }
        for warning in &answer.warnings {
            say("warning", warning);
        }
        for info in &answer.infos {
            say("note", info);
        }
    }
    if answer.values.is_empty() {
        say("note", "no series within the filters has a value of it");
    }
    let mut out = output::stdout(format.escape());
    match format {
        DataFormat::Json => insight_json::values(&mut out, &answer)?,
        DataFormat::Csv => insight_csv::values(&mut out, &answer, cells)?,
        DataFormat::Table => {
            for value in &answer.values {
                writeln!(out, "{}", line(value))?;
            }
        }
    }
    out.flush()?;
    Ok(Exit::Success)
}

//! `query` and `promql`: the same flags; one asks, the other only shows what it would ask.

use std::io::Write;

use chrono::{Local, Utc};
use metric_host::MetricResult;

use super::args::{PromqlArgs, QueryCommandArgs, ServiceArgs};
use super::choices::{DataFormat, LabelSchemaArg};
use super::exit::Exit;
use super::failure::{Failure, say};
use super::output::{self, Screen};
use super::service;

/// Prints the query, and sends nothing. Within a scope, what the host would make of it.
pub(crate) async fn promql(args: &ServiceArgs, command: PromqlArgs) -> Result<Exit, Failure> {
    let scope = command.scope.scope();
    let query = command.query.into_query(Utc::now()).map_err(unreadable)?;
    let service = service::open_offline(args)?;
    let promql = service
        .build_promql(&query)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    let promql = match scope {
        Some(scope) => scope
            .enforce_query(&promql)
            .map_err(|refusal| Failure::new(Exit::Denied, refusal.to_string()))?,
        None => promql,
    };
    let mut out = output::stdout();
    writeln!(out, "{promql}")?;
    out.flush()?;
    Ok(Exit::Success)
}

/// Asks, and prints the series.
pub(crate) async fn run(args: &ServiceArgs, command: QueryCommandArgs) -> Result<Exit, Failure> {
    let screen = Screen::of_stdout().with_sparkline(command.sparkline);
    let query = command.query.into_query(Utc::now()).map_err(unreadable)?;
    let service = command.scope.narrow(service::open(args)?);
    let result = service
        .query_metric(&query)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;

    remarks(&result, command.format);
    if result.series.is_empty() {
        say(
            "note",
            &nothing_found(&query.metric_name, &result, args.label_schema),
        );
    }
    let mut out = output::stdout();
    match command.format {
        DataFormat::Table if result.series.is_empty() => {}
        DataFormat::Table => {
            output::query_table::write(&mut out, &query.metric_name, &result, &screen, &Local)?;
        }
        DataFormat::Json => output::json::query(&mut out, &result)?,
        DataFormat::Csv => output::csv::query(&mut out, &result)?,
    }
    out.flush()?;
    Ok(Exit::Success)
}

fn unreadable(reason: String) -> Failure {
    Failure::new(Exit::InvalidQuery, reason)
}

/// What makes the answer doubtful. JSON carries it in the document.
fn remarks(result: &MetricResult, format: DataFormat) {
    if format == DataFormat::Json {
        return;
    }
    for warning in &result.warnings {
        say("warning", warning);
    }
    for info in &result.infos {
        say("note", info);
    }
}

/// An empty answer is no error, and rarely what was hoped for.
fn nothing_found(metric: &str, result: &MetricResult, schema: LabelSchemaArg) -> String {
    let schema = match schema {
        LabelSchemaArg::Documented => "documented was asked for; today's agents write `agent`",
        LabelSchemaArg::Agent => "agent was asked for; Backend.AI documents `documented`",
    };
    let range = output::times::range(result.start, result.end, &Local);
    format!(
        "no series of {metric} from {range}\n\
         asked: {}\n\
         check: the name (`metric-host metrics` lists what there is)\n\
         \x20      the filters and --value-type\n\
         \x20      the time range\n\
         \x20      --label-schema ({schema})",
        result.promql
    )
}

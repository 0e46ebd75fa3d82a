//! `family`: metrics beyond the container's, which files describe.

use std::io::Write;
use std::path::Path;

use chrono::Local;
use metric_host::families::{Family, FamilyQuery, FamilyStatistic};
use metric_host::{Families, FamiliesError, MetricResult, Scope};

use crate::args::ServiceArgs;
use crate::args::choices::{DataFormat, QueryFormat};
use crate::args::family::FamilyArgs;
use crate::commands::query::{check_scope, exit_of, is_empty, remarks};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input;
use crate::output::printable::{Escape, REPEATED, head, line};
use crate::output::{self, Screen, say};
use crate::service;

/// Asks for a family and prints its series; or lists those that there are.
pub(crate) async fn run(args: &ServiceArgs, command: &FamilyArgs) -> Result<Exit, Failure> {
    let families = described(command)?;
    let Some(name) = &command.name else {
        return list(args, command, &families).await;
    };
    let family = families.get(name).ok_or_else(|| unknown(name, &families))?;
    let query = command.query(family).map_err(invalid)?;
    if command.promql {
        return promql(args, command, &query).await;
    }
    let service = command.scope.narrow(service::open(args)?);
    let options = command.long_range.options(args.partial);
    let answer = service
        .query_family(&query, &options)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    let result = &answer.answer;
    let format = match command.format {
        DataFormat::Json => QueryFormat::Json,
        DataFormat::Table | DataFormat::Csv => QueryFormat::Table,
    };
    remarks("", result, &answer.missing, format);
    if is_empty(&answer) {
        say(
            "note",
            &nothing_found(&query, result, command.scope.scope().as_ref()),
        );
    }
    let mut out = output::stdout(command.format.escape());
    match command.format {
        DataFormat::Json => output::json::query(&mut out, &answer, options.partial)?,
        DataFormat::Csv => output::csv::query(&mut out, result, command.csv.cells())?,
        DataFormat::Table if result.series.is_empty() => {}
        DataFormat::Table => {
            let meaning = meaning(&query, result.step);
            let title = output::heading::named(&query.family.name, &meaning, result);
            let screen = Screen::of_stdout().with_sparkline(command.sparkline);
            output::query_table::titled(&mut out, &title, result, &screen, &Local)?;
        }
    }
    out.flush()?;
    service::say_who_answered(&service);
    Ok(exit_of(result, &answer.missing))
}

/// All that the files describe.
fn described(command: &FamilyArgs) -> Result<Families, Failure> {
    let mut all = Families::default();
    for file in &command.families {
        let of_file = |error: FamiliesError| of_file(file, &error);
        let families = Families::parse(&input::read(file)?).map_err(of_file)?;
        all.extend(families).map_err(of_file)?;
    }
    Ok(all)
}

fn of_file(file: &Path, error: &FamiliesError) -> Failure {
    invalid(format!("{}: {error}", file.display()))
}

fn invalid(reason: String) -> Failure {
    Failure::new(Exit::InvalidQuery, reason)
}

fn unknown(name: &str, families: &Families) -> Failure {
    /// The most names that are a help.
    const SHOWN: usize = 20;
    let names: Vec<&str> = families.iter().map(|family| family.name.as_str()).collect();
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>();
    let others = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        others => format!(", and {others} others"),
    };
    let name = head(name, REPEATED);
    invalid(format!(
        "no family {name:?} is described; accepted are {}{others}",
        shown.join(", ")
    ))
}

async fn promql(
    args: &ServiceArgs,
    command: &FamilyArgs,
    query: &FamilyQuery,
) -> Result<Exit, Failure> {
    let service = command.scope.narrow(service::open_offline(args)?);
    let promql = service
        .family_promql(query)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    let mut out = output::stdout(Escape::Text);
    writeln!(out, "{}", line(&promql))?;
    out.flush()?;
    Ok(Exit::Success)
}

/// Checks all that are described, and lists them.
async fn list(
    args: &ServiceArgs,
    command: &FamilyArgs,
    families: &Families,
) -> Result<Exit, Failure> {
    let all: Vec<Family> = families.iter().cloned().collect();
    service::open_offline(args)?
        .check_families(&all)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    let mut out = output::stdout(command.format.escape());
    match command.format {
        DataFormat::Json => output::families::json(&mut out, &all)?,
        DataFormat::Csv => output::families::csv(&mut out, &all, command.csv.cells())?,
        DataFormat::Table => output::families::table(&mut out, &all)?,
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// Describes a point in words, behind a heading. The step is in seconds.
fn meaning(query: &FamilyQuery, step: u32) -> String {
    let of = match query.statistic {
        None => String::new(),
        Some(FamilyStatistic::Sum) => "  sum".to_owned(),
        Some(FamilyStatistic::Avg) => "  avg".to_owned(),
        Some(FamilyStatistic::Max) => "  max".to_owned(),
        Some(FamilyStatistic::Min) => "  min".to_owned(),
        Some(FamilyStatistic::Quantile(q)) => {
            format!("  {}", metric_host::Statistic::Quantile(q))
        }
        Some(FamilyStatistic::Rate) => "  observations per second".to_owned(),
    };
    match &query.over_time {
        None => of,
        Some(over) => {
            let window = crate::duration::show_seconds(over.window.unwrap_or(step).into());
            format!("{of}  {} over {window} of the group", over.statistic)
        }
    }
}

/// An empty answer is no error, and rarely what was hoped for.
fn nothing_found(query: &FamilyQuery, result: &MetricResult, scope: Option<&Scope>) -> String {
    let range = output::times::range(result.start, result.end, &Local);
    let name = head(&query.family.name, REPEATED);
    format!(
        "no series of {name} from {range}\n\
         asked: {}\n\
         check: whether Prometheus scrapes its exporter\n\
         \x20      the name and the kind in the file, and --filter\n\
         \x20      the time range{}",
        head(&result.promql, REPEATED * 4),
        check_scope(scope)
    )
}

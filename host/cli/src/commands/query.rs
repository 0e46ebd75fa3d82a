//! `query` and `promql`: the same flags; one asks, the other only shows what it would ask.
//!
//! Other ways to ask have files of their own: many queries `batch.rs`, a stream `streaming.rs`, a plan `explain.rs`.

use std::io::Write;

use chrono::{Local, Utc};
use metric_host::{
    CallError, LabelSchema, MetricQuery, MetricResult, MetricService, MissingChunk, RangeAnswer,
    RangeOptions, Scope,
};

use crate::args::choices::QueryFormat;
use crate::args::{PromqlArgs, QueryCommandArgs, ServiceArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::csv::Cells;
use crate::output::picture::{svg, terminal};
use crate::output::printable::{Escape, REPEATED, head, line};
use crate::output::{self, Screen, say};
use crate::{commands::batch, commands::explain, commands::streaming, service};

/// Prints the queries, and sends nothing. Within a scope, what the host would make of them.
pub(crate) async fn promql(args: &ServiceArgs, command: PromqlArgs) -> Result<Exit, Failure> {
    let queries = command.query.into_queries(Utc::now()).map_err(unreadable)?;
    let service = command.scope.narrow(service::open_offline(args)?);
    let mut lines = Vec::new();
    for query in &queries {
        let promql = service
            .build_promql(query)
            .await
            .map_err(|error| Failure::of_call(&error, args))?;
        lines.push(promql);
    }
    let mut out = output::stdout(Escape::Text);
    for promql in lines {
        writeln!(out, "{}", line(&promql))?;
    }
    out.flush()?;
    Ok(Exit::Success)
}

/// Asks, and prints the series.
pub(crate) async fn run(args: &ServiceArgs, command: QueryCommandArgs) -> Result<Exit, Failure> {
    let format = command.format();
    let QueryCommandArgs {
        query,
        range,
        scope,
        explain,
        sparkline,
        csv,
        ..
    } = command;
    let cells = csv.cells();
    let options = range.options(args.partial);
    let queries = query.into_queries(Utc::now()).map_err(unreadable)?;
    let within = scope.scope();
    if explain {
        return explain::run(args, &scope, &queries, &options, format).await;
    }
    let screen = Screen::of_stdout().with_sparkline(sparkline);
    let service = scope.narrow(service::open(args)?);
    let asking = Asking {
        args,
        service: &service,
        scope: within.as_ref(),
        options: &options,
    };
    let exit = match &queries[..] {
        _ if format == QueryFormat::Ndjson => streaming::run(&asking, &queries).await,
        [query] => one(&asking, query, (format, cells), &screen).await,
        _ => batch::run(&asking, &queries, (format, cells), &screen).await,
    };
    service::say_who_answered(&service);
    exit
}

/// The most characters of a query that are repeated: with a value of each filter it has some 500. `metric-host promql`
/// prints all of it.
const QUERY: usize = 1_000;

/// The service that is asked, and the flags for it.
pub(crate) struct Asking<'a> {
    pub(crate) args: &'a ServiceArgs,
    /// Within the scope.
    pub(crate) service: &'a MetricService,
    /// The scope that the host narrows each query to.
    pub(crate) scope: Option<&'a Scope>,
    pub(crate) options: &'a RangeOptions,
}

impl Asking<'_> {
    /// An empty answer is no error, and rarely what was hoped for. The range is in Unix milliseconds, the query as it
    /// was sent.
    pub(crate) fn nothing_found(
        &self,
        metric: &str,
        (start, end): (i64, i64),
        promql: &str,
    ) -> String {
        let schema = match self.args.label_schema {
            LabelSchema::Documented => "documented was asked for; today's agents write `agent`",
            LabelSchema::Agent => "agent was asked for; Backend.AI documents `documented`",
        };
        let range = output::times::range(start, end, &Local);
        let (metric, promql) = (head(metric, REPEATED), head(promql, QUERY));
        let mut text = format!(
            "no series of {metric} from {range}\n\
             asked: {promql}\n\
             check: the name (`metric-host metrics` lists what there is)\n\
             \x20      the filters and --value-type\n\
             \x20      the time range\n\
             \x20      --label-schema ({schema})"
        );
        text.push_str(&check_scope(self.scope));
        text
    }
}

/// A further line of what to check where nothing is found; none without a scope.
pub(crate) fn check_scope(scope: Option<&Scope>) -> String {
    match scope {
        Some(scope) => {
            let scope = scope.to_string();
            let scope = head(&scope, REPEATED);
            format!("\n       --scope (only series with {scope} are seen)")
        }
        None => String::new(),
    }
}

async fn one(
    asking: &Asking<'_>,
    query: &MetricQuery,
    (format, cells): (QueryFormat, Cells),
    screen: &Screen,
) -> Result<Exit, Failure> {
    let Asking {
        service, options, ..
    } = asking;
    let answer = ask(service, query, options)
        .await
        .map_err(|error| Failure::of_call(&error, asking.args))?;
    let result = &answer.answer;
    remarks("", &answer.answer, &answer.missing, format);
    if is_empty(&answer) {
        let range = (result.start, result.end);
        say(
            "note",
            &asking.nothing_found(&query.metric_name, range, &result.promql),
        );
    }
    let mut out = output::stdout(format.escape());
    match format {
        QueryFormat::Json => output::json::query(&mut out, &answer, options.partial)?,
        QueryFormat::Csv => output::csv::query(&mut out, result, cells)?,
        QueryFormat::Svg => {
            out.write_all(svg::document([(query, &answer)], &Local)?.as_bytes())?;
        }
        _ if result.series.is_empty() => {}
        QueryFormat::Plot => {
            terminal::write(&mut out, query, &answer, screen.width, &Local)?;
        }
        QueryFormat::Table | QueryFormat::Ndjson => {
            output::query_table::write(&mut out, query, result, screen, &Local)?;
        }
    }
    out.flush()?;
    Ok(exit_of(&answer.answer, &answer.missing))
}

/// Returns true if there is an answer, and it is empty.
pub(crate) fn is_empty(answer: &RangeAnswer) -> bool {
    answer.answer.series.is_empty() && answer.missing.is_empty()
}

/// Success, unless all of the range is missing: then what is so is the first reason.
pub(crate) fn exit_of(answer: &MetricResult, missing: &[MissingChunk]) -> Exit {
    let step = u64::from(answer.step.max(1)) * 1000;
    let points = |start: i64, end: i64| end.abs_diff(start) / step + 1;
    let lacking: u64 = missing
        .iter()
        .map(|chunk| points(chunk.span.start, chunk.span.end))
        .sum();
    match missing.first() {
        Some(first) if lacking >= points(answer.start, answer.end) => (&first.error).into(),
        _ => Exit::Success,
    }
}

/// In chunks, side by side; in one request where the plugin knows no others and nothing asks for them.
async fn ask(
    service: &MetricService,
    query: &MetricQuery,
    options: &RangeOptions,
) -> Result<RangeAnswer, CallError> {
    if service.plugin().has_ranges() || *options != RangeOptions::default() {
        return service.query_range(query, options).await;
    }
    let answer = service.query_metric(query).await?;
    Ok(RangeAnswer {
        answer,
        missing: Vec::new(),
    })
}

fn unreadable(reason: String) -> Failure {
    Failure::new(Exit::InvalidQuery, reason)
}

/// Said of an answer to which the server says that it did not see all.
pub(crate) const PARTIAL: &str = "partial: the server did not see all data";

/// Warnings of the answer. JSON carries it in the document.
pub(crate) fn remarks(
    of: &str,
    answer: &MetricResult,
    missing: &[MissingChunk],
    format: QueryFormat,
) {
    if matches!(format, QueryFormat::Json | QueryFormat::Ndjson) {
        return;
    }
    for missing in missing {
        let span = output::times::range(missing.span.start, missing.span.end, &Local);
        say("warning", &format!("{of}missing {span}: {}", missing.error));
    }
    if answer.partial {
        say("warning", &format!("{of}{PARTIAL}"));
    }
    for warning in &answer.warnings {
        say("warning", &format!("{of}{warning}"));
    }
    for info in &answer.infos {
        say("note", &format!("{of}{info}"));
    }
}

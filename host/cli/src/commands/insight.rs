//! `summary`, `top`, `anomalies` and `outliers`: one verb each over a whole range.

use std::io::Write;

use metric_host::{
    MetricQuery, MetricResult, MetricService, MissingChunk, RangeAnswer, RangeOptions, WatchAnswer,
};

use crate::args::ServiceArgs;
use crate::args::choices::{DataFormat, QueryFormat};
use crate::args::insight::{AnomaliesArgs, AskArgs, OutliersArgs, SummaryArgs, TopArgs};
use crate::commands::query::{Asking, exit_of, remarks};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Screen, insight_csv, insight_json, insight_table, say};
use crate::service;

/// Sums up each group.
pub(crate) async fn summary(args: &ServiceArgs, command: SummaryArgs) -> Result<Exit, Failure> {
    let asked = Asked::open(args, &command.ask)?;
    let summary = asked
        .service
        .summarize(&asked.query, &command.quantiles, &asked.options)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    let quantiles: &[f64] = match &command.quantiles[..] {
        [] => &[0.5, 0.95],
        given => given,
    };
    let (answer, missing) = (&summary.answer, &summary.missing);
    let exit = asked.tell(answer, missing, summary.summaries.is_empty());
    let mut out = output::stdout(asked.format.escape());
    match asked.format {
        DataFormat::Json => insight_json::summary(&mut out, &summary, quantiles)?,
        DataFormat::Csv => {
            insight_csv::summary(&mut out, &summary, quantiles, command.ask.csv.cells())?;
        }
        DataFormat::Table if summary.summaries.is_empty() => {}
        DataFormat::Table => insight_table::summary(
            &mut out,
            &asked.query.metric_name,
            &summary,
            quantiles,
            &asked.screen,
        )?,
    }
    out.flush()?;
    Ok(exit)
}

/// Ranks the groups.
pub(crate) async fn top(args: &ServiceArgs, command: TopArgs) -> Result<Exit, Failure> {
    let asked = Asked::open(args, &command.ask)?;
    let ranked = asked
        .service
        .rank(&asked.query, &command.ranking(), &asked.options)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    let RangeAnswer { answer, missing } = &ranked.answer;
    let exit = asked.tell(answer, missing, answer.series.is_empty());
    let mut out = output::stdout(asked.format.escape());
    match asked.format {
        DataFormat::Json => insight_json::ranked(&mut out, &ranked)?,
        DataFormat::Csv => insight_csv::ranked(&mut out, &ranked, command.ask.csv.cells())?,
        DataFormat::Table if answer.series.is_empty() => {}
        DataFormat::Table => {
            insight_table::ranked(&mut out, &asked.query.metric_name, &ranked, &asked.screen)?;
        }
    }
    out.flush()?;
    Ok(exit)
}

/// Finds what is out of the ordinary.
pub(crate) async fn anomalies(args: &ServiceArgs, command: AnomaliesArgs) -> Result<Exit, Failure> {
    let asked = Asked::open(args, &command.ask)?;
    let answer = asked
        .service
        .find_anomalies(&asked.query, &command.detection(), &asked.options)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    watched(&asked, &answer, command.fail_on_anomaly)
}

/// Finds members that are unlike the others.
pub(crate) async fn outliers(args: &ServiceArgs, command: OutliersArgs) -> Result<Exit, Failure> {
    let asked = Asked::open(args, &command.ask)?;
    let (member, tolerance) = (command.member, command.tolerance.tolerance());
    let answer = asked
        .service
        .find_outliers(&asked.query, member, &tolerance, &asked.options)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    watched(&asked, &answer, command.fail_on_anomaly)
}

fn watched(
    asked: &Asked<'_>,
    answer: &WatchAnswer,
    fail_on_anomaly: bool,
) -> Result<Exit, Failure> {
    let is_empty = answer.watched.is_empty();
    let exit = asked.tell(&answer.answer, &answer.missing, is_empty);
    let mut out = output::stdout(asked.format.escape());
    match asked.format {
        DataFormat::Json => insight_json::watched(&mut out, answer)?,
        DataFormat::Csv => insight_csv::watched(&mut out, answer, asked.ask.csv.cells())?,
        DataFormat::Table if is_empty => {}
        DataFormat::Table => {
            insight_table::watched(&mut out, &asked.query.metric_name, answer, &asked.screen)?;
        }
    }
    out.flush()?;
    Ok(match exit {
        Exit::Success if fail_on_anomaly && answer.has_anomalies() => Exit::AnomalyFound,
        exit => exit,
    })
}

/// A question, the service that answers it, and the flags for its output.
struct Asked<'a> {
    args: &'a ServiceArgs,
    ask: &'a AskArgs,
    query: MetricQuery,
    service: MetricService,
    options: RangeOptions,
    format: DataFormat,
    screen: Screen,
}

impl<'a> Asked<'a> {
    fn open(args: &'a ServiceArgs, ask: &'a AskArgs) -> Result<Self, Failure> {
        Ok(Self {
            query: ask.query().map_err(unreadable)?,
            service: ask.scope.narrow(service::open(args)?),
            options: ask.range.options(args.partial),
            format: ask.format,
            screen: Screen::of_stdout().with_sparkline(ask.sparkline),
            args,
            ask,
        })
    }

    /// Says what makes the answer doubtful, and where nothing was found; how the command ends.
    fn tell(&self, answer: &MetricResult, missing: &[MissingChunk], is_empty: bool) -> Exit {
        let format = match self.format {
            DataFormat::Json => QueryFormat::Json,
            DataFormat::Table | DataFormat::Csv => QueryFormat::Table,
        };
        remarks("", answer, missing, format);
        if is_empty && missing.is_empty() {
            let scope = self.ask.scope.scope();
            let asking = Asking {
                args: self.args,
                service: &self.service,
                scope: scope.as_ref(),
                options: &self.options,
            };
            let span = (answer.start, answer.end);
            say(
                "note",
                &asking.nothing_found(&self.query.metric_name, span, &answer.promql),
            );
        }
        exit_of(answer, missing)
    }
}

fn unreadable(reason: String) -> Failure {
    Failure::new(Exit::InvalidQuery, reason)
}

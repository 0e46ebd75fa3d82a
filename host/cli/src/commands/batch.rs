//! `query` of several metrics or value types: one call, and each query with its own answer or error.

use std::collections::BTreeSet;
use std::io::Write;

use chrono::Local;
use metric_host::{MetricQuery, RangeAnswer};

use crate::args::choices::QueryFormat;
use crate::commands::query::{Asking, exit_of, is_empty, remarks};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::csv::Cells;
use crate::output::picture::{svg, terminal};
use crate::output::{self, Screen, say};

/// A query, and what became of it.
pub(crate) struct Answered<'a> {
    pub(crate) query: &'a MetricQuery,
    pub(crate) answer: Result<RangeAnswer, Failure>,
}

/// Asks all at once, and prints what each brought. The exit is that of the first that failed.
pub(crate) async fn run(
    asking: &Asking<'_>,
    queries: &[MetricQuery],
    (format, cells): (QueryFormat, Cells),
    screen: &Screen,
) -> Result<Exit, Failure> {
    let Asking { args, options, .. } = asking;
    let answers = asking
        .service
        .query_batch(queries, options)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    let answers: Vec<Answered<'_>> = queries
        .iter()
        .zip(answers)
        .map(|(query, answer)| Answered {
            query,
            answer: answer.map_err(|error| Failure::of_call(&error, args)),
        })
        .collect();
    for answered in &answers {
        tell(answered, format, asking);
    }
    // A hint is said once for all failures of its kind.
    let failures = answers.iter().filter_map(|it| it.answer.as_ref().err());
    let hints: BTreeSet<&str> = failures.filter_map(Failure::hint).collect();
    for hint in hints {
        say("hint", hint);
    }

    let mut out = output::stdout(format.escape());
    match format {
        QueryFormat::Json => output::json::batch(&mut out, &answers, options.partial)?,
        QueryFormat::Csv => output::csv::batch(&mut out, &answers, cells)?,
        QueryFormat::Svg => {
            let pictures = answers.iter().filter_map(found);
            out.write_all(svg::document(pictures, &Local)?.as_bytes())?;
        }
        QueryFormat::Table | QueryFormat::Plot | QueryFormat::Ndjson => {
            let mut is_first = true;
            for (query, answer) in answers.iter().filter_map(found) {
                if !std::mem::take(&mut is_first) {
                    writeln!(out, "\n")?;
                }
                if format == QueryFormat::Plot {
                    terminal::write(&mut out, query, answer, screen.width, &Local)?;
                } else {
                    output::query_table::write(&mut out, query, &answer.answer, screen, &Local)?;
                }
            }
        }
    }
    out.flush()?;
    let exits = answers.iter().map(|answered| match &answered.answer {
        Ok(answer) => exit_of(&answer.answer, &answer.missing),
        Err(failure) => failure.exit(),
    });
    let failed = exits.into_iter().find(|exit| *exit != Exit::Success);
    Ok(failed.unwrap_or(Exit::Success))
}

/// Says on stderr what is wrong or doubtful, and with which query.
fn tell(answered: &Answered<'_>, format: QueryFormat, asking: &Asking<'_>) {
    let name = name(answered.query);
    match &answered.answer {
        Ok(answer) => {
            remarks(
                &format!("{name}: "),
                &answer.answer,
                &answer.missing,
                format,
            );
            if is_empty(answer) {
                let (metric, result) = (&answered.query.metric_name, &answer.answer);
                let range = (result.start, result.end);
                say("note", &asking.nothing_found(metric, range, &result.promql));
            }
        }
        Err(failure) => say("error", &format!("{name}: {}", failure.message())),
    }
}

/// The answers that have something to show.
fn found<'a>(answered: &'a Answered<'_>) -> Option<(&'a MetricQuery, &'a RangeAnswer)> {
    let answer = answered.answer.as_ref().ok()?;
    (!answer.answer.series.is_empty()).then_some((answered.query, answer))
}

/// A query's name among others, such as `mem capacity`.
pub(crate) fn name(query: &MetricQuery) -> String {
    match query.labels.value_type {
        Some(value_type) => format!("{} {value_type}", query.metric_name),
        None => query.metric_name.clone(),
    }
}

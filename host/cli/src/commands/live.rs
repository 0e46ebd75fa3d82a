//! `live`: what subjects use at the moment.

use std::io::Write as _;
use std::time::Duration;

use metric_host::MetricService;
use metric_host::decisions::{LiveAnswer, LiveOptions};

use crate::args::ServiceArgs;
use crate::args::choices::ReportFormat;
use crate::args::decisions::LiveArgs;
use crate::commands::query::PARTIAL;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, say};
use crate::service;

pub(crate) async fn run(args: &ServiceArgs, command: &LiveArgs) -> Result<Exit, Failure> {
    let service = command.scope.narrow(service::open(args)?);
    let Some(pause) = command.watch else {
        show(&service, args, command).await?;
        return Ok(Exit::Success);
    };
    let mut ticks = tokio::time::interval(Duration::from_secs(pause.max(1).into()));
    loop {
        ticks.tick().await;
        show(&service, args, command).await?;
    }
}

async fn show(
    service: &MetricService,
    args: &ServiceArgs,
    command: &LiveArgs,
) -> Result<(), Failure> {
    let options = LiveOptions {
        window: command.window,
        ..LiveOptions::default()
    };
    let answer = service
        .query_live_stats(command.by, &command.ids, &options)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    let mut out = output::stdout(command.format.escape());
    match command.format {
        ReportFormat::Json => output::json::line(&mut out, &answer)?,
        ReportFormat::Table => {
            remarks(&answer);
            output::live_table::write(&mut out, &answer)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Prints remarks on what makes the stats doubtful. JSON carries it in the document.
fn remarks(answer: &LiveAnswer) {
    if answer.partial {
        say("warning", PARTIAL);
    }
    for warning in &answer.warnings {
        say("warning", warning);
    }
    for id in &answer.missing {
        say("note", &format!("no samples of {id}"));
    }
}

//! `preset`: what a template is, what it answers, and verdicts by it.

use std::io::{self, Write};
use std::path::Path;

use chrono::Utc;
use metric_host::decisions::{Arguments, Preset, PresetRange, Question, Run, RunAnswer};
use metric_host::{RangeAnswer, RangeOptions, Series};
use serde::Deserialize;

use crate::args::ServiceArgs;
use crate::args::choices::ReportFormat;
use crate::args::decisions::{CheckArgs, EvaluateArgs, PresetArgs, PresetCommand, RunArgs};
use crate::commands::evaluate;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::input;
use crate::output::{self, say};
use crate::service;
use crate::time;

pub(crate) async fn run(args: ServiceArgs, command: PresetArgs) -> Result<Exit, Failure> {
    match command.command {
        PresetCommand::Check(command) => check(&args, &command).await,
        PresetCommand::Run(command) => execute(&args.with(command.further), &command.own).await,
        PresetCommand::Evaluate(command) => {
            evaluate(&args.with(command.further), &command.own).await
        }
    }
}

async fn check(args: &ServiceArgs, command: &CheckArgs) -> Result<Exit, Failure> {
    let file = PresetFile::read(&command.file)?;
    let service = service::open_offline(args)?;
    let mut outlines = Vec::new();
    for preset in file.presets() {
        let outline = service.check_preset(&preset).await;
        outlines.push(outline.map_err(|error| Failure::of_call(&error, args))?);
    }
    let mut out = output::stdout(command.format.escape());
    match (command.format, &file) {
        (ReportFormat::Json, PresetFile::Several(_)) => output::json::line(&mut out, &outlines)?,
        (ReportFormat::Json, PresetFile::One(_)) => {
            for outline in &outlines {
                output::json::line(&mut out, outline)?;
            }
        }
        (ReportFormat::Table, _) => {
            for outline in &outlines {
                output::verdicts::outline(&mut out, outline)?;
                for warning in &outline.warnings {
                    say("warning", warning);
                }
            }
        }
    }
    out.flush()?;
    Ok(Exit::Success)
}

async fn execute(args: &ServiceArgs, command: &RunArgs) -> Result<Exit, Failure> {
    let service = command.scope.narrow(service::open(args)?);
    let at = evaluate::instant(command.at.as_ref())?;
    let range = command.last.map(|last| {
        time::resolve(None, None, Some(last), Utc::now())
            .map(|(start, end)| PresetRange {
                start,
                end,
                step: command.step,
            })
            .map_err(|reason| Failure::new(Exit::InvalidQuery, reason))
    });
    let range = range.transpose()?;
    let run = |preset| Run {
        preset,
        arguments: Arguments {
            filters: command.fill.filters(),
            group_by: command.by.clone(),
            window: command.fill.window.clone(),
        },
        range: range.clone(),
        at,
    };
    let runs: Vec<Run> = PresetFile::read(&command.file)?
        .presets()
        .into_iter()
        .map(run)
        .collect();
    let options = RangeOptions {
        partial: args.partial,
        ..RangeOptions::default()
    };
    let answers = service
        .execute_preset_batch(&runs, &options)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    let mut out = output::stdout(command.format.escape());
    let mut failed = None;
    for answer in answers {
        match answer {
            Ok(answer) => write(&mut out, &answer, command.format, args.partial)?,
            Err(error) => {
                failed.get_or_insert(Failure::of_call(&error, args));
            }
        }
    }
    out.flush()?;
    failed.map_or(Ok(Exit::Success), Err)
}

fn write(
    out: &mut dyn Write,
    answer: &RunAnswer,
    format: ReportFormat,
    partial: bool,
) -> Result<(), Failure> {
    match (format, answer) {
        (ReportFormat::Json, RunAnswer::Instant(answer)) => output::json::instant(out, answer)?,
        (ReportFormat::Json, RunAnswer::Range(answer)) => {
            output::json::query(out, answer, partial)?;
        }
        (ReportFormat::Table, RunAnswer::Instant(answer)) => {
            table(
                out,
                &answer.warnings,
                &answer.series,
                answer.unit.as_deref(),
            )?;
        }
        (ReportFormat::Table, RunAnswer::Range(RangeAnswer { answer, .. })) => {
            table(
                out,
                &answer.warnings,
                &answer.series,
                answer.unit.as_deref(),
            )?;
        }
    }
    Ok(())
}

fn table(
    out: &mut dyn Write,
    warnings: &[String],
    series: &[Series],
    unit: Option<&str>,
) -> io::Result<()> {
    for warning in warnings {
        say("warning", warning);
    }
    output::verdicts::series(out, series, unit)
}

async fn evaluate(args: &ServiceArgs, command: &EvaluateArgs) -> Result<Exit, Failure> {
    let presets = PresetFile::read(&command.file)?.presets();
    let [preset] = presets.as_slice() else {
        let message = format!("{} presets; a verdict is by one", presets.len());
        return Err(Failure::new(Exit::Usage, message));
    };
    let decide = &command.decide;
    let question = Question {
        arguments: Arguments {
            filters: command.fill.filters(),
            group_by: Vec::new(),
            window: command.fill.window.clone(),
        },
        subject: command.subject.clone(),
        subjects: evaluate::subjects(decide)?,
        combine: decide.combine,
        at: evaluate::instant(decide.at.as_ref())?,
        condition: decide.condition(),
    };
    let service = decide.scope.narrow(service::open(args)?);
    let judgements = service
        .evaluate(preset, &question)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    evaluate::write(decide, &judgements, preset.unit.as_deref())
}

/// One preset, or several.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a preset `{\"template\": …}`, or an array of presets"
)]
enum PresetFile {
    One(PresetDocument),
    Several(Vec<PresetDocument>),
}

/// A preset as Backend.AI keeps it. Its other fields, such as a name, do not matter here.
#[derive(Deserialize)]
struct PresetDocument {
    template: String,
    time_window: Option<String>,
    #[serde(default)]
    filter_labels: Vec<String>,
    #[serde(default)]
    group_labels: Vec<String>,
    #[serde(default)]
    required_labels: Vec<String>,
    unit: Option<String>,
}

impl PresetFile {
    fn read(file: &Path) -> Result<Self, Failure> {
        serde_json::from_str(&input::read(file)?).map_err(|error| {
            let message = format!("{}: {error}", file.display());
            Failure::new(Exit::InvalidQuery, message)
        })
    }

    fn presets(&self) -> Vec<Preset> {
        let documents = match self {
            Self::One(document) => std::slice::from_ref(document),
            Self::Several(documents) => documents,
        };
        let preset = |document: &PresetDocument| Preset {
            template: document.template.clone(),
            time_window: document.time_window.clone(),
            filter_labels: document.filter_labels.clone(),
            group_labels: document.group_labels.clone(),
            required_labels: document.required_labels.clone(),
            unit: document.unit.clone(),
        };
        documents.iter().map(preset).collect()
    }
}

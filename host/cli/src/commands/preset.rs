//! `preset`: what a template is, what it answers, and verdicts by it.

use std::io::{Read as _, Write as _};
use std::path::Path;

use chrono::Utc;
use metric_host::RangeOptions;
use metric_host::decisions::{Arguments, Bound, Condition, Preset, PresetRange, Question};
use serde::Deserialize;

use crate::args::ServiceArgs;
use crate::args::choices::ReportFormat;
use crate::args::decisions::{CheckArgs, EvaluateArgs, PresetArgs, PresetCommand, RunArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, say};
use crate::service;
use crate::time::{self, Instant};

/// A file of presets or of ids: more is no such file.
const MOST_BYTES: u64 = 4 << 20;

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
    let presets = PresetFile::read(&command.file)?.presets();
    let service = command.scope.narrow(service::open(args)?);
    let arguments = Arguments {
        filters: command.fill.filters(),
        group_by: command.by.clone(),
        window: command.fill.window.clone(),
    };
    let at = instant(command.at.as_ref())?;
    let mut out = output::stdout(command.format.escape());
    for preset in presets {
        let Some(last) = command.last else {
            let answer = service
                .execute_preset(&preset, &arguments, at)
                .await
                .map_err(|error| Failure::of_call(&error, args))?;
            match command.format {
                ReportFormat::Json => output::json::instant(&mut out, &answer)?,
                ReportFormat::Table => {
                    for warning in &answer.warnings {
                        say("warning", warning);
                    }
                    output::verdicts::series(&mut out, &answer.series, answer.unit.as_deref())?;
                }
            }
            continue;
        };
        let (start, end) = time::resolve(None, None, Some(last), Utc::now())
            .map_err(|reason| Failure::new(Exit::InvalidQuery, reason))?;
        let range = PresetRange {
            start,
            end,
            step: command.step,
        };
        let options = RangeOptions {
            partial: args.partial,
            ..RangeOptions::default()
        };
        let answer = service
            .execute_preset_range(&preset, &arguments, &range, &options)
            .await
            .map_err(|error| Failure::of_call(&error, args))?;
        match command.format {
            ReportFormat::Json => output::json::query(&mut out, &answer, args.partial)?,
            ReportFormat::Table => {
                let answer = &answer.answer;
                for warning in &answer.warnings {
                    say("warning", warning);
                }
                output::verdicts::series(&mut out, &answer.series, answer.unit.as_deref())?;
            }
        }
    }
    out.flush()?;
    Ok(Exit::Success)
}

async fn evaluate(args: &ServiceArgs, command: &EvaluateArgs) -> Result<Exit, Failure> {
    let presets = PresetFile::read(&command.file)?.presets();
    let [preset] = presets.as_slice() else {
        let message = format!("{} presets; a verdict is by one", presets.len());
        return Err(Failure::new(Exit::Usage, message));
    };
    let text = read(&command.ids)?;
    let ids = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let bound = match (command.above, command.below) {
        (Some(above), _) => Some(Bound::Above(above)),
        (None, Some(below)) => Some(Bound::Below(below)),
        (None, None) => None,
    };
    let question = Question {
        arguments: Arguments {
            filters: command.fill.filters(),
            group_by: Vec::new(),
            window: command.fill.window.clone(),
        },
        subject: command.subject.clone(),
        subjects: ids.map(ToOwned::to_owned).collect(),
        combine: command.combine,
        at: instant(command.at.as_ref())?,
        condition: bound.map(|bound| Condition {
            bound,
            lasting: command.lasting,
        }),
    };
    let service = command.scope.narrow(service::open(args)?);
    let judgements = service
        .evaluate(preset, &question)
        .await
        .map_err(|error| Failure::of_call(&error, args))?;
    let mut out = output::stdout(command.format.escape());
    match command.format {
        ReportFormat::Json => output::json::verdicts(&mut out, &judgements)?,
        ReportFormat::Table => {
            output::verdicts::write(&mut out, &judgements, preset.unit.as_deref())?;
        }
    }
    out.flush()?;
    Ok(Exit::Success)
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

/// As Backend.AI keeps it. What else it keeps there, such as a name, does not matter here.
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
        serde_json::from_str(&read(file)?).map_err(|error| {
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

/// A whole file, or stdin.
pub(crate) fn read(file: &Path) -> Result<String, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::new(Exit::Usage, format!("{}: {error}", file.display()));
    let mut text = String::new();
    let read = match file == Path::new("-") {
        true => std::io::stdin()
            .take(MOST_BYTES + 1)
            .read_to_string(&mut text),
        false => std::fs::File::open(file)
            .map_err(unreadable)?
            .take(MOST_BYTES + 1)
            .read_to_string(&mut text),
    };
    match read.map_err(unreadable)? as u64 > MOST_BYTES {
        false => Ok(text),
        true => {
            let message = format!("{}: more than {MOST_BYTES} bytes", file.display());
            Err(Failure::new(Exit::Usage, message))
        }
    }
}

/// Unix milliseconds.
fn instant(at: Option<&Instant>) -> Result<Option<i64>, Failure> {
    at.map(|at| time::millis(at, Utc::now()))
        .transpose()
        .map_err(|reason| Failure::new(Exit::InvalidQuery, reason))
}

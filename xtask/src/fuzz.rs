//! `cargo xtask fuzz`: runs the targets of `fuzz/`, one after the other, each from the seeds in the repository
//! and from what earlier runs found, which is kept under `target/`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use comfy_table::{CellAlignment, Table, TableStyle};

use crate::cargo_tool;
use crate::process;
use crate::progress::Task;
use crate::workspace;

/// The version that was tried.
const VERSION: &str = "0.13.2";
/// The last lines of a failed run hold the panic, the input and the command that runs it again.
const SHOWN_LINES: usize = 40;

#[derive(Debug, Args)]
pub(crate) struct FuzzArgs {
    /// The targets to run; none: all
    targets: Vec<String>,
    /// Seconds that each runs
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u32,
}

pub(crate) fn run(arguments: &FuzzArgs) -> Result<()> {
    if let Some(missing) = missing() {
        anyhow::bail!("{missing}");
    }
    let all = targets()?;
    for target in &arguments.targets {
        ensure!(
            all.contains(target),
            "no target {target:?}; there are {}",
            all.join(", ")
        );
    }
    let chosen = match arguments.targets.as_slice() {
        [] => all,
        some => some.to_vec(),
    };
    run_targets(&chosen, arguments.seconds)
}

/// Names the tool that fuzzing needs and that is not there.
pub(crate) fn missing() -> Option<&'static str> {
    let listed = process::output(workspace::command("rustup").args(["toolchain", "list"]));
    let has_nightly = listed.is_ok_and(|list| list.lines().any(|line| line.starts_with("nightly")));
    (!has_nightly).then_some("no nightly compiler (`rustup toolchain install nightly`)")
}

/// Runs every target for so long.
pub(crate) fn run_all(seconds: u32) -> Result<()> {
    run_targets(&targets()?, seconds)
}

fn run_targets(targets: &[String], seconds: u32) -> Result<()> {
    let tool = cargo_tool::find_or_build("fuzz", VERSION)?;
    process::quiet(
        "Building the fuzz targets",
        // One, or all: the tool builds no other choice.
        cargo_fuzz(&tool, "build").args(match targets {
            [one] => Some(one),
            _ => None,
        }),
    )?;
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.set_header(["target", "executions", "corpus", "result"]);
    for column in [1, 2] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut failed = Vec::new();
    for target in targets {
        let outcome = Outcome::of(&tool, target, seconds)?;
        table.add_row([
            target.clone(),
            outcome.executions,
            outcome.corpus,
            if outcome.ok { "ok" } else { "FAILED" }.to_owned(),
        ]);
        if !outcome.ok {
            eprintln!("{}", outcome.complaint);
            failed.push(target.as_str());
        }
    }
    println!("{table}");
    ensure!(
        failed.is_empty(),
        "something was found: {}",
        failed.join(", ")
    );
    Ok(())
}

/// The targets that are there, by name.
fn targets() -> Result<Vec<String>> {
    let folder = folder().join("fuzz_targets");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .with_context(|| workspace::shown(&folder))?
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

fn folder() -> PathBuf {
    workspace::root().join("fuzz")
}

/// `cargo fuzz`, with a nightly compiler: only that one has the instrumentation.
fn cargo_fuzz(tool: &Path, verb: &str) -> Command {
    let mut command = workspace::command("rustup");
    command.args(["run", "nightly"]).arg(tool);
    command.args(["fuzz", verb, "--fuzz-dir"]).arg(folder());
    command.arg("--target-dir").arg(built());
    command
}

fn built() -> PathBuf {
    workspace::target().join("fuzz")
}

/// The outcome of a run.
#[derive(Debug, Default)]
struct Outcome {
    ok: bool,
    executions: String,
    corpus: String,
    complaint: String,
}

impl Outcome {
    fn of(tool: &Path, target: &str, seconds: u32) -> Result<Self> {
        let task = Task::start(format!("Fuzzing {target} for {seconds} s"));
        // The fuzzer writes what it finds into the first folder, and only reads the second.
        let grown = built().join("corpus").join(target);
        fs::create_dir_all(&grown)?;
        let log = built().join(format!("{target}.log"));
        let output = File::create(&log).with_context(|| workspace::shown(&log))?;
        let mut command = cargo_fuzz(tool, "run");
        command.arg(target).arg(&grown);
        command.arg(folder().join("corpus").join(target)).arg("--");
        command.args([
            format!("-max_total_time={seconds}"),
            "-print_final_stats=1".to_owned(),
        ]);
        // Words that would take long to be found letter by letter.
        let dictionary = folder().join(format!("dictionaries/{target}.dict"));
        if dictionary.is_file() {
            command.arg(format!("-dict={}", dictionary.display()));
        }
        let status = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .status()
            .context("cannot run cargo fuzz")?;
        let outcome = Self::read(&String::from_utf8_lossy(&fs::read(&log)?), status.success());
        match outcome.ok {
            true => task.done(),
            false => task.failed(),
        }
        Ok(outcome)
    }

    /// Reads what the fuzzer printed.
    fn read(log: &str, ok: bool) -> Self {
        let after = |line: &str, key: &str| {
            let (_, rest) = line.split_once(key)?;
            Some(rest.split_whitespace().next()?.to_owned())
        };
        let last = |key: &str| log.lines().rev().find_map(|line| after(line, key));
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines.len().saturating_sub(SHOWN_LINES);
        Self {
            ok,
            executions: last("stat::number_of_executed_units:").unwrap_or_default(),
            // `corp: 812/95Kb`: how many inputs, and how large they are together.
            corpus: last(" corp: ").map_or_else(String::new, |corpus| {
                corpus.split('/').next().unwrap_or_default().to_owned()
            }),
            complaint: lines.get(tail..).unwrap_or_default().join("\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_seeds() {
        let targets = targets().unwrap();
        assert!(targets.len() >= 5, "{targets:?}");
        for target in targets {
            let seeds = folder().join("corpus").join(&target);
            let seeds = fs::read_dir(&seeds).map_or(0, Iterator::count);
            assert!(seeds > 0, "fuzz/corpus/{target} holds no seed");
        }
    }

    #[test]
    fn the_last_figures_of_a_run_count() {
        let log = "#2\tINITED cov: 9 ft: 9 corp: 3/9b exec/s: 0 rss: 40Mb\n\
                   #9\tDONE   cov: 20 ft: 30 corp: 812/95Kb lim: 4096 exec/s: 4 rss: 60Mb\n\
                   stat::number_of_executed_units: 123456\n";
        let outcome = Outcome::read(log, true);
        assert_eq!((&*outcome.executions, &*outcome.corpus), ("123456", "812"));
        assert!(
            Outcome::read("panicked at x", false)
                .complaint
                .contains("panicked")
        );
    }
}

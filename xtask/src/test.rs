//! `cargo xtask test`: everything, one step after the other, up to the first that fails. Output streams
//! through as it comes; the table at the end says what ran and how long.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Args;
use comfy_table::{CellAlignment, Table, TableStyle};
use metric_testbed::{Finder, PrometheusRelease};

use crate::build::{self, HostProfile};
use crate::component::Component;
use crate::deny;
use crate::fuzz;
use crate::hostile;
use crate::hosts::Host;
use crate::implementation;
use crate::mutants;
use crate::npm;
use crate::process;
use crate::progress::seconds;
use crate::reproducible;
use crate::wasm_toolchain::{Choice, WasmToolchain};
use crate::workspace::{self, PLUGIN_PROFILE};

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Whose compiler builds the plugin
    #[arg(long, value_enum, default_value_t)]
    wasm_toolchain: Choice,
    /// What takes long as well: each fuzz target for a minute, and what the dependencies' licences allow
    #[arg(long)]
    full: bool,
}

/// How long each fuzz target runs in the full test.
const FUZZ_SECONDS: u32 = 60;

pub(crate) fn run(arguments: &TestArgs) -> Result<()> {
    let mut report = Report::default();
    let outcome = all(arguments, &mut report);
    report.print();
    outcome
}

fn all(arguments: &TestArgs, report: &mut Report) -> Result<()> {
    report.step("format", || {
        process::shown(workspace::cargo().args(["fmt", "--all", "--check"]))?;
        hostile::check_format()
    })?;

    let toolchain = WasmToolchain::find(arguments.wasm_toolchain)?;
    let profile = HostProfile::Debug;
    report.step(&format!("plugin, with {}", toolchain.name()), || {
        process::shown(&mut build::command(&toolchain, &Component::ALL))?;
        for component in Component::ALL {
            build::place(&toolchain, component, profile)?;
        }
        Ok(())
    })?;
    let mut hostile_plugin = PathBuf::new();
    report.step("hostile plugin", || {
        hostile_plugin = hostile::build(&toolchain)?;
        Ok(())
    })?;

    report.step("lints", || {
        process::shown(workspace::cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ]))
    })?;
    if toolchain.has_clippy() {
        report.step("lints of the plugin, and of the hostile one", || {
            let mut clippy = toolchain.cargo("clippy");
            clippy.args([
                "--package",
                "metric-guest",
                "--profile",
                PLUGIN_PROFILE,
                "--",
                "-D",
                "warnings",
            ]);
            process::shown(&mut clippy)?;
            hostile::lint(&toolchain)
        })?;
    } else {
        report.skip(
            "lints of the plugin, and of the hostile one",
            "no clippy for wasm in this toolchain",
        );
    }

    report.step("the plugin's build is reproducible", || {
        reproducible::check(&toolchain)
    })?;

    let finder = Finder::new();
    let prometheus = finder.prometheus()?.prometheus;
    for (server, reason) in finder.left_out() {
        report.skip(&format!("tests on {server}"), &reason);
    }
    let mut tally = Tally::default();
    let tests = report.step(
        "tests: unit, end to end on a real Prometheus, examples in the docs",
        || {
            let mut tests = workspace::cargo();
            // All failures are wanted, not only those of the first crate that has one.
            tests.args(["test", "--workspace", "--no-fail-fast"]);
            tests
                .env("METRIC_PLUGIN", profile.plugin())
                .env("METRIC_HOSTILE", &hostile_plugin)
                .env("PROMETHEUS", prometheus);
            process::watched(&mut tests, |line| tally.see(line))
        },
    );
    // What differs from the release that is asked by default: remarks on rates, windows open on the left.
    let on_latest = match finder.prometheus_release(PrometheusRelease::V3_5) {
        // It is among what was left out.
        Err(_) => Ok(()),
        Ok(latest) => report.step("tests: end to end on Prometheus 3.5", || {
            let mut tests = workspace::cargo();
            tests.args(["test", "--package", "metric-tests", "--test", "end_to_end"]);
            tests
                .env("METRIC_PLUGIN", profile.plugin())
                .env("PROMETHEUS", latest.prometheus);
            process::watched(&mut tests, |line| tally.see(line))
        }),
    };
    report.tally = Some(tally);
    tests.and(on_latest)?;

    report.step("conformance", || {
        process::shown(&mut profile.build(&["metric-host"]))?;
        for component in Component::ALL {
            conformance(profile, &profile.component(component))?;
        }
        Ok(())
    })?;
    report.step("mutants of the plugin, each caught", || {
        mutants::run_chosen(&toolchain, None)
    })?;
    let step = "conformance of an implementation in JavaScript";
    match npm::missing() {
        Some(missing) => report.skip(step, missing),
        None => report.step(step, || conformance(profile, &implementation::build()?))?,
    }
    report.step("docs", || {
        process::shown(workspace::cargo().env("RUSTDOCFLAGS", "-D warnings").args([
            "doc",
            "--no-deps",
            "--workspace",
        ]))
    })?;
    hosts(profile, report)?;
    if arguments.full {
        report.step("licences, versions and sources of dependencies", deny::run)?;
        let step = "fuzz";
        match fuzz::missing() {
            Some(missing) => report.skip(step, missing),
            None => report.step(step, || fuzz::run_all(FUZZ_SECONDS))?,
        }
    }
    Ok(())
}

/// The hosts in other languages. One that lacks what it needs is left out, and says so.
fn hosts(profile: HostProfile, report: &mut Report) -> Result<()> {
    process::shown(&mut profile.build(&["testbed-prometheus"]))?;
    for host in Host::ALL {
        let step = format!("host: {}", host.name());
        match host.missing() {
            Some(missing) => report.skip(&step, missing),
            None => report.step(&step, || host.test(profile))?,
        }
    }
    Ok(())
}

/// Holds a component to the highest level of its world, through the command line.
fn conformance(profile: HostProfile, component: &Path) -> Result<()> {
    let mut command: Command = workspace::command(profile.host());
    command.arg("conformance").arg("--plugin").arg(component);
    process::shown(&mut command)
}

/// What `cargo test` said of each of its binaries, summed.
#[derive(Debug, Default, Eq, PartialEq)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    /// Takes in a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; …`.
    fn see(&mut self, line: &str) {
        let Some(counts) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for part in counts.1.split(';') {
            let Some((count, what)) = part.trim().split_once(' ') else {
                continue;
            };
            let count: u64 = count.parse().unwrap_or(0);
            match what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }
}

/// The steps so far.
#[derive(Debug, Default)]
struct Report {
    steps: Vec<(String, String, Option<Duration>)>,
    tally: Option<Tally>,
}

impl Report {
    fn step(&mut self, name: &str, run: impl FnOnce() -> Result<()>) -> Result<()> {
        println!("\n==> {name}");
        let started = Instant::now();
        let outcome = run();
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        println!("==> {name}: {word} ({})", seconds(started.elapsed()));
        self.steps
            .push((name.to_owned(), word.to_owned(), Some(started.elapsed())));
        outcome.with_context(|| format!("step `{name}`"))
    }

    fn skip(&mut self, name: &str, reason: &str) {
        println!("\n==> {name}: skipped, {reason}");
        self.steps
            .push((name.to_owned(), format!("skipped: {reason}"), None));
    }

    fn print(&self) {
        let mut table = Table::new();
        table.load_style(TableStyle::new());
        for (name, outcome, took) in &self.steps {
            table.add_row([
                name.clone(),
                outcome.clone(),
                took.map(seconds).unwrap_or_default(),
            ]);
        }
        if let Some(column) = table.column_mut(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        println!("\n{table}");
        if let Some(tally) = &self.tally {
            let ignored = if tally.ignored > 0 {
                format!(", {} ignored", tally.ignored)
            } else {
                String::new()
            };
            println!("{} passed, {} failed{ignored}", tally.passed, tally.failed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_all_test_binaries_are_summed() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result_is_printed ... ok",
        ] {
            tally.see(line);
        }
        assert_eq!(
            tally,
            Tally {
                passed: 5,
                failed: 2,
                ignored: 1
            }
        );
    }

    #[test]
    fn a_step_that_fails_is_in_the_report() {
        let mut report = Report::default();
        report.step("one", || Ok(())).unwrap();
        let error = report.step("two", || anyhow::bail!("broken")).unwrap_err();
        assert_eq!(format!("{error:#}"), "step `two`: broken");
        let words: Vec<&str> = report
            .steps
            .iter()
            .map(|(_, word, _)| word.as_str())
            .collect();
        assert_eq!(words, ["ok", "FAILED"]);
    }
}

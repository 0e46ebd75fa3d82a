//! `cargo xtask test`: everything, in the order of [`STEPS`], up to the first step that fails. Output streams through as
//! it comes, but that of what runs beside; the table at the end says what ran and how long.

use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use clap::Args;
use comfy_table::{CellAlignment, Table, TableStyle};
use metric_testbed::{Finder, PrometheusRelease};

use crate::build::{self, HostProfile};
use crate::component::Component;
use crate::deny;
use crate::dist;
use crate::fuzz;
use crate::hostile;
use crate::hosts::Host;
use crate::implementation;
use crate::mutants;
use crate::npm;
use crate::process;
use crate::progress::seconds;
use crate::reproducible;
use crate::server;
use crate::wasm_toolchain::{Choice, WasmToolchain};
use crate::workspace::{self, PLUGIN_PROFILE};

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// The toolchain that builds the plugin
    #[arg(long, value_enum, default_value_t)]
    wasm_toolchain: Choice,
    /// The long checks as well: each fuzz target for a minute, and the dependencies' licences
    #[arg(long)]
    full: bool,
}

/// Seconds that each fuzz target runs in the full test.
const FUZZ_SECONDS: u32 = 60;
/// The profile that the host is built with.
const PROFILE: HostProfile = HostProfile::Debug;

pub(crate) fn run(arguments: &TestArgs) -> Result<()> {
    let toolchain = WasmToolchain::find(arguments.wasm_toolchain)?;
    println!("Wasm toolchain: {}", toolchain.name());
    let mut session = Session {
        toolchain,
        servers: Finder::new(),
        full: arguments.full,
        tally: Tally::default(),
    };
    let mut report = Report::default();
    let outcome = all(&mut session, &mut report);
    report.print(&session.tally);
    outcome
}

/// The state that the steps share.
struct Session {
    toolchain: WasmToolchain,
    servers: Finder,
    full: bool,
    tally: Tally,
}

struct Step {
    name: &'static str,
    /// The reason why it is left out here, if it is.
    left_out: fn(&Session) -> Option<String>,
    work: Work,
}

enum Work {
    /// Its output streams through.
    InFront(fn(&mut Session) -> Result<()>),
    /// The tests of a host run beside the steps that follow, after those that were begun before. Their output is shown
    /// when all is done.
    Beside(Host),
}

/// The steps: the cheap ones, and those that others need, come first. The hosts in other languages wait most of the
/// time, and need nothing that is built after them.
const STEPS: &[Step] = &[
    Step::new("format", never, format),
    Step::new("components", never, components),
    Step::new("hostile plugin", never, |session| {
        hostile::build(&session.toolchain).map(drop)
    }),
    Step::new("lints", never, lints),
    Step::new(
        "lints of the plugin, and of the hostile one",
        without_clippy_for_wasm,
        lints_for_wasm,
    ),
    Step::new("the plugin's build is reproducible", never, |session| {
        reproducible::check(&session.toolchain)
    }),
    Step::new(
        "tests: unit, end to end on a real Prometheus, examples in the docs",
        never,
        tests,
    ),
    // This release differs from the one that is asked by default: remarks on rates, windows open on the left.
    Step::new(
        "tests: end to end on Prometheus 3.5",
        without_the_latest_server,
        tests_on_the_latest_server,
    ),
    Step::new("programs", never, |_| {
        process::shown(&mut PROFILE.build(&["metric-host", "testbed-prometheus"]))
    }),
    // Before the hosts, whose packages it builds.
    Step::new("what one would publish is whole", never, |session| {
        dist::run_what_can_be_had(session.full)
    }),
    Step::of_host("host: node", |_| Host::Node.missing(), Host::Node),
    Step::of_host("host: browser", |_| Host::Browser.missing(), Host::Browser),
    Step::of_host("host: python", |_| Host::Python.missing(), Host::Python),
    Step::of_host("host: c", |_| Host::C.missing(), Host::C),
    Step::of_host("host: go", |_| Host::Go.missing(), Host::Go),
    Step::of_host(
        "platforms: wasmtime serve, wasmCloud",
        |_| Host::Platforms.missing(),
        Host::Platforms,
    ),
    Step::new("conformance", never, |_| {
        Component::OF_THE_CONTRACT
            .into_iter()
            .try_for_each(|component| conformance(&PROFILE.component(component)))
    }),
    Step::new("mutants of the plugin, each caught", never, |session| {
        mutants::run_chosen(&session.toolchain, None)
    }),
    Step::new(
        "conformance of an implementation in JavaScript",
        |_| npm::missing().map(str::to_owned),
        |_| conformance(&implementation::build()?),
    ),
    Step::new("docs", never, docs),
    Step::new(
        "licences, versions and sources of dependencies",
        not_in_full,
        |_| deny::run(),
    ),
    Step::new(
        "fuzz",
        |session| not_in_full(session).or_else(|| fuzz::missing().map(str::to_owned)),
        |_| fuzz::run_all(FUZZ_SECONDS),
    ),
];

impl Step {
    const fn new(
        name: &'static str,
        left_out: fn(&Session) -> Option<String>,
        run: fn(&mut Session) -> Result<()>,
    ) -> Self {
        Self {
            name,
            left_out,
            work: Work::InFront(run),
        }
    }

    const fn of_host(
        name: &'static str,
        left_out: fn(&Session) -> Option<String>,
        host: Host,
    ) -> Self {
        Self {
            name,
            left_out,
            work: Work::Beside(host),
        }
    }
}

/// Runs the steps; fails with the first that fails.
fn all(session: &mut Session, report: &mut Report) -> Result<()> {
    for (server, reason) in session.servers.left_out() {
        report.skip(&format!("tests on {server}"), &reason);
    }
    thread::scope(|scope| {
        let (queue, queued) = mpsc::channel();
        let beside = scope.spawn(move || run_beside(queued));
        let in_front = STEPS.iter().try_for_each(|step| {
            if let Some(reason) = (step.left_out)(session) {
                report.skip(step.name, &reason);
                return Ok(());
            }
            match step.work {
                Work::InFront(run) => report.step(step.name, || run(session)),
                Work::Beside(host) => {
                    println!("\n==> {}: runs beside what follows", step.name);
                    queue.send((step.name, host))?;
                    Ok(())
                }
            }
        });
        drop(queue);
        let Ok(ended) = beside.join() else {
            return in_front.and(Err(anyhow!("the thread with the hosts' tests panicked")));
        };
        // All of it is shown, whatever fails.
        let outcomes: Vec<Result<()>> = ended.into_iter().map(|one| report.ended(one)).collect();
        in_front.and(outcomes.into_iter().collect())
    })
}

/// A step that ran beside others, and has ended.
struct Ended {
    name: &'static str,
    /// Its output, or an error that has it.
    output: Result<String>,
    took: Duration,
}

/// Runs the tests of the hosts, one host after the other, until there will be no more.
fn run_beside(queued: mpsc::Receiver<(&'static str, Host)>) -> Vec<Ended> {
    let run = |(name, host): (_, Host)| {
        let started = Instant::now();
        Ended {
            name,
            output: host
                .command()
                .and_then(|mut tests| process::kept(&mut tests)),
            took: started.elapsed(),
        }
    };
    queued.into_iter().map(run).collect()
}

fn never(_: &Session) -> Option<String> {
    None
}

fn not_in_full(session: &Session) -> Option<String> {
    (!session.full).then(|| "only with `--full`".to_owned())
}

fn without_clippy_for_wasm(session: &Session) -> Option<String> {
    (!session.toolchain.has_clippy()).then(|| "no clippy for wasm in this toolchain".to_owned())
}

fn without_the_latest_server(session: &Session) -> Option<String> {
    let server = session.servers.prometheus_release(PrometheusRelease::V3_5);
    server.err().map(|error| error.to_string())
}

fn format(_: &mut Session) -> Result<()> {
    process::shown(workspace::cargo().args(["fmt", "--all", "--check"]))?;
    hostile::check_format()
}

fn components(session: &mut Session) -> Result<()> {
    process::shown(&mut build::command(&session.toolchain, &Component::ALL))?;
    Component::ALL
        .into_iter()
        .try_for_each(|component| build::place(&session.toolchain, component, PROFILE))?;
    server::compose(&PROFILE.folder()).map(drop)
}

fn lints(_: &mut Session) -> Result<()> {
    let mut clippy = workspace::cargo();
    clippy.args(["clippy", "--workspace", "--all-targets"]);
    process::shown(clippy.args(["--", "-D", "warnings"]))
}

fn lints_for_wasm(session: &mut Session) -> Result<()> {
    let mut clippy = session.toolchain.cargo("clippy");
    clippy.args(["--profile", PLUGIN_PROFILE]);
    for component in Component::ALL {
        clippy.args(["--package", component.package()]);
    }
    process::shown(clippy.args(["--", "-D", "warnings"]))?;
    hostile::lint(&session.toolchain)
}

fn tests(session: &mut Session) -> Result<()> {
    let mut tests = workspace::cargo();
    // All failures are wanted, not only those of the first crate that has one.
    tests.args(["test", "--workspace", "--no-fail-fast"]);
    tests
        .env("METRIC_PLUGIN", PROFILE.plugin())
        .env("METRIC_HOSTILE", hostile::built(&session.toolchain))
        .env("PROMETHEUS", session.servers.prometheus()?.prometheus);
    process::watched(&mut tests, |line| session.tally.see(line))
}

fn tests_on_the_latest_server(session: &mut Session) -> Result<()> {
    let server = session
        .servers
        .prometheus_release(PrometheusRelease::V3_5)?;
    let mut tests = workspace::cargo();
    tests.args(["test", "--package", "metric-tests", "--test", "end_to_end"]);
    tests
        .env("METRIC_PLUGIN", PROFILE.plugin())
        .env("PROMETHEUS", server.prometheus);
    process::watched(&mut tests, |line| session.tally.see(line))
}

/// Holds a component to the highest level of its world, through the command line.
fn conformance(component: &Path) -> Result<()> {
    let mut command: Command = workspace::command(PROFILE.host());
    command.arg("conformance").arg("--plugin").arg(component);
    process::shown(&mut command)
}

fn docs(_: &mut Session) -> Result<()> {
    let mut docs = workspace::cargo();
    docs.env("RUSTDOCFLAGS", "-D warnings");
    process::shown(docs.args(["doc", "--no-deps", "--workspace"]))
}

/// The results of the binaries of `cargo test`, summed.
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
}

impl Report {
    fn step(&mut self, name: &'static str, run: impl FnOnce() -> Result<()>) -> Result<()> {
        println!("\n==> {name}");
        let started = Instant::now();
        let outcome = run();
        self.end(name, outcome, started.elapsed())
    }

    /// A step that was shown to nobody while it ran.
    fn ended(&mut self, step: Ended) -> Result<()> {
        println!("\n==> {}", step.name);
        let outcome = step.output.map(|output| print!("{output}"));
        self.end(step.name, outcome, step.took)
    }

    fn end(&mut self, name: &str, outcome: Result<()>, took: Duration) -> Result<()> {
        let word = if outcome.is_ok() { "ok" } else { "FAILED" };
        println!("==> {name}: {word} ({})", seconds(took));
        self.steps
            .push((name.to_owned(), word.to_owned(), Some(took)));
        outcome.with_context(|| format!("step `{name}`"))
    }

    fn skip(&mut self, name: &str, reason: &str) {
        println!("\n==> {name}: skipped, {reason}");
        self.steps
            .push((name.to_owned(), format!("skipped: {reason}"), None));
    }

    fn print(&self, tally: &Tally) {
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
        if *tally != Tally::default() {
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
    use clap::ValueEnum as _;

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

    #[test]
    fn what_ran_beside_is_in_the_report_and_fails_with_what_it_printed() {
        let ended = |name, output| Ended {
            name,
            output,
            took: Duration::ZERO,
        };
        let mut report = Report::default();
        report.ended(ended("one", Ok("fine\n".to_owned()))).unwrap();
        let failed = ended("two", Err(anyhow!("it printed this")));
        let error = report.ended(failed).unwrap_err();
        assert_eq!(format!("{error:#}"), "step `two`: it printed this");
        assert_eq!(report.steps.len(), 2);
    }

    #[test]
    fn every_host_has_its_step() {
        for host in Host::value_variants() {
            let has_one = |step: &Step| matches!(step.work, Work::Beside(other) if other == *host);
            assert!(STEPS.iter().any(has_one), "{host:?}");
        }
    }

    #[test]
    fn no_two_steps_have_one_name() {
        let mut names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), STEPS.len());
    }
}

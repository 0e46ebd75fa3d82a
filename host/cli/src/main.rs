//! The command line: arguments in, one call of the library, data out on stdout and everything
//! else on stderr. It knows no PromQL and no HTTP.
//!
//! The way of a command: [`args`] reads the flags (with [`time`] and [`duration`]), [`locate`]
//! finds the plugin, [`service`] loads it, the command's own file makes the call, [`output`]
//! writes what came back. Whatever fails becomes a [`failure::Failure`], which says it in words
//! and ends with a code of [`exit::Exit`].

mod args;
mod commands;
mod duration;
mod exit;
mod failure;
mod hint;
mod input;
mod locate;
mod output;
mod runtime;
mod service;
mod time;
mod utc_offset;

use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextValue, ErrorKind};

use args::{Cli, Command};
use exit::Exit;
use failure::Failure;
use output::printable::{REPEATED, head};
use output::{Log, say};
use runtime::{runtime, runtime_of_a_service};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refused_by_clap(&shortened(error)).into(),
    };
    start_tracing(cli.verbose, matches!(cli.command, Command::Serve(_)));
    match dispatch(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print();
            failure.exit().into()
        }
    }
}

/// The error, which repeats no more of a value than it is known by.
fn shortened(mut error: clap::Error) -> clap::Error {
    let long: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) if text.chars().nth(REPEATED).is_some() => {
                Some((kind, head(text, REPEATED).into_owned()))
            }
            _ => None,
        })
        .collect();
    for (kind, head) in long {
        error.insert(kind, ContextValue::String(head));
    }
    error
}

/// Prints clap's message: help and version on stdout, in colours where there are any, a usage error on stderr.
fn refused_by_clap(error: &clap::Error) -> Exit {
    // Nobody is left to be told when help cannot be written. Nothing in it is from outside.
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            return Exit::Success;
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
        }
        // It repeats what was given.
        _ => {
            let text = error.to_string();
            say(
                "error",
                text.strip_prefix("error: ").unwrap_or(&text).trim_end(),
            );
        }
    }
    Exit::Usage
}

fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    let Cli {
        service, command, ..
    } = cli;
    match command {
        Command::Metrics(args) => runtime()?.block_on(commands::metrics::run(
            &service.with(args.further),
            &args.own,
        )),
        Command::Type(args) => runtime()?.block_on(commands::type_of::run(&service, &args)),
        Command::Promql(args) => runtime()?.block_on(commands::query::promql(&service, args)),
        Command::Query(args) => {
            runtime()?.block_on(commands::query::run(&service.with(args.further), args.own))
        }
        Command::Live(args) => {
            runtime()?.block_on(commands::live::run(&service.with(args.further), &args.own))
        }
        Command::Preset(args) => runtime()?.block_on(commands::preset::run(service, args)),
        Command::Evaluate(args) => runtime()?.block_on(commands::evaluate::run(
            &service.with(args.further),
            args.own,
        )),
        Command::Summary(args) => runtime()?.block_on(commands::insight::summary(
            &service.with(args.further),
            args.own,
        )),
        Command::Top(args) => runtime()?.block_on(commands::insight::top(
            &service.with(args.further),
            args.own,
        )),
        Command::Anomalies(args) => runtime()?.block_on(commands::insight::anomalies(
            &service.with(args.further),
            args.own,
        )),
        Command::Outliers(args) => runtime()?.block_on(commands::insight::outliers(
            &service.with(args.further),
            args.own,
        )),
        Command::Values(args) => {
            runtime()?.block_on(commands::values::run(&service.with(args.further), args.own))
        }
        Command::Family(args) => runtime()?.block_on(commands::family::run(
            &service.with(args.further),
            &args.own,
        )),
        Command::Serve(args) => runtime_of_a_service()?
            .block_on(commands::serve::run(&service.with(args.further), args.own)),
        Command::Doctor(args) => runtime()?.block_on(commands::doctor::run(
            &service.with(args.further),
            &args.own,
        )),
        Command::Conformance(args) => {
            runtime()?.block_on(commands::conformance::run(&service, &args))
        }
        Command::Inspect(args) => commands::inspect::run(&service, &args),
        Command::Completions(args) => commands::completions::run(&args),
        Command::Man(args) => commands::man::run(&args),
    }
}

/// Turns tracing on, to stderr, when it was asked for by `--verbose` or `RUST_LOG`, and for a service, which has a line for
/// each request.
fn start_tracing(verbose: bool, is_service: bool) {
    let filter = match std::env::var("RUST_LOG") {
        Ok(filter) if !filter.is_empty() => filter,
        _ if verbose => "metric_host=debug,metric_serve=debug".to_owned(),
        _ if is_service => "metric_host=warn,metric_serve=info".to_owned(),
        _ => return,
    };
    let started = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(|| Log)
        // Colours are commands to the terminal, and cannot be told from those of others.
        .with_ansi(false)
        .try_init();
    if let Err(error) = started {
        say("warning", &format!("no tracing: {error}"));
    }
}

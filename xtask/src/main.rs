//! `cargo xtask …`: builds the plugin and the host, shows them, tests everything, measures.
//! Each verb is in the file of its name; these are shared:
//!
//! - `workspace` knows where things are, `process` how to run them, `progress` how to show that they run;
//! - `wasm_toolchain` finds a compiler for the plugin, or gets one.

mod bench;
mod build;
mod cargo_component;
mod cargo_tool;
mod component;
mod debian;
mod demo;
mod deny;
mod dist;
mod freshness;
mod fuzz;
mod hostile;
mod hosts;
mod implementation;
mod linker;
mod mutants;
mod npm;
mod process;
mod progress;
mod python_service;
mod reproducible;
mod scenario;
mod server;
mod soak;
mod test;
mod wasm_toolchain;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
/// Builds, demonstrates, tests and measures the Metric Service.
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Build the plugin, the host and the server for platforms, and put the plugin beside the host
    Build(build::BuildArgs),
    /// Show what it does, on a Prometheus with a day of generated data
    Demo(demo::DemoArgs),
    /// Format, lints, unit tests, real Prometheus, conformance, docs
    Test(test::TestArgs),
    /// Run the tests of a host in another language, on what `build` and `test` left
    Host(hosts::HostArgs),
    /// Test the conformance kit: build mutants of the plugin, and see each caught by its case
    Mutants(mutants::MutantsArgs),
    /// Build the hostile plugin, which the tests try on the host
    Hostile(hostile::HostileArgs),
    /// Make what one would publish, in `target/dist`: components with metadata, packages, manual, checksums
    Dist(dist::DistArgs),
    /// Check what goes into a build: licences, versions, sources
    Deny,
    /// Fuzz what takes bytes and texts from outside (needs a nightly compiler)
    Fuzz(fuzz::FuzzArgs),
    /// Callers, faults and restarts for half an hour: no wrong answer, no hang, no growth
    Soak(soak::SoakArgs),
    /// Check that fresh instances are fresh, for minutes, while the kernel moves pages (needs root)
    Freshness(freshness::FreshnessArgs),
    /// Measure the plugin against a native client, side by side
    Bench(bench::BenchArgs),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().verb {
        Verb::Build(arguments) => build::run(&arguments),
        Verb::Demo(arguments) => demo::run(&arguments),
        Verb::Test(arguments) => test::run(&arguments),
        Verb::Host(arguments) => hosts::run(&arguments),
        Verb::Mutants(arguments) => mutants::run(&arguments),
        Verb::Hostile(arguments) => hostile::run(&arguments),
        Verb::Dist(arguments) => dist::run(&arguments),
        Verb::Deny => deny::run(),
        Verb::Fuzz(arguments) => fuzz::run(&arguments),
        Verb::Soak(arguments) => soak::run(&arguments),
        Verb::Freshness(arguments) => freshness::run(&arguments),
        Verb::Bench(arguments) => bench::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

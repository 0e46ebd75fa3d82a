//! The benchmark: what the plugin costs beside a native client, measured side by side in one run against a
//! real Prometheus. `cargo xtask bench` starts it, with the data of `Shape::bench` loaded.
//!
//! A row is a file in `rows`; `race` measures it, `outcome` is what it comes to, `report` prints it. `native` is the
//! competitor.

mod decode;
mod memory;
mod native;
mod outcome;
mod processor;
mod python_service;
mod race;
mod report;
mod rows;
mod setting;
mod wire;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

use crate::report::Report;
use crate::setting::Setting;

/// Measures the Metric Service plugin against a native client.
#[derive(Debug, Parser)]
#[command(name = "metric-bench")]
struct Arguments {
    /// A Prometheus that holds the data of the benchmark, host:port
    #[arg(long)]
    address: String,
    /// The same of the latest release; without it the row about it is empty
    #[arg(long)]
    latest_address: Option<String>,
    /// The plugin
    #[arg(long)]
    plugin: PathBuf,
    /// The command line, for its cold start
    #[arg(long)]
    host_executable: PathBuf,
    /// A Python that has what the competing service imports; without it the rows against it are left out
    #[arg(long)]
    python: Option<PathBuf>,
    /// Print one JSON object instead of the table
    #[arg(long)]
    json: bool,
    /// Measure only the rows whose name contains this text
    #[arg(long, default_value = "")]
    filter: String,
    /// Only make so many calls at once, hold their results, and print the most memory that took, in bytes
    #[arg(long, hide = true, value_name = "CALLS")]
    hold: Option<usize>,
}

#[tokio::main]
async fn main() -> Result<()> {
    // As a task, like the calls of a service: what runs in `main` itself would be woken across threads
    // by every connection.
    tokio::spawn(measure(Arguments::parse())).await?
}

async fn measure(arguments: Arguments) -> Result<()> {
    let setting = Setting::new(
        arguments.address,
        arguments.latest_address,
        arguments.plugin,
        arguments.host_executable,
        arguments.python,
    )?;
    if let Some(calls) = arguments.hold {
        println!("{}", rows::growth::hold(&setting, calls).await?);
        return Ok(());
    }
    let mut report = Report::default();
    let measured = measure_rows(&setting, &arguments.filter, &mut report).await;
    // A row that fails is an error in the end, and does not take the others with it.
    if arguments.json {
        println!("{}", report.json()?);
    } else {
        println!("{}", report.table());
    }
    measured
}

async fn measure_rows(setting: &Setting, filter: &str, report: &mut Report) -> Result<()> {
    let mut measured = Ok(());
    for row in rows::ALL.iter().filter(|row| row.name.contains(filter)) {
        eprintln!("{} ...", row.name);
        match (row.measure)(setting).await {
            Ok(outcomes) => report.add(row.name, outcomes),
            Err(error) => {
                let error = error.context(format!("row `{}`", row.name));
                eprintln!("{error:#}");
                measured = Err(error);
            }
        }
    }
    measured
}

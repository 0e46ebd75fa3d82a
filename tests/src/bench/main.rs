//! The benchmark: what the plugin costs beside a native client, measured side by side in one run against a
//! real Prometheus. `cargo xtask bench` starts it, with the data of `Shape::bench` loaded.
//!
//! A row is a file in `rows`; `race` measures it, `report` prints it. `native` is the competitor.

mod decode;
mod native;
mod python_service;
mod race;
mod report;
mod rows;
mod setting;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
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
        arguments.plugin,
        arguments.host_executable,
        arguments.python,
    )?;
    let mut report = Report::default();
    for row in rows::ALL
        .iter()
        .filter(|row| row.name.contains(&arguments.filter))
    {
        eprintln!("{} ...", row.name);
        let race = (row.prepare)(&setting)
            .await
            .with_context(|| format!("row `{}`", row.name))?;
        report.add(race.run(row.name).await?);
    }
    if arguments.json {
        println!("{}", report.json()?);
    } else {
        println!("{}", report.table());
    }
    Ok(())
}

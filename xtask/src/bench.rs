//! `cargo xtask bench`: everything in release, a Prometheus with the data of the benchmark, and the benchmark on it.
//! The measurements are in `tests/src/bench`.

use anyhow::Result;
use clap::Args;
use metric_testbed::{
    Dataset, Finder, Prometheus, PrometheusOptions, PrometheusRelease, PrometheusTools, Shape,
};

use crate::build::{self, HostProfile};
use crate::process;
use crate::progress::Task;
use crate::python_service;
use crate::workspace;

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Print one JSON object instead of the table
    #[arg(long)]
    json: bool,
    /// Measure only the rows whose name contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
}

pub(crate) fn run(arguments: &BenchArgs) -> Result<()> {
    let profile = HostProfile::Release;
    process::quiet(
        "Building the host and the benchmark in release",
        &mut profile.build(&["metric-host", "metric-bench"]),
    )?;
    build::plugin_quietly(profile)?;

    let servers = Finder::new();
    // Of different days: no row sees the data of another.
    let mut dataset = Dataset::generate(&Shape::bench());
    dataset.extend(Dataset::generate(&Shape::dashboard()));
    dataset.extend(Dataset::generate(&Shape::growth()));
    let task = Task::start("Starting Prometheus with 1.3 days of a hundred containers, and more");
    let server = start(servers.prometheus()?, &dataset)?;
    task.done();
    let latest = match servers.prometheus_release(PrometheusRelease::V3_5) {
        Ok(tools) => {
            let task = Task::start("Starting Prometheus 3.5 with the hundred containers");
            let latest = start(tools, &Dataset::generate(&Shape::dashboard()))?;
            task.done();
            Some(latest)
        }
        Err(missing) => {
            eprintln!("{missing}: no refresh on Prometheus 3.5");
            None
        }
    };

    let mut command = workspace::command(profile.executable("metric-bench"));
    command.args(["--address", &server.address()]);
    if let Some(latest) = &latest {
        command.args(["--latest-address", &latest.address()]);
    }
    command.arg("--plugin").arg(profile.plugin());
    command.arg("--host-executable").arg(profile.host());
    match python_service::python()? {
        Some(python) => {
            command.arg("--python").arg(python);
        }
        None => eprintln!(
            "Python 3.11 is missing (Debian: python3 and python3-venv): no rows against it"
        ),
    }
    command.args(arguments.json.then_some("--json"));
    if let Some(filter) = &arguments.filter {
        command.args(["--filter", filter]);
    }
    process::shown(&mut command)
}

fn start(tools: PrometheusTools, dataset: &Dataset) -> Result<Prometheus> {
    let options = PrometheusOptions {
        tools: Some(tools),
        ..PrometheusOptions::default()
    };
    Ok(Prometheus::start_with(options, dataset)?)
}

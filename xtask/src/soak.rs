//! `cargo xtask soak`: everything in release, and then callers, faults and restarts for as long as it says. The load,
//! and the promises that have to hold, are in `tests/src/soak`.

use anyhow::Result;
use clap::Args;
use metric_testbed::Finder;

use crate::build::{self, HostProfile};
use crate::process;
use crate::workspace;

#[derive(Debug, Args)]
pub(crate) struct SoakArgs {
    /// The length, in minutes
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// Callers at once
    #[arg(long, default_value_t = 64)]
    callers: usize,
    /// A caller's pause between two questions, in milliseconds
    #[arg(long, default_value_t = 200)]
    pause: u64,
    /// Ask over HTTP, too, beside clients that are slow or half open
    #[arg(long)]
    serve: bool,
}

pub(crate) fn run(arguments: &SoakArgs) -> Result<()> {
    let profile = HostProfile::Release;
    process::quiet(
        "Building the soak in release",
        &mut profile.build(&["metric-soak"]),
    )?;
    build::plugin_quietly(profile)?;
    let prometheus = Finder::new().prometheus()?.prometheus;
    process::shown(
        workspace::command(profile.executable("metric-soak"))
            .env("METRIC_PLUGIN", profile.plugin())
            .env("PROMETHEUS", prometheus)
            .args(["--minutes", &arguments.minutes.to_string()])
            .args(["--callers", &arguments.callers.to_string()])
            .args(["--pause", &arguments.pause.to_string()])
            .args(arguments.serve.then_some("--serve")),
    )
}

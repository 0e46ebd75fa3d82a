//! `cargo xtask freshness`: calls one after the other for as long as it says, while the kernel is made to move pages of
//! memory; none may see what another wrote. The calls, and what is looked for, are in
//! `host/core/src/sandbox/freshness_tests.rs`.

use std::fs::OpenOptions;

use anyhow::Result;
use clap::Args;

use crate::process;
use crate::workspace;

/// The file that makes the kernel move pages, for root on Linux.
const COMPACT: &str = "/proc/sys/vm/compact_memory";

#[derive(Debug, Args)]
pub(crate) struct FreshnessArgs {
    /// The length, in minutes
    #[arg(long, default_value_t = 5)]
    minutes: u64,
}

pub(crate) fn run(arguments: &FreshnessArgs) -> Result<()> {
    if let Err(error) = OpenOptions::new().write(true).open(COMPACT) {
        println!("skipped: {COMPACT} cannot be written to ({error}); it takes root, on Linux");
        return Ok(());
    }
    let seconds = 60 * arguments.minutes;
    process::shown(
        workspace::cargo()
            .args(["test", "--package", "metric-host", "--lib", "--"])
            .args(["freshness_tests::", "--nocapture"])
            .env("METRIC_FRESHNESS_SECONDS", seconds.to_string()),
    )
}

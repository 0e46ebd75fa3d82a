//! `cargo xtask hostile`: the hostile plugin of `tests/hostile`, which is a workspace of its own, built as the plugin
//! is. Its tests are in `tests/tests/hostile_plugins`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::process;
use crate::wasm_toolchain::{Choice, WasmToolchain};
use crate::workspace::{self, PLUGIN_PROFILE};

/// The file that its library becomes.
const FILE: &str = "metric_hostile.wasm";

#[derive(Debug, Args)]
pub(crate) struct HostileArgs {
    /// The toolchain that builds it
    #[arg(long, value_enum, default_value_t)]
    wasm_toolchain: Choice,
}

pub(crate) fn run(arguments: &HostileArgs) -> Result<()> {
    let toolchain = WasmToolchain::find(arguments.wasm_toolchain)?;
    let built = build(&toolchain)?;
    println!("{}", workspace::shown(&built));
    Ok(())
}

/// Builds it, and says where it is.
pub(crate) fn build(toolchain: &WasmToolchain) -> Result<PathBuf> {
    process::shown(&mut cargo(toolchain, "build"))?;
    Ok(built(toolchain))
}

/// The file once it was built.
pub(crate) fn built(toolchain: &WasmToolchain) -> PathBuf {
    toolchain.built(FILE)
}

/// Looks at it with clippy.
pub(crate) fn lint(toolchain: &WasmToolchain) -> Result<()> {
    process::shown(cargo(toolchain, "clippy").args(["--", "-D", "warnings"]))
}

/// Checks that it is formatted.
pub(crate) fn check_format() -> Result<()> {
    process::shown(
        workspace::cargo()
            .args(["fmt", "--check"])
            .current_dir(folder()),
    )
}

fn cargo(toolchain: &WasmToolchain, verb: &str) -> Command {
    let mut command = toolchain.cargo(verb);
    command
        .args(["--profile", PLUGIN_PROFILE, "--locked"])
        .current_dir(folder());
    command
}

fn folder() -> PathBuf {
    workspace::root().join("tests/hostile")
}

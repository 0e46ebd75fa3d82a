//! The same plugin, built with `cargo component`, for those who build theirs so. Installs the tool if it is missing.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::component::Component;
use crate::process::{self, sysroot};
use crate::wasm_toolchain::{WasmToolchain, add_target};
use crate::workspace::{self, PLUGIN_PROFILE, WASM_TARGET};

/// The version that was tried.
const VERSION: &str = "0.21.1";
/// cargo-component insists that this target is installed, whatever it builds for.
const INSISTED_TARGET: &str = "wasm32-wasip1";

/// Builds the plugin.
pub(crate) fn build(toolchain: &WasmToolchain) -> Result<()> {
    if !matches!(toolchain, WasmToolchain::Rustup { .. }) {
        bail!("cargo-component needs rustup's toolchain: leave `--wasm-toolchain debian` out");
    }
    if !sysroot(&mut workspace::command("rustc"))?
        .join("lib/rustlib")
        .join(INSISTED_TARGET)
        .is_dir()
    {
        add_target(INSISTED_TARGET)?;
    }
    let tool = find_or_install()?;
    // Called as cargo would call it: `cargo-component component build`.
    process::shown(
        workspace::command(tool)
            .args([
                "component",
                "build",
                "--package",
                Component::Service.package(),
                "--profile",
                PLUGIN_PROFILE,
            ])
            .args(["--target", WASM_TARGET]),
    )
}

fn find_or_install() -> Result<PathBuf> {
    let ours = workspace::tools().join("bin/cargo-component");
    if ours.is_file() {
        return Ok(ours);
    }
    if let Some(theirs) = workspace::on_path("cargo-component") {
        return Ok(theirs);
    }
    process::quiet(
        &format!("Installing cargo-component {VERSION}, which takes minutes"),
        workspace::cargo()
            .args(["install", "cargo-component", "--version", VERSION, "--locked", "--root"])
            .arg(workspace::tools()),
    )
    .with_context(|| format!("cargo-component is missing; run `cargo install cargo-component --version {VERSION} --locked`"))?;
    Ok(ours)
}

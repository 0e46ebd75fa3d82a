//! Cargo's subcommands that are not part of it: whether one is there, and building it where it is not.
//! The checks of the tools are not its concern.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::process;
use crate::workspace;

/// The executable of `cargo-NAME` of this version: one on PATH of any version, else one built into `target/tools`.
pub(crate) fn find_or_build(name: &str, version: &str) -> Result<PathBuf> {
    let program = format!("cargo-{name}");
    if let Some(found) = workspace::on_path(&program) {
        return Ok(found);
    }
    let built = workspace::tools().join("bin").join(&program);
    if !built.is_file() {
        process::quiet(
            &format!("Building {program} {version}"),
            workspace::cargo()
                .args([
                    "install",
                    &program,
                    "--version",
                    version,
                    "--locked",
                    "--root",
                ])
                .arg(workspace::tools()),
        )
        .with_context(|| format!("{program} is missing; run `cargo install {program}`"))?;
    }
    Ok(built)
}

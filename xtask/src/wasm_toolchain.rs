//! A compiler for the plugin: the toolchain that the repository names if it has, or can get, the wasm
//! target; Debian's packages otherwise.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, anyhow, bail};
use clap::ValueEnum;

use crate::debian::DebianToolchain;
use crate::linker::Linker;
use crate::process::{self, sysroot};
use crate::workspace::{self, PLUGIN_PROFILE, WASM_TARGET};

/// The choice of the toolchain that builds the plugin.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Choice {
    /// rustup's if it has or can get the target, else Debian's
    #[default]
    Auto,
    /// The repository's toolchain, with the target that rustup adds
    Rustup,
    /// Debian's rustc-web and cargo-web, with std from rust-web-src
    Debian,
}

/// A toolchain that was found to be there.
#[derive(Debug)]
pub(crate) enum WasmToolchain {
    /// The repository's, and the folder of the linker if the toolchain does not carry one.
    Rustup { linker: Option<Linker> },
    /// Debian's.
    Debian(DebianToolchain),
}

impl WasmToolchain {
    /// Finds it, or gets it. Says in one line what is missing if it cannot.
    pub(crate) fn find(choice: Choice) -> Result<Self> {
        match choice {
            Choice::Rustup => rustup(),
            Choice::Debian => DebianToolchain::find().map(Self::Debian),
            Choice::Auto => rustup().or_else(|reason| {
                eprintln!("{reason:#}; trying Debian's packages instead");
                DebianToolchain::find().map(Self::Debian)
            }),
        }
    }

    /// For the reader of the output.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Rustup { .. } => "rustup".to_owned(),
            Self::Debian(debian) => debian.name(),
        }
    }

    /// A cargo that builds for wasm. The caller adds the verb's arguments and the package.
    pub(crate) fn cargo(&self, verb: &str) -> Command {
        self.cargo_into(verb, &self.target())
    }

    /// The same, with a folder of the caller's for what is built.
    pub(crate) fn cargo_into(&self, verb: &str, target: &Path) -> Command {
        let mut command = match self {
            Self::Rustup { linker } => {
                let mut command = workspace::cargo();
                if let Some(linker) = linker {
                    linker.offer_to(&mut command);
                }
                command
            }
            Self::Debian(debian) => debian.cargo(),
        };
        command
            .args([verb, "--target", WASM_TARGET, "--target-dir"])
            .arg(target);
        if let Some(home) = workspace::cargo_home() {
            forget_path(&mut command, &home);
        }
        command
    }

    /// The place where it puts a component with this file name.
    pub(crate) fn built(&self, file: &str) -> PathBuf {
        built_in(&self.target(), file)
    }

    /// The folder that it builds in.
    pub(crate) fn target(&self) -> PathBuf {
        match self {
            Self::Rustup { .. } => workspace::target(),
            // A folder of its own: two compilers in one would build everything anew in turns.
            Self::Debian(_) => workspace::target().join("debian"),
        }
    }

    /// Returns true if clippy can look at the guest as it is built for wasm: Debian's compiler has no clippy.
    pub(crate) fn has_clippy(&self) -> bool {
        matches!(self, Self::Rustup { .. })
    }
}

/// The place where cargo puts a component with this file name, in a folder for what is built.
pub(crate) fn built_in(target: &Path, file: &str) -> PathBuf {
    target.join(WASM_TARGET).join(PLUGIN_PROFILE).join(file)
}

fn rustup() -> Result<WasmToolchain> {
    let sysroot = sysroot(&mut workspace::command("rustc"))?;
    if !has_target(&sysroot) {
        add_target(WASM_TARGET)?;
    }
    let linker = if Linker::in_sysroot(&sysroot).is_some() {
        None
    } else {
        Some(Linker::find()?)
    };
    Ok(WasmToolchain::Rustup { linker })
}

/// Adds a target to the repository's toolchain. A failure is told in one line, with what to do about it.
pub(crate) fn add_target(target: &str) -> Result<()> {
    if workspace::on_path("rustup").is_none() {
        bail!(
            "the target {target} is missing and there is no rustup to add it (https://rustup.rs)"
        );
    }
    process::quiet(
        &format!("Adding the target {target}"),
        workspace::command("rustup").args(["target", "add", target]),
    )
    .map_err(|error| {
        anyhow!(
            "the target {target} is missing and rustup could not add it ({}); run `rustup target add {target}`",
            complaint(&error.to_string())
        )
    })
}

/// Of all that rustup prints, what went wrong.
fn complaint(output: &str) -> &str {
    let said = output
        .lines()
        .find_map(|line| line.trim().strip_prefix("error: "));
    said.or_else(|| output.lines().next()).unwrap_or_default()
}

fn has_target(sysroot: &Path) -> bool {
    sysroot
        .join("lib/rustlib")
        .join(WASM_TARGET)
        .join("lib")
        .is_dir()
}

/// Keeps the folder of cargo's home out of what is built. The places that panics name are paths below it, and the
/// same sources have to give the same bytes on every machine.
pub(crate) fn forget_path(command: &mut Command, cargo_home: &Path) {
    let home = cargo_home.display();
    command.arg("--config").arg(format!(
        "target.{WASM_TARGET}.rustflags=['--remap-path-prefix={home}=/cargo']"
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_rustup_prints_the_error_is_told() {
        let output = "`rustup target add x` failed (exit status: 1):\ninfo: downloading\nerror: no server\n\nCaused by:";
        assert_eq!(complaint(output), "no server");
        assert_eq!(complaint("cannot run rustup"), "cannot run rustup");
    }
}

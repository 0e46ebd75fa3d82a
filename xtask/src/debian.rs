//! Debian's part: packages, which only root may install, and a compiler for the plugin. That is `rustc-web` and
//! `cargo-web`, which know the wasm target, with std built from `rust-web-src`: for machines that rustup's servers
//! cannot be reached from. They are newer than Debian's plain `rustc`.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, anyhow, bail};

use crate::linker::Linker;
use crate::process::{self, sysroot};
use crate::workspace;

const CARGO: &str = "/usr/bin/cargo";
const RUSTC: &str = "/usr/bin/rustc";
/// `lld` brings `wasm-ld`.
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/// Debian's compiler, found to be complete.
#[derive(Debug)]
pub(crate) struct DebianToolchain {
    version: String,
    linker: Linker,
}

impl DebianToolchain {
    /// Finds it. If it is not there and we are root, installs it; else says what to run.
    pub(crate) fn find() -> Result<Self> {
        match Self::present() {
            Ok(toolchain) => Ok(toolchain),
            Err(missing) if workspace::is_root() => {
                eprintln!("{missing:#}");
                install(&PACKAGES)?;
                Self::present()
            }
            Err(missing) => Err(missing.context(format!(
                "run `apt-get install {}` as root",
                PACKAGES.join(" ")
            ))),
        }
    }

    fn present() -> Result<Self> {
        if !Path::new(CARGO).is_file() || !Path::new(RUSTC).is_file() {
            bail!("Debian's rustc-web and cargo-web are not installed");
        }
        let mut rustc = clean(RUSTC);
        let version = process::output(rustc.arg("--version"))?;
        let version = version.split(' ').nth(1).unwrap_or_default().to_owned();
        if minor(&version) < minor(env!("CARGO_PKG_RUST_VERSION")) {
            bail!(
                "{RUSTC} is {version}, older than the {} that is needed",
                env!("CARGO_PKG_RUST_VERSION")
            );
        }
        let source = sysroot(&mut clean(RUSTC))?.join("lib/rustlib/src/rust/library/std");
        if !source.is_dir() {
            bail!("Debian's rust-web-src is not installed");
        }
        let linker = Linker::find()?;
        if !linker.has_wasm_ld() {
            bail!("Debian's lld, which has wasm-ld, is not installed");
        }
        Ok(Self { version, linker })
    }

    pub(crate) fn name(&self) -> String {
        format!("debian (rustc-web {}, std from rust-web-src)", self.version)
    }

    /// A cargo that builds std along.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = clean(CARGO);
        self.linker.offer_to(&mut command);
        command
            .env("RUSTC", RUSTC)
            // `build-std` is unstable; Debian's compiler is a stable one.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
        command
    }
}

/// A program of Debian's, without what rustup's proxies left in the environment.
fn clean(program: &str) -> Command {
    let mut command = workspace::command(program);
    for variable in [
        "RUSTUP_TOOLCHAIN",
        "RUSTC",
        "RUSTDOC",
        "RUSTC_WRAPPER",
        "LD_LIBRARY_PATH",
    ] {
        command.env_remove(variable);
    }
    command
}

/// The `95` of `1.95.0`.
fn minor(version: &str) -> u32 {
    version
        .split('.')
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}

/// Installs packages, after an update of the package lists if it takes one.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let apt_get = |arguments: &[&str]| {
        let mut command = workspace::command("apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(arguments);
        command
    };
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(packages);
    let title = format!("Installing {}", packages.join(", "));
    process::quiet(&title, &mut apt_get(&arguments))
        .or_else(|_| {
            // The package lists may be absent, or name versions that are gone.
            process::quiet("Updating the package lists", &mut apt_get(&["update"]))?;
            process::quiet(&title, &mut apt_get(&arguments))
        })
        .map_err(|error| {
            anyhow!(
                "`apt-get install {}` failed: {}",
                packages.join(" "),
                complaint(&error.to_string())
            )
        })
}

/// Of all that apt prints, what went wrong.
fn complaint(output: &str) -> &str {
    let said = output.lines().find_map(|line| line.strip_prefix("E: "));
    said.or_else(|| output.lines().next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(minor("1.100.0") > minor("1.95"));
        assert_eq!(minor("unknown"), 0);
    }

    #[test]
    fn of_what_apt_prints_the_error_is_told() {
        let output =
            "`apt-get install` failed:\nReading package lists...\nE: Unable to locate package lld";
        assert_eq!(complaint(output), "Unable to locate package lld");
    }
}

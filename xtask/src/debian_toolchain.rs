//! Debian's `rustc-web` and `cargo-web`, which know the wasm target, with std built from `rust-web-src`: for
//! machines that rustup's servers cannot be reached from. They are newer than Debian's plain `rustc`.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::apt;
use crate::linker::Linker;
use crate::process;
use crate::wasm_toolchain::sysroot;
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
                apt::install(&PACKAGES)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(minor("1.100.0") > minor("1.95"));
        assert_eq!(minor("unknown"), 0);
    }
}

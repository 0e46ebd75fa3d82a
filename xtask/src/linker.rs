//! `wasm-component-ld`, which turns what rustc emits into a component, and the `wasm-ld` that it calls.
//! Finds them or builds the first; which compiler calls them is not its concern.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process;
use crate::workspace;

const PROGRAM: &str = "wasm-component-ld";

/// Folders to be searched for the linker, before PATH.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Linker {
    folders: Vec<PathBuf>,
}

impl Linker {
    /// The one that a rustup toolchain carries, with its `wasm-ld`.
    pub(crate) fn in_sysroot(sysroot: &Path) -> Option<Self> {
        let rustlib = sysroot.join("lib/rustlib").read_dir().ok()?;
        rustlib
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .find(|bin| bin.join(PROGRAM).is_file())
            .map(|bin| Self {
                folders: vec![bin.join("gcc-ld"), bin],
            })
    }

    /// Any that is there: a rustup toolchain's, on PATH, built earlier; else builds it.
    pub(crate) fn find() -> Result<Self> {
        if let Some(linker) = Self::in_rustup() {
            return Ok(linker);
        }
        if workspace::on_path(PROGRAM).is_some() {
            return Ok(Self {
                folders: Vec::new(),
            });
        }
        let built = workspace::tools().join("bin");
        if !built.join(PROGRAM).is_file() {
            process::quiet(
                "Building wasm-component-ld",
                workspace::cargo().args(["install", PROGRAM, "--locked", "--root"]).arg(workspace::tools()),
            )
            .with_context(|| {
                format!("{PROGRAM} is missing; run `cargo install {PROGRAM}`, or install Rust with rustup")
            })?;
        }
        Ok(Self {
            folders: vec![built],
        })
    }

    /// Any of rustup's toolchains: linkers of different versions do the same here.
    fn in_rustup() -> Option<Self> {
        let home = std::env::var_os("RUSTUP_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".rustup")))?;
        home.join("toolchains")
            .read_dir()
            .ok()?
            .find_map(|toolchain| Self::in_sysroot(&toolchain.ok()?.path()))
    }

    /// Returns true if a `wasm-ld` is there for it to call.
    pub(crate) fn has_wasm_ld(&self) -> bool {
        self.folders
            .iter()
            .any(|folder| folder.join("wasm-ld").is_file())
            || workspace::on_path("wasm-ld").is_some()
    }

    /// Lets a command find it.
    pub(crate) fn offer_to(&self, command: &mut Command) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = self
            .folders
            .iter()
            .cloned()
            .chain(std::env::split_paths(&path));
        if let Ok(path) = std::env::join_paths(folders) {
            command.env("PATH", path);
        }
    }
}

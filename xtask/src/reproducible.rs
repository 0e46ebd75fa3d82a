//! The check that the plugin's build is reproducible: its sources in another folder, with cargo's home elsewhere, have
//! to give the same bytes. The inputs of the build are not its concern.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::component::Component;
use crate::process;
use crate::wasm_toolchain::{WasmToolchain, built_in, forget_path};
use crate::workspace::{self, PLUGIN_PROFILE};

/// Builds the plugin a second time and compares it with the first, which has to be there.
pub(crate) fn check(toolchain: &WasmToolchain) -> Result<()> {
    let elsewhere = tempfile::Builder::new().prefix("elsewhere").tempdir()?;
    let sources = elsewhere.path().join("sources");
    copy_sources(&sources)?;
    let home = elsewhere.path().join("cargo-home");
    let real = workspace::cargo_home().context("neither CARGO_HOME nor HOME is set")?;
    symlink(real, &home)?;

    let target = elsewhere.path().join("target");
    let mut build = toolchain.cargo_into("build", &target);
    forget_path(&mut build, &home);
    build
        .args([
            "--locked",
            "--package",
            Component::Service.package(),
            "--profile",
            PLUGIN_PROFILE,
        ])
        .env("CARGO_HOME", &home)
        .current_dir(&sources);
    process::quiet("Building the plugin in another folder", &mut build)?;

    let file = Component::Service.file();
    let first = read(&toolchain.built(file))?;
    let second = read(&built_in(&target, file))?;
    are_the_same(&first, &second)?;
    println!("{} bytes, the same from two folders", first.len());
    Ok(())
}

fn are_the_same(first: &[u8], second: &[u8]) -> Result<()> {
    ensure!(
        first == second,
        "the plugin depends on where it is built: {}",
        difference(first, second)
    );
    Ok(())
}

/// All that git knows of, as it stands in the work tree.
pub(crate) fn copy_sources(to: &Path) -> Result<()> {
    let files = process::output(workspace::command("git").args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    for file in files.lines().map(Path::new) {
        let from = workspace::root().join(file);
        // Deleted, and not yet committed.
        if !from.is_file() {
            continue;
        }
        let to = to.join(file);
        fs::create_dir_all(to.parent().unwrap_or(&to))?;
        fs::copy(from, to)?;
    }
    Ok(())
}

fn read(path: &PathBuf) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} was not built", workspace::shown(path)))
}

fn difference(first: &[u8], second: &[u8]) -> String {
    let at = first.iter().zip(second).position(|(a, b)| a != b);
    format!(
        "{} and {} bytes, different from byte {}",
        first.len(),
        second.len(),
        at.unwrap_or_else(|| first.len().min(second.len()))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_that_differ_in_a_byte_are_refused() {
        are_the_same(b"abcd", b"abcd").unwrap();
        for other in [&b"abxd"[..], b"ab"] {
            let error = are_the_same(b"abcd", other).unwrap_err().to_string();
            assert!(error.ends_with("byte 2"), "{error}");
        }
    }
}

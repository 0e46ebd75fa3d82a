//! The plugin and the codec against worlds that say their imports too, as `wasm-tools component targets` asks: the
//! contract's own say what a component exports, and leave the imports to the bindings.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use metric_tests::{codec_file, plugin_file};
use serde_json::Value;
use wit_parser::Resolve;

/// All that a plugin may import, in the version of the guest's bindings.
const IMPORTS: [&str; 6] = [
    "wasi:io/error@0.2.12",
    "wasi:io/poll@0.2.12",
    "wasi:io/streams@0.2.12",
    "wasi:http/types@0.2.12",
    "wasi:http/outgoing-handler@0.2.12",
    "wasi:clocks/monotonic-clock@0.2.12",
];

fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(path)
}

/// The text of WASI that the guest's bindings are made from, in the folder of their crate: nothing of it is copied here.
fn wasi() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(["--filter-platform", "wasm32-unknown-unknown"])
        .arg("--manifest-path")
        .arg(repository("Cargo.toml"))
        .output()?;
    ensure!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata
        .get("packages")
        .and_then(serde_json::Value::as_array)
        .context("no packages")?;
    let bindings = packages
        .iter()
        .find(|package| package["name"] == "wasip2")
        .context("the guest has other bindings than wasip2")?;
    let manifest = bindings["manifest_path"].as_str().context("no path")?;
    Ok(PathBuf::from(manifest).with_file_name("wit"))
}

/// Checks that a component targets the contract's world of that name, with these imports besides.
fn targets(component: &Path, world: &str, imports: &[&str]) -> Result<()> {
    let mut resolve = Resolve::default();
    resolve.push_dir(wasi()?)?;
    resolve.push_dir(repository("wit"))?;
    let imports: String = imports
        .iter()
        .map(|name| format!("    import {name};\n"))
        .collect();
    let text = format!(
        "package test:targets;\nworld complete {{\n{imports}    include backendai:metric/{world}@0.2.0;\n}}\n"
    );
    let package = resolve.push_str("complete.wit", &text)?;
    let world = resolve.select_world(&[package], Some("complete"))?;
    let component = std::fs::read(component).with_context(|| component.display().to_string())?;
    wit_component::targets(&resolve, world, &component)
}

#[test]
fn the_plugin_targets_a_world_that_says_its_imports() {
    targets(&plugin_file(), "metric-plugin-decisions", &IMPORTS).unwrap();
}

#[test]
fn the_codec_targets_a_world_without_imports() {
    targets(&codec_file(), "metric-codec-decisions", &[]).unwrap();
}

#[test]
fn a_plugin_that_imports_more_than_its_world_says_does_not_target_it() {
    // The others are drawn in by the types of `wasi:http`.
    let but_one = IMPORTS.map(|name| name.replace("outgoing-handler", "types"));
    let but_one: BTreeSet<&str> = but_one.iter().map(String::as_str).collect();
    let but_one: Vec<&str> = but_one.into_iter().collect();
    let refused = targets(&plugin_file(), "metric-plugin-decisions", &but_one).unwrap_err();
    assert!(
        format!("{refused:#}").contains("outgoing-handler"),
        "{refused:#}"
    );
}

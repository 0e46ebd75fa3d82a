//! The parts of components and command line: a CycloneDX document each, by `cargo cyclonedx`, with every crate that
//! goes in, its version, licence, source and hash. They list what cargo resolves for all of the workspace, macros
//! included: rather a crate too many than one too few. Build scripts are left out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::Draft;
use crate::cargo_tool;
use crate::process;
use crate::reproducible::copy_sources;
use crate::workspace::{self, WASM_TARGET};

const VERSION: &str = "0.5.9";

/// The documents: what is described, for which target, and where the tool leaves it.
const DOCUMENTS: [(&str, Target, &str); 4] = [
    ("metric_service", Target::Wasm, "guest/metric-guest"),
    ("metric_codec", Target::Wasm, "guest/codec/metric-codec"),
    ("metric_http", Target::Wasm, "guest/http/metric-http"),
    ("metric-host", Target::Host, "host/cli/metric-host-cli"),
];

#[derive(Clone, Copy, Eq, PartialEq)]
enum Target {
    Wasm,
    Host,
}

/// The documents' files.
pub(super) fn files() -> impl Iterator<Item = String> {
    DOCUMENTS.into_iter().map(|(name, ..)| file(name))
}

fn file(name: &str) -> String {
    format!("{name}.cdx.json")
}

/// The reason why the tool cannot be had; none: it is there.
pub(super) fn missing() -> Option<String> {
    tool().err().map(|error| error.to_string())
}

fn tool() -> Result<PathBuf> {
    cargo_tool::find_or_build("cyclonedx", VERSION)
}

/// Writes them. The tool leaves a document beside each manifest, so it is given a copy of the sources.
pub(super) fn all(draft: &Draft<'_>) -> Result<()> {
    let tool = tool()?;
    let elsewhere = tempfile::tempdir()?;
    let sources = elsewhere.path().join("sources");
    copy_sources(&sources)?;
    for target in [Target::Wasm, Target::Host] {
        let mut describe = workspace::command(&tool);
        describe
            .args(["cyclonedx", "--format", "json", "--no-build-deps"])
            .args(["--spec-version", "1.5", "--quiet"])
            .args(
                (target == Target::Wasm)
                    .then_some(["--target", WASM_TARGET])
                    .into_iter()
                    .flatten(),
            )
            .current_dir(&sources);
        if std::env::var_os("SOURCE_DATE_EPOCH").is_none() {
            // Of the same sources the same document; the wheel has this time too, the first that a zip file knows.
            describe.env("SOURCE_DATE_EPOCH", "315532800");
        }
        process::quiet("Listing what goes in", &mut describe)?;
        for (name, _, left_at) in DOCUMENTS.iter().filter(|(_, of, _)| *of == target) {
            let document = fs::read_to_string(sources.join(format!("{left_at}.cdx.json")))
                .with_context(|| format!("cargo cyclonedx left no document on {left_at}"))?;
            fs::write(draft.file(&file(name)), without_place(&document, &sources))?;
        }
    }
    Ok(())
}

/// The document without the folder of the sources, which is nobody's concern.
fn without_place(document: &str, sources: &Path) -> String {
    document.replace(&sources.display().to_string(), "")
}

/// Checks that a document lists something, and nothing by a path of this machine.
pub(super) fn check(document: &str) -> Result<()> {
    let read: Value = serde_json::from_str(document)?;
    ensure!(
        read.get("bomFormat")
            .is_some_and(|format| format == "CycloneDX"),
        "it is no CycloneDX document"
    );
    let components = read.get("components").and_then(Value::as_array);
    let components = components.map_or(0, Vec::len);
    ensure!(components > 0, "it lists nothing");
    for place in [workspace::root(), std::env::temp_dir()] {
        let place = place.display().to_string();
        ensure!(
            !document.contains(&place),
            "it names a folder of this machine, {place}"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_one_of_cyclonedx_and_names_no_folder_of_the_machine() {
        let sources = std::env::temp_dir().join("x/sources");
        let document = format!(
            r#"{{"bomFormat":"CycloneDX","components":[{{"bom-ref":"path+file://{}/guest"}}]}}"#,
            sources.display()
        );
        let error = check(&document).unwrap_err().to_string();
        assert!(error.starts_with("it names a folder"), "{error}");
        let document = without_place(&document, &sources);
        assert!(document.contains("path+file:///guest"), "{document}");
        check(&document).unwrap();
        for wrong in [r#"{"bomFormat":"CycloneDX","components":[]}"#, "{}"] {
            check(wrong).unwrap_err();
        }
    }
}

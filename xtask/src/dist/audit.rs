//! The crates that a component is made of, told by the component itself: the section `.dep-v0` that `cargo auditable`
//! has linked into the core module. `cargo audit bin` and other scanners look it up, without a document beside it.
//! Components are composed, pushed and pulled with it; `wasm-tools strip` takes it away.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use flate2::read::ZlibDecoder;
use serde::Deserialize;
use wasmparser::{Parser, Payload};

use super::Draft;
use crate::build;
use crate::cargo_tool;
use crate::component::Component;
use crate::server;
use crate::wasm_toolchain::WasmToolchain;
use crate::workspace;

const VERSION: &str = "0.7.7";
const SECTION: &str = ".dep-v0";
/// The longest list that is read, unpacked. Ours have some 10 kB.
const LONGEST: u64 = 1 << 20;

/// Why the tool cannot be had; none: it is there.
pub(super) fn missing() -> Option<String> {
    tool().err().map(|error| error.to_string())
}

fn tool() -> Result<PathBuf> {
    cargo_tool::find_or_build("auditable", VERSION)
}

/// The command that builds all components, with their lists inside: the one that builds them, behind the tool.
pub(super) fn build(toolchain: &WasmToolchain) -> Result<Command> {
    let plain = build::command(toolchain, &Component::ALL);
    let mut command = workspace::command(tool()?);
    // As cargo would call it, whichever cargo that is.
    command.arg("auditable").args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("CARGO", plain.get_program());
    Ok(command)
}

/// Looks for the list of each component, and for both in the one that is composed of two.
pub(super) fn check(draft: &Draft<'_>) -> Result<()> {
    let of = |file: &str| roots(&std::fs::read(draft.file(file))?).with_context(|| file.to_owned());
    for component in Component::ALL {
        let told = of(component.file())?;
        ensure!(
            told == [component.package()],
            "{} tells the crates of {told:?}",
            component.file()
        );
    }
    let mut told = of(server::FILE)?;
    told.sort_unstable();
    ensure!(
        told == [Component::Service.package(), Component::Front.package()],
        "{} tells the crates of {told:?}",
        server::FILE
    );
    Ok(())
}

/// A list, as far as it is looked at.
#[derive(Deserialize)]
struct List {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    root: bool,
}

/// The packages whose crates a component tells, one for each list.
fn roots(component: &[u8]) -> Result<Vec<String>> {
    let mut roots = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        if let Payload::CustomSection(section) = payload?
            && section.name() == SECTION
        {
            let list: List =
                serde_json::from_reader(ZlibDecoder::new(section.data()).take(LONGEST))
                    .with_context(|| format!("the section {SECTION} is no list of crates"))?;
            let root = list.packages.into_iter().find(|package| package.root);
            roots.push(root.context("a list of crates says not whose it is")?.name);
        }
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use wasm_encoder::{Component as Encoded, CustomSection, Module, ModuleSection};

    use super::*;

    /// A component of one module with such a section.
    fn component(list: &[u8]) -> Vec<u8> {
        let mut module = Module::new();
        module.section(&CustomSection {
            name: Cow::Borrowed(SECTION),
            data: Cow::Borrowed(list),
        });
        let mut component = Encoded::new();
        component.section(&ModuleSection(&module));
        component.finish()
    }

    fn packed(text: &str) -> Vec<u8> {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn the_list_is_found_inside_the_core_module() {
        let list = packed(
            r#"{"packages":[{"name":"serde","version":"1.0.0","source":"crates.io"},
                {"name":"metric-guest","version":"0.1.0","source":"local","dependencies":[0],"root":true}]}"#,
        );
        assert_eq!(roots(&component(&list)).unwrap(), ["metric-guest"]);
        assert_eq!(
            roots(&Encoded::new().finish()).unwrap(),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_section_that_is_no_list_is_refused() {
        for list in [
            &b"plain text"[..],
            &packed(r#"{"packages":[]}"#),
            &packed("[]"),
        ] {
            roots(&component(list)).unwrap_err();
        }
    }
}

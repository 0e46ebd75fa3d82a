//! The contract as a WIT package, the file that `wkg wit build` makes of `wit/`: the text with its comments, encoded as
//! a component without code.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use wit_component::DecodedWasm;
use wit_parser::{PackageId, Resolve};

use super::Draft;
use crate::workspace;

/// The text.
fn source() -> PathBuf {
    workspace::root().join("wit")
}

fn parsed() -> Result<(Resolve, PackageId)> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(source())?;
    Ok((resolve, package))
}

/// The package's file: `backendai_metric-0.2.0.wasm`.
pub(super) fn file() -> Result<String> {
    let (resolve, package) = parsed()?;
    let name = &resolve
        .packages
        .get(package)
        .context("the text has a package")?
        .name;
    let version = name.version.as_ref().context("the package has a version")?;
    Ok(format!("{}_{}-{version}.wasm", name.namespace, name.name))
}

/// Writes it.
pub(super) fn package(draft: &Draft<'_>) -> Result<()> {
    let (resolve, package) = parsed()?;
    let bytes = wit_component::encode(&resolve, package)?;
    Ok(fs::write(draft.file(&file()?), bytes)?)
}

/// Reads it back: the same package with the same interfaces and worlds.
pub(super) fn check(bytes: &[u8]) -> Result<()> {
    let DecodedWasm::WitPackage(decoded, found) = wit_component::decode(bytes)? else {
        anyhow::bail!("the WIT package is a component with code");
    };
    let (resolve, package) = parsed()?;
    let told = outline(&resolve, package)?;
    ensure!(
        outline(&decoded, found)? == told,
        "the WIT package is not that of wit/: {told:?} was to be found"
    );
    Ok(())
}

/// The package's name, and those of its interfaces and worlds with their comments.
fn outline(resolve: &Resolve, package: PackageId) -> Result<Vec<String>> {
    let package = resolve
        .packages
        .get(package)
        .context("the package is there")?;
    let mut names = vec![package.name.to_string()];
    for (name, interface) in &package.interfaces {
        let docs = resolve
            .interfaces
            .get(*interface)
            .and_then(|it| it.docs.contents.clone());
        names.push(format!("{name}: {docs:?}"));
    }
    for (name, world) in &package.worlds {
        let docs = resolve
            .worlds
            .get(*world)
            .and_then(|it| it.docs.contents.clone());
        names.push(format!("{name}: {docs:?}"));
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_is_encoded_and_read_back_with_its_comments() {
        let (resolve, package) = parsed().unwrap();
        let bytes = wit_component::encode(&resolve, package).unwrap();
        check(&bytes).unwrap();
        let outline = outline(&resolve, package).unwrap();
        assert!(
            outline
                .iter()
                .any(|line| line.starts_with("metric-plugin: Some(\"What a plugin"))
        );

        let mut other = Resolve::default();
        let package = other
            .push_str("x.wit", "package backendai:metric@0.2.0; world w {}")
            .unwrap();
        let bytes = wit_component::encode(&other, package).unwrap();
        let error = check(&bytes).unwrap_err().to_string();
        assert!(
            error.starts_with("the WIT package is not that of wit/"),
            "{error}"
        );
    }
}

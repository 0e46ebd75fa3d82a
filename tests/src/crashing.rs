//! A plugin of the contract's world whose every function crashes.

use std::path::Path;

use anyhow::Result;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

/// Such a component.
///
/// # Errors
/// Fails if the contract cannot be read.
pub fn crashing_plugin() -> Result<Vec<u8>> {
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(&contract)?;
    let world = resolve.select_world(&[package], Some("metric-plugin-full"))?;
    let mangling = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
    let mut module = dummy_module(&resolve, world, mangling);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default()
        .validate(true)
        .module(&module)?
        .encode()
}

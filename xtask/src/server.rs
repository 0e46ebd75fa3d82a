//! `metric_server.wasm`: the front and the plugin composed into one component, for platforms that run one. What it answers
//! is the front's concern.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use wasm_compose::graph::{Component as Part, CompositionGraph, EncodeOptions};
use wasmparser::Validator;

use crate::build::{HostProfile, put};
use crate::component::Component;

/// The interface by which the front asks the plugin.
const INTERFACE: &str = "backendai:metric/json@0.2.0";

/// Where it is, beside the components that it is made of.
pub(crate) fn file(profile: HostProfile) -> PathBuf {
    profile.plugin().with_file_name("metric_server.wasm")
}

/// Composes it of the components beside the host, and says where it is.
pub(crate) fn compose(profile: HostProfile) -> Result<PathBuf> {
    let front = profile.component(Component::Front);
    let bytes =
        composed(&front, &profile.plugin()).context("cannot compose the front and the plugin")?;
    let file = file(profile);
    put(&bytes, &file)?;
    Ok(file)
}

fn composed(front: &Path, plugin: &Path) -> Result<Vec<u8>> {
    let mut validator = Validator::new();
    let front = Part::from_file(&mut validator, "front", front)?;
    let plugin = Part::from_file(&mut validator, "plugin", plugin)?;
    let import = front.import_by_name(INTERFACE);
    let (import, _) = import.with_context(|| format!("the front does not import {INTERFACE}"))?;
    let export = plugin.export_by_name(INTERFACE);
    let (export, ..) = export.with_context(|| format!("the plugin does not export {INTERFACE}"))?;

    let mut graph = CompositionGraph::new();
    let (front, plugin) = (graph.add_component(front)?, graph.add_component(plugin)?);
    let (front, plugin) = (graph.instantiate(front)?, graph.instantiate(plugin)?);
    graph.connect(plugin, Some(export), front, import)?;
    graph.encode(EncodeOptions {
        define_components: true,
        export: Some(front),
        validate: true,
    })
}

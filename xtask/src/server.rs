//! `metric_server.wasm`: the front and the plugin composed into one component, for platforms that run one. Its answers
//! are the front's concern.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use wasm_compose::graph::{Component as Part, CompositionGraph, EncodeOptions};
use wasmparser::Validator;

use crate::build::put;
use crate::component::Component;

/// The interface by which the front asks the plugin.
const INTERFACE: &str = "backendai:metric/json@0.2.0";

/// Its file name, beside the components that it is made of.
pub(crate) const FILE: &str = "metric_server.wasm";

/// Composes it of the components in a folder, and says where it is.
pub(crate) fn compose(folder: &Path) -> Result<PathBuf> {
    let [front, plugin] =
        [Component::Front, Component::Service].map(|part| folder.join(part.file()));
    let bytes = composed(&front, &plugin).context("cannot compose the front and the plugin")?;
    let file = folder.join(FILE);
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

#[cfg(test)]
mod tests {
    use super::*;

    const FRONT: &str = r#"(component
        (import "backendai:metric/json@0.2.0" (instance (export "call" (func (param "verb" string) (result string)))))
        (import "other:thing/left@0.1.0" (instance)))"#;
    const PLUGIN: &str = r#"(component
        (import "backendai:metric/json@0.2.0" (instance $json (export "call" (func (param "verb" string) (result string)))))
        (export "backendai:metric/json@0.2.0" (instance $json)))"#;

    fn composed_of(front: &str, plugin: &str) -> Result<Vec<u8>> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join(Component::Front.file()), front)?;
        std::fs::write(folder.path().join(Component::Service.file()), plugin)?;
        let file = compose(folder.path())?;
        assert_eq!(file, folder.path().join(FILE));
        Ok(std::fs::read(file)?)
    }

    #[test]
    fn what_the_front_imports_besides_the_plugin_stays_an_import() {
        let bytes = composed_of(FRONT, PLUGIN).unwrap();
        let whole = Part::from_bytes(&mut Validator::new(), "whole", bytes).unwrap();
        assert!(whole.import_by_name("other:thing/left@0.1.0").is_some());
    }

    #[test]
    fn parts_that_do_not_fit_are_refused_by_the_interface_that_is_missing() {
        for (front, plugin) in [(FRONT, "(component)"), ("(component)", PLUGIN)] {
            let error = composed_of(front, plugin).unwrap_err();
            assert!(format!("{error:#}").ends_with(INTERFACE), "{error:#}");
        }
    }
}

//! Inspection of a plugin's imports and exports, read off its bytes before anything is compiled.
//!
//! Looks at names only; wasmtime compares the types behind them when it links.

use wasmparser::{Parser, Payload};

use super::{error::LoadError, metadata::PluginMetadata};
use crate::contract::{error::BoxError, names::World};

impl World {
    /// The interfaces that a component of it may import. Of WASI any 0.2, as patch releases only add.
    const fn granted(self) -> &'static [&'static str] {
        match self {
            Self::PluginDecisions | Self::PluginInsight | Self::PluginFull | Self::Plugin => &[
                "wasi:io/error@0.2.0",
                "wasi:io/poll@0.2.0",
                "wasi:io/streams@0.2.0",
                "wasi:clocks/monotonic-clock@0.2.0",
                "wasi:http/types@0.2.0",
                "wasi:http/outgoing-handler@0.2.0",
            ],
            Self::CodecDecisions | Self::CodecFull | Self::Codec => &[],
        }
    }

    /// The largest world whose exports are all there, by name.
    pub fn of(description: &PluginDescription) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|world| world.missing(description).is_empty())
    }

    /// The exports that a component lacks.
    fn missing(self, description: &PluginDescription) -> Vec<String> {
        self.exports()
            .iter()
            .filter(|wanted| !description.exports.iter().any(|e| serves(e, wanted)))
            .map(|&wanted| wanted.to_owned())
            .collect()
    }

    /// The imports that a component asks for and is not given.
    fn refused(self, description: &PluginDescription) -> Vec<String> {
        description
            .imports
            .iter()
            .filter(|import| !self.granted().iter().any(|granted| serves(import, granted)))
            .cloned()
            .collect()
    }

    /// The exports are there by name, and differ in what stands behind.
    pub(crate) fn refuse(self, difference: impl Into<BoxError>) -> LoadError {
        LoadError::WrongWorld {
            world: self.name(),
            source: difference.into(),
        }
    }
}

/// The imports, exports, size, world and metadata of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct PluginDescription {
    /// Its imports, by full name, in its own order.
    pub imports: Vec<String>,
    /// Its exports, by full name, in its own order.
    pub exports: Vec<String>,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// `backendai:metric/metric-plugin-decisions@0.2.0`, `…/metric-plugin-full@0.2.0`, `…/metric-plugin@0.2.0`, `…/metric-codec-full@0.2.0` or
    /// `…/metric-codec@0.2.0`: the largest whose exports it all has. None: none of them.
    pub world: Option<String>,
    /// The metadata in the file.
    pub metadata: PluginMetadata,
}

impl PluginDescription {
    /// Describes a plugin without compiling it, also one that would not be loaded.
    ///
    /// # Errors
    /// [`LoadError::NotAComponent`] and [`LoadError::Damaged`].
    pub fn of(bytes: &[u8]) -> Result<Self, LoadError> {
        check_kind(bytes)?;
        let mut description = Self {
            imports: Vec::new(),
            exports: Vec::new(),
            size_bytes: bytes.len() as u64,
            world: None,
            metadata: PluginMetadata::default(),
        };
        // Modules and components are nested; only what the outermost component says counts.
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(|e| damaged(&e))? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(imports) if depth == 0 => {
                    for import in imports {
                        let import = import.map_err(|e| damaged(&e))?;
                        description.imports.push(import.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(exports) if depth == 0 => {
                    for export in exports {
                        let export = export.map_err(|e| damaged(&e))?;
                        description.exports.push(export.name.name.to_owned());
                    }
                }
                Payload::CustomSection(section) if depth == 0 => description.metadata.see(&section),
                _ => {}
            }
        }
        description.world = World::of(&description).map(|world| world.name().to_owned());
        Ok(description)
    }

    /// Returns true if it is to be loaded with [`Host::load`](crate::Host::load); one that offers the verbs without I/O
    /// alone is a matter of [`Host::load_codec`](crate::Host::load_codec).
    pub fn has_io(&self) -> bool {
        World::of(self).is_none_or(World::has_io)
    }
}

/// Refuses a component that asks for what is not granted, or lacks what the world asks for.
pub(crate) fn check(description: &PluginDescription, world: World) -> Result<(), LoadError> {
    check_imports(description, world)?;
    let missing = world.missing(description);
    if !missing.is_empty() {
        return Err(LoadError::MissingExports {
            world: world.name(),
            missing,
        });
    }
    Ok(())
}

/// Refuses a component that asks for what is not granted.
pub fn check_imports(description: &PluginDescription, world: World) -> Result<(), LoadError> {
    let refused = world.refused(description);
    if refused.is_empty() {
        return Ok(());
    }
    Err(LoadError::RefusedImports {
        refused,
        granted: world.granted(),
    })
}

/// Returns true if two names mean the same interface in compatible versions. Below 1.0 these are the ones that differ
/// in the patch only, as in wasmtime's linker.
fn serves(name: &str, wanted: &str) -> bool {
    fn split(name: &str) -> Option<(&str, &str)> {
        let (interface, version) = name.split_once('@')?;
        let (track, patch) = version.rsplit_once('.')?;
        let known = track.starts_with("0.") && patch.bytes().all(|b| b.is_ascii_digit());
        (known && !patch.is_empty()).then(|| name.split_at(interface.len() + 1 + track.len()))
    }
    match (split(name), split(wanted)) {
        (Some((name, _)), Some((wanted, _))) => name == wanted,
        _ => false,
    }
}

/// The first eight bytes tell a component from everything else.
fn check_kind(bytes: &[u8]) -> Result<(), LoadError> {
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
    const MODULE: &[u8] = b"\0asm\x01\0\0\0";
    if bytes.starts_with(COMPONENT) {
        return Ok(());
    }
    let found = if bytes.is_empty() {
        "an empty file".to_owned()
    } else if bytes.starts_with(MODULE) {
        "a core module (`wasm-tools component new` makes a component of it)".to_owned()
    } else if COMPONENT.starts_with(bytes) {
        format!("a file of {} bytes, cut off", bytes.len())
    } else if bytes.starts_with(b"\0asm") {
        "WebAssembly of another version".to_owned()
    } else if bytes.starts_with(b"\x7fELF") {
        "machine code (ELF), perhaps a component that is compiled already".to_owned()
    } else {
        text(bytes).unwrap_or_else(|| {
            let head: Vec<_> = bytes.iter().take(8).map(|b| format!("{b:02x}")).collect();
            format!("bytes that begin with {}", head.join(" "))
        })
    };
    Err(LoadError::NotAComponent { found })
}

/// A description of the bytes as text, if they are text.
fn text(bytes: &[u8]) -> Option<String> {
    let head = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => return None,
    }
    .trim_start();
    if head.contains('\0') {
        return None;
    }
    if head.starts_with("(component") || head.starts_with("(module") || head.starts_with(";;") {
        return Some("WebAssembly as text (`wasm-tools parse` makes the binary of it)".to_owned());
    }
    let head: String = head.chars().take(24).collect();
    Some(format!("text that begins with {head:?}"))
}

fn damaged(error: &wasmparser::BinaryReaderError) -> LoadError {
    LoadError::Damaged {
        offset: error.offset() as u64,
        reason: error.message().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::names::{DISCOVERY, INSIGHT, JSON, JSON_CODEC, RANGE_SERVICE};
    use metric_test_plugins::{TestPlugin, plugin};

    fn found(bytes: &[u8]) -> String {
        match PluginDescription::of(bytes) {
            Err(LoadError::NotAComponent { found }) => found,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_no_component_is_named() {
        for (bytes, name) in [
            (&b""[..], "an empty file"),
            (b"\0asm\x01\0\0\0", "a core module"),
            (b"\0asm", "4 bytes, cut off"),
            (b"\0asm\x0e\0\x01\0", "another version"),
            (b"\x7fELF\x02\x01\x01\0", "machine code"),
            (b"  (component)", "WebAssembly as text"),
            (
                b"<!doctype html>",
                "text that begins with \"<!doctype html>\"",
            ),
            (b"PK\x03\x04\xff\xff\xff\xff\xff", "50 4b 03 04 ff ff ff ff"),
        ] {
            assert!(found(bytes).contains(name), "{}", found(bytes));
        }
    }

    #[test]
    fn a_component_that_breaks_off_is_damaged() {
        let whole = plugin("unreachable");
        for length in [9, whole.len() / 2, whole.len() - 1] {
            let error = PluginDescription::of(&whole[..length]).unwrap_err();
            assert!(matches!(error, LoadError::Damaged { .. }), "{error:?}");
        }
    }

    #[test]
    fn a_plugin_of_the_world_is_described_and_admitted() {
        let bytes = plugin("unreachable");
        let description = PluginDescription::of(&bytes).unwrap();
        assert_eq!(description.size_bytes, bytes.len() as u64);
        assert_eq!(description.exports, World::Plugin.exports());
        assert_eq!(description.world.as_deref(), Some(World::Plugin.name()));
        check(&description, World::Plugin).unwrap();
    }

    #[test]
    fn the_largest_world_that_is_all_there_is_named() {
        let world = |included: &str, exports: &[&str]| {
            let exports: String = exports.iter().map(|e| format!("export {e};")).collect();
            let wit = format!(
                "package test:plugin;
                 world w {{ include backendai:metric/{included}@0.2.0; {exports} }}"
            );
            let bytes = TestPlugin::new("unreachable").world(&[], &wit).build();
            World::of(&PluginDescription::of(&bytes).unwrap())
        };
        let plugin = |exports| world("metric-plugin", exports);
        assert_eq!(plugin(&[JSON, JSON_CODEC]), Some(World::Plugin));
        assert_eq!(plugin(&[RANGE_SERVICE]), Some(World::Plugin));
        assert_eq!(
            plugin(&[JSON, JSON_CODEC, RANGE_SERVICE]),
            Some(World::PluginFull)
        );
        assert_eq!(
            plugin(&[JSON, JSON_CODEC, RANGE_SERVICE, INSIGHT, DISCOVERY]),
            Some(World::PluginInsight)
        );
        assert_eq!(world("metric-codec", &[]), Some(World::Codec));
        assert_eq!(world("metric-codec", &[JSON_CODEC]), Some(World::CodecFull));
    }

    #[test]
    fn every_import_that_is_not_granted_is_listed() {
        let bytes = TestPlugin::new("unreachable")
            .world(
                &[
                    "package wasi:filesystem@0.2.3; interface types { f: func(); }",
                    "package wasi:clocks@0.2.3; interface wall-clock { f: func(); }",
                    "package wasi:http@0.3.0; interface types { f: func(); }",
                    "package evil:exfiltrate; interface send { f: func(); }",
                ],
                "package test:plugin;
                 world w {
                     include backendai:metric/metric-plugin@0.2.0;
                     import wasi:clocks/wall-clock@0.2.3;
                     import wasi:filesystem/types@0.2.3;
                     import wasi:http/types@0.3.0;
                     import evil:exfiltrate/send;
                 }",
            )
            .build();
        match check(&PluginDescription::of(&bytes).unwrap(), World::Plugin) {
            Err(error @ LoadError::RefusedImports { .. }) => {
                let text = error.to_string();
                assert!(text.contains("wasi:filesystem/types@0.2.3"), "{text}");
                let LoadError::RefusedImports { mut refused, .. } = error else {
                    unreachable!()
                };
                refused.sort_unstable();
                assert_eq!(
                    refused,
                    [
                        "evil:exfiltrate/send",
                        "wasi:clocks/wall-clock@0.2.3",
                        "wasi:filesystem/types@0.2.3",
                        "wasi:http/types@0.3.0"
                    ]
                );
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_export_that_is_missing_is_listed() {
        let bytes = TestPlugin::new("unreachable")
            .world(
                &[],
                "package test:plugin; world w {
                    export backendai:metric/types@0.2.0;
                    export backendai:metric/codec@0.2.0;
                }",
            )
            .build();
        let description = PluginDescription::of(&bytes).unwrap();
        assert_eq!(description.world.as_deref(), Some(World::Codec.name()));
        check(&description, World::Codec).unwrap();
        match check(&description, World::Plugin) {
            Err(LoadError::MissingExports { missing, .. }) => {
                assert_eq!(missing, ["backendai:metric/metric-service@0.2.0"]);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn versions_are_compatible_when_they_differ_in_the_patch_only() {
        assert!(serves("wasi:io/poll@0.2.12", "wasi:io/poll@0.2.0"));
        for other in [
            "wasi:io/poll@0.3.0",
            "wasi:io/poll@0.20.0",
            "wasi:io/poll@1.2.0",
            "wasi:io/poll@0.2.0-rc-2023-11-10",
            "wasi:io/poll@0.2.",
            "wasi:io/poll@0.2",
            "wasi:io/poll",
            "wasi:io/polls@0.2.0",
        ] {
            assert!(!serves(other, "wasi:io/poll@0.2.0"), "{other}");
        }
    }
}

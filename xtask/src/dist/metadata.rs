//! The metadata of the components: the sections that `wasm-tools metadata show` and `metric-host inspect` read, and
//! that registries make annotations of. Nothing in them is of the time or the machine, so that the same sources give
//! the same bytes; the revision is said where a release is made, and only then.

use std::borrow::Cow;
use std::fs;

use anyhow::{Context as _, Result, bail};
use wasm_encoder::{ComponentSection as _, CustomSection};
use wasm_metadata::{AddMetadata, AddMetadataField};
use wasmparser::{Parser, Payload};

use super::Draft;
use crate::component::Component;
use crate::wasm_toolchain::WasmToolchain;
use crate::workspace;

/// The address of the sources, and their revision; what is not given is not in the components.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    pub(super) source: Option<String>,
    pub(super) revision: Option<String>,
}

/// A component's name, in registries as well.
pub(super) fn name(component: Component) -> &'static str {
    match component {
        Component::Service => "metric-service",
        Component::Codec => "metric-codec",
        Component::Front => "metric-http",
    }
}

/// The other fields, by the names of their sections.
pub(super) fn fields(component: Component, origin: &Origin) -> Vec<(&'static str, String)> {
    let description = match component {
        Component::Service => {
            "The metrics of Backend.AI's containers out of Prometheus, which is asked through wasi:http"
        }
        Component::Codec => {
            "The metrics of Backend.AI's containers out of Prometheus, which its caller asks: it imports nothing"
        }
        Component::Front => {
            "The metrics of Backend.AI's containers over HTTP, by a plugin that it imports, on platforms that run components"
        }
    };
    let of_the_workspace = [
        ("version", env!("CARGO_PKG_VERSION")),
        ("description", description),
        ("authors", env!("CARGO_PKG_AUTHORS")),
        ("licenses", env!("CARGO_PKG_LICENSE")),
    ];
    let of_the_release = [("source", &origin.source), ("revision", &origin.revision)];
    let said = of_the_release
        .into_iter()
        .filter_map(|(field, value)| Some((field, value.clone()?)));
    of_the_workspace
        .map(|(field, value)| (field, value.to_owned()))
        .into_iter()
        .chain(said)
        .collect()
}

/// Puts the components, as they were built, with their metadata into the folder.
pub(super) fn components(draft: &Draft<'_>, toolchain: &WasmToolchain) -> Result<()> {
    for component in Component::ALL {
        let built = toolchain.built(component.file());
        let bytes = fs::read(&built)
            .with_context(|| format!("{} was not built", workspace::shown(&built)))?;
        let stamped = stamped(component, &bytes, &draft.origin)?;
        fs::write(draft.file(component.file()), stamped)?;
    }
    Ok(())
}

/// The component with its metadata.
///
/// `wasm-metadata` writes the name. The other fields are sections with a text each, written here: the part of that
/// crate that does so has other features of crates which wasmtime stands on, and it would be built a second time.
pub(super) fn stamped(component: Component, bytes: &[u8], origin: &Origin) -> Result<Vec<u8>> {
    let fields = fields(component, origin);
    if let Some(said) = already_said(bytes, &fields)? {
        bail!("{} says its {said} already", component.file());
    }
    let mut add = AddMetadata::default();
    add.name = AddMetadataField::Set(name(component).to_owned());
    let mut stamped = add.to_wasm(bytes)?;
    for (field, value) in fields {
        let section = CustomSection {
            name: Cow::Borrowed(field),
            data: Cow::Owned(value.into_bytes()),
        };
        section.append_to_component(&mut stamped);
    }
    Ok(stamped)
}

/// A field that the component has: a second section of its name would leave it to the reader which one counts.
fn already_said(bytes: &[u8], fields: &[(&'static str, String)]) -> Result<Option<&'static str>> {
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 => {
                let said = fields.iter().find(|(field, _)| *field == section.name());
                if let Some((field, _)) = said {
                    return Ok(Some(field));
                }
            }
            _ => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest component.
    pub(in crate::dist) const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    /// The custom sections of a component, in order.
    fn sections(bytes: &[u8]) -> Vec<(String, String)> {
        Parser::new(0)
            .parse_all(bytes)
            .filter_map(|payload| match payload.unwrap() {
                Payload::CustomSection(section) => Some((
                    section.name().to_owned(),
                    String::from_utf8_lossy(section.data()).into_owned(),
                )),
                _ => None,
            })
            .collect()
    }

    fn origin(revision: Option<&str>) -> Origin {
        Origin {
            source: Some("https://example.org/metric".to_owned()),
            revision: revision.map(str::to_owned),
        }
    }

    #[test]
    fn a_component_says_what_it_is_and_stays_the_component_it_was() {
        let stamped = stamped(Component::Codec, EMPTY, &origin(Some("abc"))).unwrap();
        assert!(stamped.starts_with(EMPTY));
        let sections = sections(&stamped);
        let (first, name) = &sections[0];
        assert!(
            first == "component-name" && name.ends_with("metric-codec"),
            "{name:?}"
        );
        let fields: Vec<_> = sections
            .iter()
            .skip(1)
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(
            fields,
            [
                "version",
                "description",
                "authors",
                "licenses",
                "source",
                "revision"
            ]
        );
        assert!(
            sections.iter().all(|(_, text)| !text.is_empty()),
            "{sections:?}"
        );
    }

    #[test]
    fn the_same_sources_give_the_same_bytes_and_a_revision_changes_nothing_but_itself() {
        let without = || stamped(Component::Service, EMPTY, &origin(None)).unwrap();
        assert_eq!(without(), without());
        let with = stamped(Component::Service, EMPTY, &origin(Some("abc"))).unwrap();
        assert_eq!(
            with.strip_prefix(&without()[..]),
            Some(&b"\0\x0c\x08revisionabc"[..])
        );
    }

    #[test]
    fn a_component_is_not_stamped_twice() {
        let once = stamped(Component::Service, EMPTY, &Origin::default()).unwrap();
        let error = stamped(Component::Service, &once, &Origin::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "metric_service.wasm says its version already"
        );
    }
}

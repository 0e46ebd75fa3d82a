//! The metadata in a plugin's file: name, version, licence, where it is from. Whoever made the file wrote it, so it is
//! something to show and nothing to decide by.

use serde::Serialize;
use wasmparser::{ComponentName, ComponentNameSectionReader, CustomSectionReader, KnownCustom};

/// Bytes of one field that are kept. A description is a sentence or two; it is held as long as the plugin is, and
/// printed in one piece.
const FIELD_BYTES: usize = 1024;

/// The metadata of a component: custom sections of the names that `wasm-tools metadata` writes and registries take their
/// annotations from. A field that is longer than 1 KiB is cut, what is not UTF-8 is replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PluginMetadata {
    /// Its name.
    pub name: Option<String>,
    /// Its version; of its own, not of the contract.
    pub version: Option<String>,
    /// A sentence on what it is.
    pub description: Option<String>,
    /// The people, or the body, that answer for it.
    pub authors: Option<String>,
    /// The licences under which it may be used, as an SPDX expression.
    pub licenses: Option<String>,
    /// The address of its sources.
    pub source: Option<String>,
    /// The address of a page to read about it.
    pub homepage: Option<String>,
    /// The revision of the sources it was built from, such as a commit.
    pub revision: Option<String>,
}

impl PluginMetadata {
    /// The fields with the names of their sections, in the order in which they are shown.
    pub fn fields(&self) -> [(&'static str, Option<&str>); 8] {
        [
            ("name", self.name.as_deref()),
            ("version", self.version.as_deref()),
            ("description", self.description.as_deref()),
            ("authors", self.authors.as_deref()),
            ("licenses", self.licenses.as_deref()),
            ("source", self.source.as_deref()),
            ("homepage", self.homepage.as_deref()),
            ("revision", self.revision.as_deref()),
        ]
    }

    /// Takes in a custom section of the outermost component, if it is one of these. Of several with one name the last
    /// counts, as for `wasm-tools`.
    pub(super) fn see(&mut self, section: &CustomSectionReader<'_>) {
        if let KnownCustom::ComponentName(names) = section.as_known() {
            self.name = component_name(names).or(self.name.take());
            return;
        }
        let field = match section.name() {
            "version" => &mut self.version,
            "description" => &mut self.description,
            "authors" => &mut self.authors,
            "licenses" => &mut self.licenses,
            "source" => &mut self.source,
            "homepage" => &mut self.homepage,
            "revision" => &mut self.revision,
            _ => return,
        };
        *field = Some(kept(section.data()));
    }
}

/// The component's own name. Names that cannot be read are no names: they are for people, and nothing rests on them.
fn component_name(names: ComponentNameSectionReader<'_>) -> Option<String> {
    names
        .into_iter()
        .map_while(Result::ok)
        .find_map(|name| match name {
            ComponentName::Component { name, .. } => Some(kept(name.as_bytes())),
            _ => None,
        })
}

fn kept(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..FIELD_BYTES).unwrap_or(bytes));
    text.trim_end_matches(char::REPLACEMENT_CHARACTER)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PluginDescription;

    fn metadata(component: &str) -> PluginMetadata {
        let bytes = wat::parse_str(component).unwrap();
        PluginDescription::of(&bytes).unwrap().metadata
    }

    #[test]
    fn what_a_component_says_of_itself_is_read() {
        let metadata = metadata(
            r#"(component $metric-service
                (@custom "version" "0.1.0")
                (@custom "description" "Metrics of \e2\9c\93")
                (@custom "authors" "A, B")
                (@custom "licenses" "Apache-2.0")
                (@custom "source" "https://example.org/source")
                (@custom "homepage" "https://example.org")
                (@custom "revision" "abc")
                (@custom "other" "x"))"#,
        );
        let values = metadata.fields().map(|(_, value)| value.unwrap());
        assert_eq!(
            values,
            [
                "metric-service",
                "0.1.0",
                "Metrics of \u{2713}",
                "A, B",
                "Apache-2.0",
                "https://example.org/source",
                "https://example.org",
                "abc"
            ]
        );
    }

    #[test]
    fn only_the_outermost_component_speaks_and_its_last_word_counts() {
        let said = metadata(
            r#"(component
                (@custom "version" "1")
                (component $inner (@custom "version" "2") (@custom "authors" "x"))
                (core module $module (@custom "version" "3"))
                (@custom "version" "4"))"#,
        );
        let expected = PluginMetadata {
            version: Some("4".to_owned()),
            ..PluginMetadata::default()
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn what_is_too_long_or_no_text_is_cut_and_replaced() {
        let long = "\u{e9}".repeat(600);
        let said = metadata(&format!(
            r#"(component
                (@custom "description" "x{long}")
                (@custom "authors" "a\ffb")
                (@custom "component-name" "\ff\ff\ff"))"#
        ));
        // 1 KiB would end within a letter.
        assert_eq!(
            said.description.unwrap(),
            format!("x{}", "\u{e9}".repeat(511))
        );
        assert_eq!(said.authors.unwrap(), "a\u{fffd}b");
        assert_eq!(said.name, None);
    }
}

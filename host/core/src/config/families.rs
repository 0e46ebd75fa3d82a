//! The families of an operator, read from a file: metrics beyond the container's.
//!
//! A file is JSON, in the form that the JSON interface has for a family. The plugin decides what a name or a label may
//! be; here they are bounded.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::contract::families::{Family, FamilyKind};

/// Families by their names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Families(BTreeMap<String, Family>);

/// The reason why a file of families is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FamiliesError {
    /// It is larger than any such file.
    #[error("{given} bytes; accepted are at most {most}")]
    Long {
        /// The number of bytes in it.
        given: usize,
        /// The most bytes that are accepted.
        most: usize,
    },
    /// It is no such file.
    #[error(
        "{0}; accepted is {{\"families\": [{{\"name\": …, \"kind\": \"gauge\", \"unit\": …, \"description\": …, \"labels\": [], \"former_names\": [], \"intensive\": false}}]}}"
    )]
    Json(#[from] serde_json::Error),
    /// It describes more families than one installation has.
    #[error("{given} families; accepted are at most {most}")]
    Many {
        /// The number that was given.
        given: usize,
        /// The most that are accepted.
        most: usize,
    },
    /// A family has more labels than a series may have.
    #[error("{name:?} has {given} labels; accepted are at most {most}")]
    ManyLabels {
        /// The family.
        name: String,
        /// The number of labels it has.
        given: usize,
        /// The most that are accepted.
        most: usize,
    },
    /// Two families have one name.
    #[error("{0:?} is described twice; accepted is each name once, in all files together")]
    Twice(String),
}

impl Families {
    /// Bytes of a file: a thousand families with all that is said of them.
    const LONGEST: usize = 2 << 20;
    /// Families of all files, as many as a plugin checks at once. From the contract.
    const MOST: usize = 1000;
    /// Labels of a family. From the contract.
    const MOST_LABELS: usize = 64;

    /// Reads a file.
    ///
    /// # Errors
    /// See [`FamiliesError`].
    pub fn parse(text: &str) -> Result<Self, FamiliesError> {
        if text.len() > Self::LONGEST {
            return Err(FamiliesError::Long {
                given: text.len(),
                most: Self::LONGEST,
            });
        }
        let file: FileDocument = serde_json::from_str(text)?;
        let mut all = Self::default();
        for family in file.families {
            all.add(family.into())?;
        }
        Ok(all)
    }

    /// Adds those of another file.
    ///
    /// # Errors
    /// [`FamiliesError::Twice`], and [`FamiliesError::Many`].
    pub fn extend(&mut self, other: Self) -> Result<(), FamiliesError> {
        other
            .0
            .into_values()
            .try_for_each(|family| self.add(family))
    }

    fn add(&mut self, family: Family) -> Result<(), FamiliesError> {
        if family.labels.len() > Self::MOST_LABELS {
            return Err(FamiliesError::ManyLabels {
                name: family.name,
                given: family.labels.len(),
                most: Self::MOST_LABELS,
            });
        }
        if self.0.contains_key(&family.name) {
            return Err(FamiliesError::Twice(family.name));
        }
        self.0.insert(family.name.clone(), family);
        match self.0.len() > Self::MOST {
            false => Ok(()),
            true => Err(FamiliesError::Many {
                given: self.0.len(),
                most: Self::MOST,
            }),
        }
    }

    /// The family of a name, or one that had it before.
    pub fn get(&self, name: &str) -> Option<&Family> {
        let had = |family: &&Family| family.former_names.iter().any(|former| former == name);
        self.0.get(name).or_else(|| self.iter().find(had))
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Family> {
        self.0.values()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileDocument {
    /// The purpose of the file, and the source of its names: for people.
    #[serde(default, rename = "description")]
    _description: String,
    #[serde(default, rename = "sources")]
    _sources: Vec<String>,
    families: Vec<FamilyDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FamilyDocument {
    name: String,
    #[serde(default)]
    former_names: Vec<String>,
    #[serde(deserialize_with = "kind")]
    kind: FamilyKind,
    unit: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    intensive: bool,
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FamilyKind, D::Error> {
    let text = String::deserialize(deserializer)?;
    let all = FamilyKind::ALL;
    let found = all.iter().find(|kind| kind.as_str() == text);
    found.copied().ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|kind| kind.as_str()).collect();
        D::Error::custom(format_args!(
            "unknown kind {text:?}, accepted is one of {}",
            names.join(", ")
        ))
    })
}

impl From<FamilyDocument> for Family {
    fn from(document: FamilyDocument) -> Self {
        Self {
            name: document.name,
            former_names: document.former_names,
            kind: document.kind,
            unit: document.unit,
            description: document.description,
            labels: document.labels,
            intensive: document.intensive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Families::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_family_is_found_by_its_name_and_by_one_that_it_had() {
        let families = Families::parse(
            r#"{"description": "d", "sources": ["s"], "families": [
                {"name": "new", "former_names": ["old"], "kind": "native_histogram", "unit": "seconds", "labels": ["a"]},
                {"name": "other", "kind": "gauge", "intensive": true}]}"#,
        )
        .unwrap();
        let names = families.iter().map(|family| family.name.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["new", "other"]);
        assert_eq!(families.get("old"), families.get("new"));
        assert_eq!(
            families.get("new").unwrap().kind,
            FamilyKind::NativeHistogram
        );
        assert!(families.get("other").unwrap().intensive);
        assert_eq!(families.get("none"), None);
    }

    #[test]
    fn a_file_is_bounded_and_says_what_is_accepted() {
        assert!(refused("[]").contains("accepted is {\"families\""));
        assert!(
            refused(r#"{"families": [{"name": "a", "kind": "level"}]}"#).contains("gauge, counter")
        );
        assert!(
            refused(r#"{"families": [{"name": "a", "kind": "gauge", "labels_": []}]}"#)
                .contains("labels_")
        );
        let family = |name: &str| format!(r#"{{"name": "{name}", "kind": "gauge"}}"#);
        let file = |all: Vec<String>| format!(r#"{{"families": [{}]}}"#, all.join(","));
        let twice = file(vec![family("a"), family("a")]);
        assert!(refused(&twice).contains("described twice"));
        let many = |count: usize| file((0..count).map(|n| family(&format!("f{n}"))).collect());
        assert_eq!(Families::parse(&many(1000)).unwrap().iter().count(), 1000);
        assert!(refused(&many(1001)).contains("at most 1000"));
        let labels: Vec<String> = (0..65).map(|n| format!("\"l{n}\"")).collect();
        let labels = format!(
            r#"{{"families": [{{"name": "a", "kind": "gauge", "labels": [{}]}}]}}"#,
            labels.join(",")
        );
        assert!(refused(&labels).contains("65 labels"));
        assert!(refused(&" ".repeat((2 << 20) + 1)).contains("bytes"));
        let mut one = Families::parse(&file(vec![family("a")])).unwrap();
        let error = one.extend(one.clone()).unwrap_err();
        assert!(matches!(error, FamiliesError::Twice(name) if name == "a"));
    }
}

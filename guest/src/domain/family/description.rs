//! The description of a family: what a caller says of it, held to what Prometheus can have.

use std::collections::BTreeSet;

use super::error::FamilyError;
use crate::domain::head;
use crate::domain::preset::check_group_label;

/// The kind of a family: it decides how samples are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FamilyKind {
    /// A level.
    #[default]
    Gauge,
    /// A counter.
    Counter,
    /// Observations in buckets, each a series.
    Histogram,
    /// Observations in native histograms.
    NativeHistogram,
}

impl FamilyKind {
    /// Returns true if samples are read as an increase per second.
    pub fn is_per_second(self) -> bool {
        self != Self::Gauge
    }

    /// Returns true if it holds observations.
    pub fn is_histogram(self) -> bool {
        matches!(self, Self::Histogram | Self::NativeHistogram)
    }

    /// The name of it, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
            Self::NativeHistogram => "native-histogram",
        }
    }
}

/// A metric family, as its caller describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Family {
    /// Its name in Prometheus.
    pub name: String,
    /// Names that it had before, the latest first.
    pub former_names: Vec<String>,
    /// The kind, which decides how its samples are read.
    pub kind: FamilyKind,
    /// The unit of its samples.
    pub unit: Option<String>,
    /// A description of the quantity that it measures.
    pub description: String,
    /// Labels that may be filtered on and grouped by; empty: any.
    pub labels: Vec<String>,
    /// True if its values do not add up.
    pub intensive: bool,
}

/// Longer names are a mistake.
const LONGEST_NAME: usize = 256;
/// A metric that was renamed more often than that has its history elsewhere.
const MOST_FORMER_NAMES: usize = 4;
/// Labels of a family, as of a series (the host's limit of labels per series).
const MOST_LABELS: usize = 64;
/// Bytes of a unit, and of a description: both are shown in one line.
const LONGEST_UNIT: usize = 64;
const LONGEST_DESCRIPTION: usize = 1024;
/// Families of a file: every metric of some tens of exporters.
const MOST_FAMILIES: usize = 1000;

/// The words of PromQL, which a selector cannot begin with everywhere. Letters of either case.
const WORDS: [&str; 35] = [
    "and",
    "atan2",
    "avg",
    "bool",
    "bottomk",
    "by",
    "count",
    "count_values",
    "end",
    "group",
    "group_left",
    "group_right",
    "ignoring",
    "inf",
    "limit_ratio",
    "limitk",
    "max",
    "min",
    "nan",
    "offset",
    "on",
    "or",
    "quantile",
    "range",
    "smoothed",
    "anchored",
    "start",
    "stddev",
    "stdvar",
    "step",
    "sum",
    "topk",
    "unless",
    "without",
    "fill",
];

impl Family {
    /// The names that series of it may have, the latest first.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name)
            .chain(&self.former_names)
            .map(String::as_str)
    }

    /// Checks all that is said of it.
    ///
    /// # Errors
    /// See [`FamilyError`].
    pub fn check(&self) -> Result<(), FamilyError> {
        within(
            "family.former-names",
            "names",
            self.former_names.len(),
            MOST_FORMER_NAMES,
        )?;
        within("family.labels", "labels", self.labels.len(), MOST_LABELS)?;
        let unit = self.unit.as_ref().map_or(0, String::len);
        within("family.unit", "bytes", unit, LONGEST_UNIT)?;
        let description = self.description.len();
        within(
            "family.description",
            "bytes",
            description,
            LONGEST_DESCRIPTION,
        )?;
        check_name("family.name", &self.name)?;
        let mut names = BTreeSet::from([&self.name]);
        for name in &self.former_names {
            check_name("family.former-names", name)?;
            if !names.insert(name) {
                return Err(FamilyError::NamedTwice(name.clone()));
            }
        }
        if self.kind == FamilyKind::Histogram
            && let Some(name) = self.names().find(|name| name.ends_with("_bucket"))
        {
            return Err(FamilyError::BucketName(name.to_owned()));
        }
        if self.kind.is_histogram() && self.intensive {
            return Err(FamilyError::IntensiveHistogram);
        }
        self.labels
            .iter()
            .try_for_each(|label| self.check_label("family.labels", label))
    }

    /// Checks a label to tell apart or to filter on.
    pub(super) fn check_label(&self, field: &'static str, label: &str) -> Result<(), FamilyError> {
        check_group_label(field, label)?;
        match (self.kind, label) {
            (_, "__name__") => Err(FamilyError::NameAsLabel { field }),
            (FamilyKind::Histogram, "le") => Err(FamilyError::Bounds { field }),
            _ => Ok(()),
        }
    }

    /// Checks that it has a label, as far as it says which it has.
    pub(super) fn check_own_label(
        &self,
        field: &'static str,
        label: &str,
    ) -> Result<(), FamilyError> {
        self.check_label(field, label)?;
        match self.labels.is_empty() || self.labels.iter().any(|own| own == label) {
            true => Ok(()),
            false => Err(FamilyError::ForeignLabel {
                field,
                label: head(label),
                accepted: self.labels.join(", "),
            }),
        }
    }
}

/// Checks several families, each by its name.
///
/// # Errors
/// See [`FamilyError`]; it names the family.
pub fn check_families(families: &[Family]) -> Result<(), FamilyError> {
    within("families", "families", families.len(), MOST_FAMILIES)?;
    let mut names = BTreeSet::new();
    for family in families {
        family.check().map_err(|error| FamilyError::Of {
            name: head(&family.name),
            error: Box::new(error),
        })?;
        if !names.insert(&family.name) {
            return Err(FamilyError::DescribedTwice(family.name.clone()));
        }
    }
    Ok(())
}

fn within(
    field: &'static str,
    what: &'static str,
    given: usize,
    most: usize,
) -> Result<(), FamilyError> {
    match given > most {
        false => Ok(()),
        true => Err(FamilyError::Many {
            field,
            what,
            given,
            most,
        }),
    }
}

fn check_name(field: &'static str, name: &str) -> Result<(), FamilyError> {
    let mut bytes = name.bytes();
    let is_first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte == b':';
    let is_name = name.len() <= LONGEST_NAME
        && bytes.next().is_some_and(is_first)
        && bytes.all(|byte| is_first(byte) || byte.is_ascii_digit())
        && !WORDS.iter().any(|word| name.eq_ignore_ascii_case(word));
    match is_name {
        true => Ok(()),
        false => Err(FamilyError::Name {
            field,
            name: head(name),
        }),
    }
}

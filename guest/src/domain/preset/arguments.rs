//! The arguments of a call: parsed, then written as text by the one encoder.

use std::collections::BTreeMap;

use super::error::PresetError;
use crate::domain::head;
use crate::domain::promql::matcher;

/// Labels that a call filters on, or groups by: more make no sense in one query.
const MOST_LABELS: usize = 64;
/// Values of one label, as everywhere.
const MOST_VALUES: usize = 100;

/// A label, and the values that it may have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelValues {
    /// The label.
    pub label: String,
    /// Any of these.
    pub values: Vec<String>,
}

/// The arguments of a call, as they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArgumentsInput {
    /// The filters.
    pub filters: Vec<LabelValues>,
    /// The labels to tell apart.
    pub group_by: Vec<String>,
    /// The window.
    pub window: Option<String>,
}

/// Parsed filters, as matchers separated by commas: sorted by their labels, so that the same question is the same text.
pub(in crate::domain) fn matchers(filters: &[LabelValues]) -> Result<String, PresetError> {
    const FIELD: &str = "arguments.filters";
    within_bounds(FIELD, filters.len())?;
    let mut by_label = BTreeMap::new();
    for LabelValues { label, values } in filters {
        check_matcher_label(FIELD, label)?;
        if values.is_empty() || values.iter().any(String::is_empty) {
            return Err(PresetError::NoValue(label.clone()));
        }
        if values.len() > MOST_VALUES {
            return Err(PresetError::ManyValues {
                label: label.clone(),
                given: values.len(),
                most: MOST_VALUES,
            });
        }
        if by_label.insert(label, values).is_some() {
            return Err(PresetError::FilteredTwice(label.clone()));
        }
    }
    let matchers: Vec<_> = by_label
        .into_iter()
        .map(|(label, values)| matcher(label, values.iter().map(String::as_str)))
        .collect();
    Ok(matchers.join(","))
}

/// Parsed labels, separated by commas: sorted, each once.
pub(super) fn labels(group_by: &[String]) -> Result<String, PresetError> {
    const FIELD: &str = "arguments.group-by";
    within_bounds(FIELD, group_by.len())?;
    let mut labels: Vec<&str> = group_by.iter().map(String::as_str).collect();
    for label in &labels {
        check_group_label(FIELD, label)?;
    }
    labels.sort_unstable();
    labels.dedup();
    Ok(labels.join(","))
}

fn within_bounds(field: &'static str, given: usize) -> Result<(), PresetError> {
    match given > MOST_LABELS {
        false => Ok(()),
        true => Err(PresetError::ManyLabels {
            field,
            given,
            most: MOST_LABELS,
        }),
    }
}

/// A selector may name its metric already, and a second name is no PromQL.
pub(super) fn check_matcher_label(field: &'static str, label: &str) -> Result<(), PresetError> {
    let accepted = is_label(label) && label != "__name__";
    check(
        field,
        label,
        accepted,
        "; not `__name__`: what is asked names its metrics",
    )
}

/// Refuses a label that PromQL reads as something else in a grouping: two numbers, and one of its words.
pub(in crate::domain) fn check_group_label(
    field: &'static str,
    label: &str,
) -> Result<(), PresetError> {
    let is_read_otherwise = ["inf", "nan", "without"]
        .iter()
        .any(|word| label.eq_ignore_ascii_case(word));
    let accepted = is_label(label) && !is_read_otherwise;
    check(
        field,
        label,
        accepted,
        "; not `inf`, `nan` or `without`, which PromQL reads otherwise",
    )
}

fn check(
    field: &'static str,
    label: &str,
    accepted: bool,
    except: &'static str,
) -> Result<(), PresetError> {
    match accepted {
        true => Ok(()),
        false => Err(PresetError::LabelName {
            field,
            label: head(label),
            except,
        }),
    }
}

fn is_label(text: &str) -> bool {
    let mut chars = text.chars();
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    chars.next().is_some_and(is_first) && chars.all(|c| is_first(c) || c.is_ascii_digit())
}

//! The labels of several series side by side, as the columns of a table.

use std::collections::HashSet;

use metric_host::{MetricResult, Series};

/// Label columns at most. A query of ours has eight labels to tell apart, and Kubernetes adds some thirty; with more
/// than these a row is read by nobody, and its cells, a row times a column, are mostly empty.
const MOST: usize = 64;

/// The series have more labels than a table has columns for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the series have more than {MOST} labels between them: too many for columns")]
pub(crate) struct TooManyColumns;

/// Every label that occurs, in the order of its first occurrence.
pub(crate) fn label_names<'a>(
    series: impl IntoIterator<Item = &'a Series>,
) -> Result<Vec<&'a str>, TooManyColumns> {
    names_of(series.into_iter().map(|series| &series.labels))
}

/// Likewise, of label sets.
pub(crate) fn names_of<'a>(
    labels: impl IntoIterator<Item = &'a Vec<(String, String)>>,
) -> Result<Vec<&'a str>, TooManyColumns> {
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    for (name, _) in labels.into_iter().flatten() {
        if seen.insert(name.as_str()) {
            if names.len() == MOST {
                return Err(TooManyColumns);
            }
            names.push(name.as_str());
        }
    }
    Ok(names)
}

/// The value of a label. None: the series does not have it.
pub(crate) fn label<'a>(labels: &'a [(String, String)], name: &str) -> Option<&'a str> {
    labels
        .iter()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.as_str())
}

/// The value of a label that all series have in common.
pub(crate) fn shared_value<'a>(result: &'a MetricResult, name: &str) -> Option<&'a str> {
    let mut values = result
        .series
        .iter()
        .map(|series| label(&series.labels, name));
    let first = values.next()??;
    values.all(|value| value == Some(first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One series for each slice of names.
    fn series(names: &[&[String]]) -> Vec<Series> {
        let of = |names: &&[String]| Series {
            labels: names
                .iter()
                .map(|name| (name.clone(), "v".to_owned()))
                .collect(),
            timestamps: Vec::new(),
            values: Vec::new(),
        };
        names.iter().map(of).collect()
    }

    #[test]
    fn there_are_so_many_columns_however_labels_are_spread() {
        let names: Vec<String> = (0..=MOST).map(|at| format!("l{at}")).collect();
        let (fit, _) = names.split_at(MOST);
        let each: Vec<&[String]> = names.chunks(1).collect();
        let (each_fit, _) = each.split_at(MOST);
        for fitting in [&[fit][..], &[fit, fit], each_fit] {
            assert_eq!(
                label_names(&series(fitting)),
                Ok(fit.iter().map(String::as_str).collect())
            );
        }
        for excess in [&[&names[..]][..], &each] {
            assert_eq!(label_names(&series(excess)), Err(TooManyColumns));
        }
    }
}

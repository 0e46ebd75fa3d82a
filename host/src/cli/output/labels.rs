//! The labels of several series side by side, as the columns of a table.

use metric_host::{MetricResult, Series};

/// Every label that occurs, in the order of its first occurrence.
pub(super) fn label_names(result: &MetricResult) -> Vec<&str> {
    names_in(&result.series)
}

/// The same, of series of any answer.
pub(super) fn names_in<'a>(series: impl IntoIterator<Item = &'a Series>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in series.into_iter().flat_map(|series| &series.labels) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

/// The value of a label. None: the series does not have it.
pub(super) fn label<'a>(labels: &'a [(String, String)], name: &str) -> Option<&'a str> {
    labels
        .iter()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.as_str())
}

/// The value of a label that all series have in common.
pub(super) fn shared_value<'a>(result: &'a MetricResult, name: &str) -> Option<&'a str> {
    let mut values = result
        .series
        .iter()
        .map(|series| label(&series.labels, name));
    let first = values.next()??;
    values.all(|value| value == Some(first)).then_some(first)
}

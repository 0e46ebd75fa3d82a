//! Holds a component to its word: what the contract promises of an answer and the types behind it do not say. Bounds
//! the labels, whoever wrote them.
//!
//! Looks at answers only; knows no verb.

use std::collections::HashSet;

use crate::{
    config::limits::Limits,
    contract::{
        error::CallError,
        types::{MetricResult, Series},
    },
};

/// The contract's promise is broken.
pub(crate) fn broken(reason: String) -> CallError {
    CallError::BrokenContract { reason }
}

/// A result that can be counted with: a step, a range that does not end before it starts, and series in order.
pub(crate) fn checked(result: MetricResult, limits: &Limits) -> Result<MetricResult, CallError> {
    if result.step == 0 {
        return Err(broken("a result with steps of 0 s".to_owned()));
    }
    if result.end < result.start {
        return Err(broken(format!(
            "a result from {} back to {}",
            result.start, result.end
        )));
    }
    check_series(&result.series, limits)?;
    Ok(result)
}

/// In each series, `timestamps[i]` belongs to `values[i]`, and the timestamps ascend. Its labels have names, each one of
/// its own: whoever makes a map of them loses none. Neither they nor the names of all are too many.
pub(crate) fn check_series(series: &[Series], limits: &Limits) -> Result<(), CallError> {
    check_number_of_labels(series.iter().map(|series| &*series.labels), limits)?;
    for (at, series) in series.iter().enumerate() {
        let (timestamps, values) = (series.timestamps.len(), series.values.len());
        if timestamps != values {
            return Err(broken(format!(
                "series {at} has {timestamps} timestamps and {values} values"
            )));
        }
        if !series.timestamps.is_sorted_by(|one, next| one < next) {
            return Err(broken(format!(
                "the timestamps of series {at} do not ascend"
            )));
        }
        check_labels(at, &series.labels)?;
    }
    Ok(())
}

/// Labels have names, each one of its own in its set. Neither they nor the names of all sets are too many.
pub(crate) fn check_label_sets<'a>(
    sets: impl Iterator<Item = &'a [(String, String)]> + Clone,
    limits: &Limits,
) -> Result<(), CallError> {
    check_number_of_labels(sets.clone(), limits)?;
    for (at, labels) in sets.enumerate() {
        check_labels(at, labels)?;
    }
    Ok(())
}

fn check_number_of_labels<'a>(
    sets: impl Iterator<Item = &'a [(String, String)]>,
    limits: &Limits,
) -> Result<(), CallError> {
    let too_many = |what, maximum| Err(CallError::TooManyLabels { what, maximum });
    let mut names = HashSet::new();
    let mut before: &[(String, String)] = &[];
    for labels in sets {
        if labels.len() > limits.labels_per_series {
            return too_many("labels in one series", limits.labels_per_series);
        }
        // Mostly those of the series before.
        let mut same = before.iter().zip(labels).map(|(one, next)| one.0 == next.0);
        if before.len() != labels.len() || !same.all(|is_same| is_same) {
            names.extend(labels.iter().map(|(name, _)| name.as_str()));
        }
        if names.len() > limits.label_names {
            return too_many("names of labels", limits.label_names);
        }
        before = labels;
    }
    Ok(())
}

fn check_labels(at: usize, labels: &[(String, String)]) -> Result<(), CallError> {
    let wrong = |reason| Err(broken(format!("the labels of series {at}: {reason}")));
    // They mostly come sorted, as Prometheus sorts them.
    let mut names: Vec<&str> = Vec::new();
    if !labels.is_sorted_by(|(one, _), (next, _)| one < next) {
        names.extend(labels.iter().map(|(name, _)| name.as_str()));
        names.sort_unstable();
    }
    if labels.iter().any(|(name, _)| name.is_empty()) {
        return wrong("one has no name".to_owned());
    }
    match names.iter().zip(names.iter().skip(1)).find(|(a, b)| a == b) {
        Some((name, _)) => wrong(format!("{name:?} is there twice")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(timestamps: &[i64]) -> Series {
        Series {
            labels: Vec::new(),
            values: vec![f64::NAN; timestamps.len()],
            timestamps: timestamps.to_vec(),
        }
    }

    #[test]
    fn timestamps_that_stand_still_or_go_back_break_the_contract() {
        for (timestamps, sound) in [
            (&[][..], true),
            (&[i64::MIN, -1, 0, i64::MAX], true),
            (&[1, 1], false),
            (&[1, 3, 2], false),
        ] {
            let checked = check_series(&[series(&[5]), series(timestamps)], &Limits::default());
            match checked {
                Ok(()) => assert!(sound, "{timestamps:?}"),
                Err(error) => {
                    assert!(!sound, "{timestamps:?}");
                    assert!(error.to_string().contains("series 1"), "{error}");
                }
            }
        }
    }

    #[test]
    fn labels_without_a_name_or_of_the_same_one_break_the_contract() {
        for (names, sound) in [
            (&[][..], true),
            (&["a", "b", "c"], true),
            (&["b", "a"], true),
            (&["\n", "NaN", "\u{1b}[2J"], true),
            (&["a", ""], false),
            (&[""], false),
            (&["a", "a"], false),
            (&["a", "b", "a"], false),
        ] {
            let mut labelled = series(&[1]);
            labelled.labels = names
                .iter()
                .map(|name| ((*name).to_owned(), "value".to_owned()))
                .collect();
            assert_eq!(
                check_series(&[labelled], &Limits::default()).is_ok(),
                sound,
                "{names:?}"
            );
        }
    }

    #[test]
    fn labels_are_bounded_in_each_series_and_names_over_all() {
        let limits = Limits {
            labels_per_series: 3,
            label_names: 5,
            ..Limits::default()
        };
        let labelled = |names: &str| Series {
            labels: names
                .chars()
                .map(|name| (name.into(), "value".to_owned()))
                .collect(),
            ..series(&[1])
        };
        for (all, excess) in [
            (&["abc", "abc", "cba", "de", ""][..], None),
            (&["a", "abcd"], Some(("labels in one series", 3))),
            (&["abc", "abd", "ef"], Some(("names of labels", 5))),
            (
                &["a", "b", "c", "d", "e", "f"],
                Some(("names of labels", 5)),
            ),
        ] {
            let all: Vec<Series> = all.iter().map(|names| labelled(names)).collect();
            let found = match check_series(&all, &limits) {
                Err(CallError::TooManyLabels { what, maximum }) => Some((what, maximum)),
                other => other.map(|()| None).unwrap(),
            };
            assert_eq!(found, excess);
        }
    }

    #[test]
    fn a_result_without_a_step_or_with_its_end_before_its_start_breaks_the_contract() {
        let result = |step, start, end| MetricResult {
            promql: String::new(),
            metric_type: crate::MetricType::Gauge,
            unit: None,
            step,
            start,
            end,
            series: Vec::new(),
            warnings: Vec::new(),
            infos: Vec::new(),
            partial: false,
        };
        assert!(checked(result(1, 5, 5), &Limits::default()).is_ok());
        for (step, start, end) in [(0, 5, 5), (1, 5, 4), (1, i64::MAX, i64::MIN)] {
            let error = checked(result(step, start, end), &Limits::default()).unwrap_err();
            assert!(
                matches!(error, CallError::BrokenContract { .. }),
                "{error:?}"
            );
        }
    }
}

//! Series of other exporters than Backend.AI's agents: levels, counters, and classic histograms of what was observed.

use crate::dataset::Series;
use crate::openmetrics::NAME;

/// A series of a family, whose samples are a function of their time (Unix seconds).
#[must_use]
pub fn exported(
    family: &str,
    labels: &[(&str, &str)],
    times: &[i64],
    value: impl Fn(i64) -> f64,
) -> Series {
    let name = [(NAME, family)];
    let labels = name.iter().chain(labels);
    Series {
        labels: labels
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        timestamps: times.to_vec(),
        values: times.iter().map(|time| value(*time)).collect(),
    }
}

/// The series of a classic histogram with these bounds, the infinite one besides, which observes some values before each
/// of its samples: `_bucket`, `_sum` and `_count`.
#[must_use]
pub fn exported_histogram(
    family: &str,
    labels: &[(&str, &str)],
    bounds: &[f64],
    times: &[i64],
    observed: impl Fn(i64) -> Vec<f64>,
) -> Vec<Series> {
    let all: Vec<Vec<f64>> = times.iter().map(|time| observed(*time)).collect();
    // The values of a counter at each sample, that grows by a function of what was observed before it.
    let counter = |suffix: &str, labels: &[(&str, &str)], growth: &dyn Fn(&[f64]) -> f64| {
        let values = all.iter().scan(0.0, |total, observed| {
            *total += growth(observed);
            Some(*total)
        });
        Series {
            values: values.collect(),
            ..exported(&format!("{family}{suffix}"), labels, times, |_| 0.0)
        }
    };
    let below = |bound: f64| {
        move |observed: &[f64]| observed.iter().filter(|value| **value <= bound).count() as f64
    };
    let mut series: Vec<Series> = bounds
        .iter()
        .chain([&f64::INFINITY])
        .map(|bound| {
            let le = match bound.is_finite() {
                true => bound.to_string(),
                false => "+Inf".to_owned(),
            };
            let labels = [labels, &[("le", le.as_str())]].concat();
            counter("_bucket", &labels, &below(*bound))
        })
        .collect();
    series.push(counter("_sum", labels, &|observed| observed.iter().sum()));
    series.push(counter("_count", labels, &below(f64::INFINITY)));
    series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_count_what_is_not_above_their_bound() {
        let observed = |time: i64| vec![time as f64, 0.5];
        let series = exported_histogram("h", &[("a", "b")], &[0.5, 2.0], &[1, 2, 3], observed);
        let of = |family: &str, le: Option<&str>| {
            let found = series
                .iter()
                .find(|one| one.label(NAME) == Some(family) && one.label("le") == le);
            found.unwrap().values.clone()
        };
        assert_eq!(of("h_bucket", Some("0.5")), [1.0, 2.0, 3.0]);
        assert_eq!(of("h_bucket", Some("2")), [2.0, 4.0, 5.0]);
        assert_eq!(of("h_bucket", Some("+Inf")), [2.0, 4.0, 6.0]);
        assert_eq!(of("h_sum", None), [1.5, 4.0, 7.5]);
        assert_eq!(of("h_count", None), [2.0, 4.0, 6.0]);
        assert!(series.iter().all(|one| one.label("a") == Some("b")));
    }
}

//! A group over the whole range, as numbers.

use super::error::InsightError;
use super::numbers::{mean, quantile};

/// The summary of a group's values. All but the counts are NaN if no value is a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Values, those that are not a number among them.
    pub points: usize,
    /// Values that are not a number.
    pub not_numbers: usize,
    /// The earliest.
    pub first: f64,
    /// The latest.
    pub last: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// Their mean.
    pub avg: f64,
    /// In the order of the quantiles asked for.
    pub quantiles: Vec<f64>,
}

impl Summary {
    /// Of values in the order of time.
    pub fn of(values: &[f64], quantiles: &[f64]) -> Self {
        let mut numbers: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
        let end = |value: Option<&f64>| value.copied().unwrap_or(f64::NAN);
        let (first, last) = (end(numbers.first()), end(numbers.last()));
        numbers.sort_unstable_by(f64::total_cmp);
        Self {
            points: values.len(),
            not_numbers: values.len() - numbers.len(),
            first,
            last,
            min: end(numbers.first()),
            max: end(numbers.last()),
            avg: mean(&numbers),
            quantiles: quantiles.iter().map(|&q| quantile(&numbers, q)).collect(),
        }
    }
}

/// The quantiles of a summary, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantiles(Vec<f64>);

impl Quantiles {
    /// More are a histogram, which nobody reads in a row of a table.
    const MOST: usize = 16;

    /// The quantiles asked for; none: the median and the 95th percentile.
    ///
    /// # Errors
    /// Too many, or what is no part from 0 to 1.
    pub fn new(given: Vec<f64>) -> Result<Self, InsightError> {
        if given.len() > Self::MOST {
            return Err(InsightError::ManyQuantiles {
                given: given.len(),
                most: Self::MOST,
            });
        }
        for &q in &given {
            checked("quantiles", q)?;
        }
        Ok(Self(match given.is_empty() {
            true => vec![0.5, 0.95],
            false => given,
        }))
    }

    /// In the order in which they were asked for.
    pub fn parts(&self) -> &[f64] {
        &self.0
    }
}

/// Checks that a part is from 0 to 1.
pub(super) fn checked(field: &'static str, q: f64) -> Result<(), InsightError> {
    match (0.0..=1.0).contains(&q) {
        true => Ok(()),
        false => Err(InsightError::Quantile {
            field,
            given: q.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_number_is_left_out_and_counted() {
        let summary = Summary::of(&[f64::NAN, 3.0, 1.0, f64::NAN, 2.0, f64::NAN], &[0.5, 1.0]);
        assert_eq!((summary.points, summary.not_numbers), (6, 3));
        assert_eq!((summary.first, summary.last), (3.0, 2.0));
        assert_eq!((summary.min, summary.max, summary.avg), (1.0, 3.0, 2.0));
        assert_eq!(summary.quantiles, [2.0, 3.0]);
        let none = Summary::of(&[f64::NAN], &[0.5]);
        assert_eq!((none.points, none.not_numbers), (1, 1));
        assert!([none.first, none.avg, none.max].iter().all(|v| v.is_nan()));
        assert!(none.quantiles.iter().all(|v| v.is_nan()));
    }

    #[test]
    fn one_value_is_all_of_its_statistics() {
        let summary = Summary::of(&[7.0], &[0.0, 0.3, 1.0]);
        assert_eq!(summary.quantiles, [7.0; 3]);
        assert_eq!((summary.first, summary.avg, summary.max), (7.0, 7.0, 7.0));
    }

    #[test]
    fn quantiles_are_at_most_sixteen_parts_from_0_to_1() {
        assert_eq!(Quantiles::new(vec![]).unwrap().parts(), [0.5, 0.95]);
        assert_eq!(Quantiles::new(vec![1.0]).unwrap().parts(), [1.0]);
        assert_eq!(
            Quantiles::new(vec![0.5; 17]),
            Err(InsightError::ManyQuantiles {
                given: 17,
                most: 16
            })
        );
        for q in [-0.1, 1.1, f64::NAN] {
            assert!(matches!(
                Quantiles::new(vec![q]),
                Err(InsightError::Quantile { .. })
            ));
        }
    }
}

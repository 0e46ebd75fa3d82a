//! Sums, quantiles and deviations of numbers that are there.

/// A sum that keeps what rounding loses (Neumaier): the order of its parts does not show.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    /// Adds a number.
    pub fn add(&mut self, value: f64) {
        let total = self.total + value;
        self.lost += match self.total.abs() >= value.abs() {
            true => (self.total - total) + value,
            false => (value - total) + self.total,
        };
        self.total = total;
    }

    /// The sum.
    pub fn value(self) -> f64 {
        match self.total.is_finite() {
            true => self.total + self.lost,
            false => self.total,
        }
    }

    /// Of several numbers.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> f64 {
        let mut sum = Self::default();
        values.into_iter().for_each(|value| sum.add(value));
        sum.value()
    }
}

/// The mean; not a number of none.
pub(super) fn mean(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = Sum::of(values.iter().copied()) / count;
    match mean.is_infinite() && values.iter().all(|value| value.is_finite()) {
        // So large that their sum is none.
        true => Sum::of(values.iter().map(|value| value / count)),
        false => mean,
    }
}

/// The standard deviation of all values, about their mean: never from sums of squares, whose difference may be negative.
pub(super) fn standard_deviation(values: &[f64], mean: f64) -> f64 {
    let squares = values.iter().map(|value| (value - mean) * (value - mean));
    (Sum::of(squares) / values.len() as f64).sqrt()
}

/// The quantile of ascending numbers, by linear interpolation at the rank `q * (n - 1)`; not a number of none.
pub(super) fn quantile(sorted: &[f64], q: f64) -> f64 {
    let rank = q * sorted.len().saturating_sub(1) as f64;
    let at = |rank: f64| sorted.get(rank as usize).copied().unwrap_or(f64::NAN);
    let (lower, upper) = (at(rank.floor()), at(rank.ceil()));
    let weight = rank - rank.floor();
    // An infinite neighbour with no weight has no say.
    match weight == 0.0 || lower == upper {
        true => lower,
        // Rounding leaves it between its neighbours.
        false => (lower * (1.0 - weight) + upper * weight).clamp(lower, upper),
    }
}

/// The median of ascending numbers; not a number of none.
pub(super) fn median(sorted: &[f64]) -> f64 {
    quantile(sorted, 0.5)
}

/// The median distance of ascending numbers from their median; not a number of none.
///
/// The distances ascend both ways from the median, so that they are merged up to the middle, not sorted.
pub(super) fn median_absolute_deviation(sorted: &[f64], median: f64) -> f64 {
    let above = sorted.partition_point(|&value| value < median);
    let (below, above) = sorted.split_at_checked(above).unwrap_or((sorted, &[]));
    let mut below = below.iter().rev().map(|value| median - value).peekable();
    let mut above = above.iter().map(|value| value - median).peekable();
    let mut next = || match (below.peek(), above.peek()) {
        (Some(b), Some(a)) if b < a => below.next(),
        (_, Some(_)) => above.next(),
        _ => below.next(),
    };
    let Some(middle) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let mut lower = f64::NAN;
    for _ in 0..=middle / 2 {
        lower = next().unwrap_or(f64::NAN);
    }
    match middle % 2 {
        0 => lower,
        _ => f64::midpoint(lower, next().unwrap_or(f64::NAN)),
    }
}

/// The standard deviation of a normal distribution, in median absolute deviations.
pub(super) const NORMAL: f64 = 1.482_602_218_505_602;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_sum_keeps_what_rounding_loses() {
        assert_eq!(Sum::of([1e100, 1.0, -1e100]), 1.0);
        assert_eq!(Sum::of([0.1; 10]), 1.0);
        assert_eq!(Sum::of([f64::INFINITY, 1.0]), f64::INFINITY);
        assert!(Sum::of([f64::INFINITY, f64::NEG_INFINITY]).is_nan());
        assert_eq!(mean(&[f64::MAX, f64::MAX]), f64::MAX);
    }

    #[test]
    fn an_infinite_neighbour_without_weight_has_no_say() {
        assert_eq!(quantile(&[1.0, 2.0, f64::INFINITY], 0.5), 2.0);
        assert_eq!(quantile(&[f64::INFINITY; 2], 0.3), f64::INFINITY);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn a_deviation_of_large_numbers_that_hardly_differ_is_not_lost() {
        let values = [8.0 * 1024f64.powi(3), 8.0 * 1024f64.powi(3) + 2.0];
        assert_eq!(standard_deviation(&values, mean(&values)), 1.0);
    }

    proptest! {
        #[test]
        fn the_merged_deviation_is_that_of_sorted_distances(mut values in proptest::collection::vec(-9i32..9, 0..40)) {
            values.sort_unstable();
            let sorted: Vec<f64> = values.into_iter().map(f64::from).collect();
            let median = median(&sorted);
            let mut distances: Vec<f64> = sorted.iter().map(|value| (value - median).abs()).collect();
            distances.sort_unstable_by(f64::total_cmp);
            let expected = quantile(&distances, 0.5);
            let found = median_absolute_deviation(&sorted, median);
            prop_assert!(found == expected || (found.is_nan() && expected.is_nan()), "{found} {expected}");
        }
    }
}

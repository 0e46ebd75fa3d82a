//! A series in five numbers, for a row of a table.

/// The summary of a series in a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Summary {
    /// The latest value, NaN or not. None: the series is empty.
    pub(crate) last: Option<f64>,
    /// Least, mean and greatest of the values that are numbers. None: there are none.
    pub(crate) spread: Option<Spread>,
    /// The number of points.
    pub(crate) points: usize,
    /// The number of times that the series stops and goes on later.
    pub(crate) gaps: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) avg: f64,
    pub(crate) max: f64,
}

impl Summary {
    /// Of a series whose points lie `step` milliseconds apart.
    pub(crate) fn of(timestamps: &[i64], values: &[f64], step: i64) -> Self {
        let gaps = timestamps
            .iter()
            .zip(timestamps.iter().skip(1))
            .filter(|(one, next)| next.saturating_sub(**one) > step)
            .count();
        Self {
            last: values.last().copied(),
            spread: Spread::of(values),
            points: values.len(),
            gaps,
        }
    }
}

impl Spread {
    fn of(values: &[f64]) -> Option<Self> {
        let mut spread = Self {
            min: f64::INFINITY,
            avg: 0.0,
            max: f64::NEG_INFINITY,
        };
        let mut count = 0.0;
        for value in values.iter().filter(|value| !value.is_nan()) {
            spread.min = spread.min.min(*value);
            spread.max = spread.max.max(*value);
            spread.avg += value;
            count += 1.0;
        }
        spread.avg /= count;
        (count > 0.0).then_some(spread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_taken_over_numbers_and_the_last_is_the_last() {
        let summary = Summary::of(&[0, 60, 120, 180], &[1.0, f64::NAN, 5.0, f64::NAN], 60);
        assert!(summary.last.unwrap().is_nan());
        assert_eq!(
            summary.spread,
            Some(Spread {
                min: 1.0,
                avg: 3.0,
                max: 5.0
            })
        );
        assert_eq!((summary.points, summary.gaps), (4, 0));
    }

    #[test]
    fn a_gap_counts_once_however_long() {
        assert_eq!(Summary::of(&[0, 60, 600, 660, 780], &[0.0; 5], 60).gaps, 2);
    }

    #[test]
    fn nothing_has_no_spread() {
        let summary = Summary::of(&[], &[], 60);
        assert_eq!(
            summary,
            Summary {
                last: None,
                spread: None,
                points: 0,
                gaps: 0
            }
        );
        assert_eq!(Summary::of(&[0], &[f64::NAN], 60).spread, None);
    }
}

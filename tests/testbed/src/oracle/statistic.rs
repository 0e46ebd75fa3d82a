//! The statistics that make one value of many.

/// One value for many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// Their mean.
    Avg,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The latest; of members at one instant it has no meaning.
    Last,
    /// The value below which this part of them lies, 0 to 1, interpolated between the two nearest: rank `q * (n - 1)`.
    Quantile(f64),
}

impl Statistic {
    /// The statistic of values in order of time; none of none.
    #[must_use]
    pub fn of(self, values: &[f64]) -> Option<f64> {
        let last = *values.last()?;
        Some(match self {
            Self::Avg => values.iter().sum::<f64>() / values.len() as f64,
            Self::Max => values.iter().copied().fold(f64::NAN, f64::max),
            Self::Min => values.iter().copied().fold(f64::NAN, f64::min),
            Self::Last => last,
            Self::Quantile(part) => {
                let mut sorted = values.to_vec();
                sorted.sort_by(f64::total_cmp);
                let rank = part.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
                let weight = rank.fract();
                let at = |index: usize| sorted.get(index).or(sorted.last()).copied();
                let below = rank as usize;
                at(below)? * (1.0 - weight) + at(below + 1)? * weight
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_statistic_of_a_few_values_is_what_it_says() {
        let values = [3.0, 1.0, 2.0, 10.0];
        for (statistic, expected) in [
            (Statistic::Avg, 4.0),
            (Statistic::Max, 10.0),
            (Statistic::Min, 1.0),
            (Statistic::Last, 10.0),
            (Statistic::Quantile(0.0), 1.0),
            (Statistic::Quantile(0.5), 2.5),
            (Statistic::Quantile(0.9), 3.0 * 0.3 + 10.0 * 0.7),
            (Statistic::Quantile(1.0), 10.0),
        ] {
            let value = statistic.of(&values).unwrap();
            assert!((value - expected).abs() < 1e-12, "{statistic:?} {value}");
            assert_eq!(statistic.of(&[]), None);
        }
    }
}

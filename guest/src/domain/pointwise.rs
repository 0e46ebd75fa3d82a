//! The statistic that a point stands for, where it is not the group's value at its instant: of what, over how long.

use std::num::NonZeroU32;

use super::error::QueryError;
use super::label::Dimension;

/// The statistic that makes one of many values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// Their mean.
    Avg,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The latest.
    Last,
    /// The value below which that part of them lies, 0 to 1, interpolated between the two nearest.
    Quantile(f64),
}

impl Statistic {
    /// The head of a PromQL call that applies it over a range vector.
    pub(super) fn over_time(self) -> String {
        match self {
            Self::Avg => "avg_over_time(".to_owned(),
            Self::Max => "max_over_time(".to_owned(),
            Self::Min => "min_over_time(".to_owned(),
            Self::Last => "last_over_time(".to_owned(),
            Self::Quantile(q) => format!("quantile_over_time({q}, "),
        }
    }

    /// The PromQL aggregation that applies it over members, and its parameter.
    pub(super) fn over_members(self) -> (&'static str, Option<f64>) {
        match self {
            Self::Avg => ("avg", None),
            Self::Max => ("max", None),
            Self::Min => ("min", None),
            // Refused by `checked`; the largest is at least one of them.
            Self::Last => ("max", None),
            Self::Quantile(q) => ("quantile", Some(q)),
        }
    }

    /// The statistic of some values, in any order. Not-a-numbers come before all numbers, as Prometheus has it for
    /// quantiles; none of no values.
    pub fn of(self, values: &mut [f64]) -> Option<f64> {
        let latest = *values.last()?;
        let numbers = || values.iter().copied().filter(|value| !value.is_nan());
        Some(match self {
            Self::Avg => values.iter().sum::<f64>() / values.len() as f64,
            Self::Max => numbers().reduce(f64::max).unwrap_or(f64::NAN),
            Self::Min => numbers().reduce(f64::min).unwrap_or(f64::NAN),
            Self::Last => latest,
            Self::Quantile(q) => quantile(q, values)?,
        })
    }
}

/// By linear interpolation at the rank `q * (n - 1)`: Prometheus's definition, and numpy's default.
fn quantile(q: f64, values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(|a, b| a.is_nan().cmp(&b.is_nan()).reverse().then(a.total_cmp(b)));
    let rank = q * (values.len() - 1) as f64;
    let lower = values.get(rank.floor() as usize)?;
    let upper = values.get(rank.ceil() as usize)?;
    let weight = rank - rank.floor();
    // As Prometheus computes it, so that equal samples give equal bits.
    Some(lower * (1.0 - weight) + upper * weight)
}

/// The values that a point sums up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// The group's, within the window.
    Time,
    /// The members' at the point's instant.
    Members(Dimension),
    /// All values of all members within the window.
    Both(Dimension),
}

/// The statistic that a point stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pointwise {
    /// The statistic.
    pub statistic: Statistic,
    /// The values that are summed up.
    pub over: Over,
    /// Seconds that a point looks back; none: the step.
    pub window: Option<u32>,
}

impl Pointwise {
    /// Returns true if its values are those of some time before the point.
    pub(super) fn looks_back(&self) -> bool {
        matches!(self.over, Over::Time | Over::Both(_))
    }

    /// Checks what must hold of it whatever the query.
    pub(super) fn checked(&self, sample_interval: NonZeroU32) -> Result<(), QueryError> {
        if let Statistic::Quantile(q) = self.statistic
            && !(0.0..=1.0).contains(&q)
        {
            return Err(QueryError::Quantile(q.to_string()));
        }
        if let Over::Members(dimension) | Over::Both(dimension) = self.over {
            if matches!(dimension, Dimension::MetricName | Dimension::ValueType) {
                return Err(QueryError::NoMembers);
            }
            if self.statistic == Statistic::Last {
                return Err(QueryError::LastOfMembers);
            }
        }
        match (self.over, self.window) {
            (Over::Members(_), Some(_)) => Err(QueryError::WindowOfInstant),
            (_, Some(window)) if u64::from(window) < 2 * u64::from(sample_interval.get()) => {
                Err(QueryError::ShortWindow {
                    window,
                    least: 2 * u64::from(sample_interval.get()),
                })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_interpolated_as_prometheus_and_numpy_do() {
        let of = |q, values: &[f64]| Statistic::Quantile(q).of(&mut values.to_vec()).unwrap();
        assert_eq!(of(0.5, &[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(of(0.95, &[0.0, 10.0]), 9.5);
        assert_eq!(of(0.0, &[3.0, 1.0]), 1.0);
        assert_eq!(of(1.0, &[3.0, 1.0]), 3.0);
        assert_eq!(of(0.3, &[7.0]), 7.0);
        assert_eq!(Statistic::Quantile(0.5).of(&mut []), None);
        // Not-a-numbers come first.
        assert!(of(0.0, &[1.0, f64::NAN]).is_nan());
        assert_eq!(of(1.0, &[1.0, f64::NAN]), 1.0);
    }

    #[test]
    fn extremes_pass_over_not_a_numbers_and_a_mean_does_not() {
        let values = [f64::NAN, 2.0, 1.0];
        assert_eq!(Statistic::Max.of(&mut values.clone()), Some(2.0));
        assert_eq!(Statistic::Min.of(&mut values.clone()), Some(1.0));
        assert!(Statistic::Avg.of(&mut values.clone()).unwrap().is_nan());
        assert_eq!(Statistic::Last.of(&mut values.clone()), Some(1.0));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_reason() {
        let interval = NonZeroU32::new(15).unwrap();
        let check = |statistic, over, window| {
            Pointwise {
                statistic,
                over,
                window,
            }
            .checked(interval)
        };
        let kernels = Over::Members(Dimension::KernelId);
        assert_eq!(check(Statistic::Quantile(0.95), kernels, None), Ok(()));
        for q in [-0.1, 1.1, f64::NAN] {
            assert_eq!(
                check(Statistic::Quantile(q), Over::Time, None),
                Err(QueryError::Quantile(q.to_string()))
            );
        }
        assert_eq!(
            check(Statistic::Last, kernels, None),
            Err(QueryError::LastOfMembers)
        );
        assert_eq!(
            check(Statistic::Max, Over::Both(Dimension::ValueType), None),
            Err(QueryError::NoMembers)
        );
        assert_eq!(
            check(Statistic::Max, kernels, Some(60)),
            Err(QueryError::WindowOfInstant)
        );
        assert_eq!(
            check(Statistic::Max, Over::Time, Some(29)),
            Err(QueryError::ShortWindow {
                window: 29,
                least: 30
            })
        );
    }
}

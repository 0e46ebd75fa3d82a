//! The arithmetic of two values at a point, and of two series. A side that is missing and a divisor of zero make gaps,
//! which are counted: no number is made up.

use super::error::DerivedError;

/// A computation of two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The first divided by the second.
    Ratio,
    /// A hundred times that.
    Percent,
    /// The first less the second.
    Difference,
    /// Both together.
    Sum,
}

/// The points of a series: times and their values.
pub type Points<'a> = (&'a [i64], &'a [f64]);

/// Points of a group that have no value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Because one side has none.
    pub missing_sides: u64,
    /// Because the divisor is zero.
    pub zero_divisors: u64,
}

impl Operation {
    /// The unit of what becomes of sides with these units.
    pub(super) fn unit(
        self,
        units: (Option<&str>, Option<&str>),
    ) -> Result<Option<String>, DerivedError> {
        Ok(match (self, units) {
            (Self::Percent, _) => Some("percent".to_owned()),
            (_, (None, _) | (_, None)) => None,
            (Self::Ratio, (Some(first), Some(second))) if first == second => {
                Some("ratio".to_owned())
            }
            (Self::Ratio, (Some(first), Some(second))) => Some(format!("{first}/{second}")),
            (_, (Some(first), Some(second))) if first == second => Some(first.to_owned()),
            (_, (Some(first), Some(second))) => {
                return Err(DerivedError::UnlikeUnits {
                    first: first.to_owned(),
                    second: second.to_owned(),
                });
            }
        })
    }

    /// Both queries as one expression.
    pub(super) fn promql(self, first: &str, second: &str) -> String {
        let (factor, sign) = match self {
            Self::Ratio => ("", '/'),
            Self::Percent => ("100 * ", '/'),
            Self::Difference => ("", '-'),
            Self::Sum => ("", '+'),
        };
        format!("{factor}({first}) {sign} ({second})")
    }

    /// Derives the result from two values; none: the divisor is zero.
    fn of(self, first: f64, second: f64) -> Option<f64> {
        match self {
            Self::Ratio | Self::Percent if second == 0.0 => None,
            Self::Ratio => Some(first / second),
            Self::Percent => Some(100.0 * first / second),
            Self::Difference => Some(first - second),
            Self::Sum => Some(first + second),
        }
    }

    /// Derives the result from two series, whose times ascend. Gaps are added to those before.
    pub fn join(
        self,
        (times, values): Points<'_>,
        (other_times, other_values): Points<'_>,
        gaps: &mut Gaps,
    ) -> (Vec<i64>, Vec<f64>) {
        let mut others = other_times.iter().zip(other_values).peekable();
        let (mut joined_times, mut joined_values) = (Vec::new(), Vec::new());
        let mut met = 0_u64;
        for (time, value) in times.iter().zip(values) {
            while others.next_if(|(other, _)| *other < time).is_some() {}
            let Some((_, other)) = others.next_if(|(other, _)| *other == time) else {
                continue;
            };
            met += 1;
            match self.of(*value, *other) {
                None => gaps.zero_divisors += 1,
                Some(value) => {
                    joined_times.push(*time);
                    joined_values.push(value);
                }
            }
        }
        let alone = |all: &[i64]| (all.len() as u64).saturating_sub(met);
        gaps.missing_sides += alone(times) + alone(other_times);
        (joined_times, joined_values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f64 = f64::NAN;

    #[test]
    fn a_side_that_is_missing_and_a_divisor_of_zero_are_gaps_and_counted() {
        let mut gaps = Gaps::default();
        let first = (&[0, 1, 2, 3, 5][..], &[1.0, 2.0, 3.0, NAN, 5.0][..]);
        let second = (&[1, 2, 3, 4][..], &[4.0, -0.0, 2.0, 1.0][..]);
        let (times, values) = Operation::Ratio.join(first, second, &mut gaps);
        assert_eq!(times, [1, 3]);
        assert_eq!(values[0], 0.5);
        // A value that is no number is there, and so is what becomes of it.
        assert!(values[1].is_nan());
        assert_eq!(
            gaps,
            Gaps {
                missing_sides: 3,
                zero_divisors: 1
            }
        );
        let (times, _) = Operation::Sum.join(first, second, &mut gaps);
        assert_eq!(times, [1, 2, 3]);
        assert_eq!((gaps.missing_sides, gaps.zero_divisors), (6, 1));
    }

    #[test]
    fn each_computation_is_what_its_name_says() {
        let of = |operation: Operation| operation.of(3.0, 4.0);
        assert_eq!(of(Operation::Ratio), Some(0.75));
        assert_eq!(of(Operation::Percent), Some(75.0));
        assert_eq!(of(Operation::Difference), Some(-1.0));
        assert_eq!(of(Operation::Sum), Some(7.0));
        assert_eq!(Operation::Percent.of(1.0, 0.0), None);
        assert_eq!(Operation::Difference.of(1.0, 0.0), Some(1.0));
    }

    #[test]
    fn units_follow_where_both_are_known_and_unlike_ones_do_not_add_up() {
        let unit = |operation: Operation, first, second| operation.unit((first, second));
        let (bytes, watts) = (Some("bytes"), Some("watts"));
        assert_eq!(
            unit(Operation::Percent, None, None),
            Ok(Some("percent".into()))
        );
        assert_eq!(
            unit(Operation::Ratio, bytes, bytes),
            Ok(Some("ratio".into()))
        );
        assert_eq!(
            unit(Operation::Ratio, bytes, watts),
            Ok(Some("bytes/watts".into()))
        );
        assert_eq!(unit(Operation::Sum, bytes, bytes), Ok(Some("bytes".into())));
        assert_eq!(unit(Operation::Sum, bytes, None), Ok(None));
        assert!(unit(Operation::Difference, bytes, watts).is_err());
    }
}

//! The deviations from the expected values that count.

use std::num::NonZeroU32;

use super::band::Band;
use super::error::InsightError;

/// The side of a band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// On either.
    #[default]
    Both,
    /// Above.
    Above,
    /// Below.
    Below,
}

/// The deviations that count, as they were given.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ToleranceInput {
    /// Half the width of the band, in deviations.
    pub sensitivity: Option<f64>,
    /// The side on which deviations count.
    pub direction: Direction,
    /// The least deviation.
    pub min_deviation: Option<f64>,
    /// The least deviation, as a part of the expected value.
    pub min_relative_deviation: Option<f64>,
    /// Points in a row.
    pub min_points: Option<u32>,
}

/// The deviations that count, checked. The defaults depend on the strategy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    sensitivity: Option<f64>,
    /// The side on which deviations count.
    pub direction: Direction,
    min_deviation: f64,
    min_relative_deviation: Option<f64>,
    /// Points in a row: 3, a quarter of an hour at the step of 5 minutes.
    pub min_points: NonZeroU32,
}

impl TryFrom<ToleranceInput> for Tolerance {
    type Error = InsightError;

    fn try_from(input: ToleranceInput) -> Result<Self, InsightError> {
        let checked = |field, given: Option<f64>, least: f64, accepted| match given {
            Some(given) if !(given.is_finite() && given >= least) => {
                Err(InsightError::OutOfRange {
                    field,
                    given: given.to_string(),
                    accepted,
                })
            }
            given => Ok(given),
        };
        let min_points = input.min_points.unwrap_or(3);
        Ok(Self {
            sensitivity: checked(
                "tolerance.sensitivity",
                input.sensitivity,
                f64::MIN_POSITIVE,
                "a number above 0, such as 3",
            )?,
            direction: input.direction,
            min_deviation: checked(
                "tolerance.min-deviation",
                input.min_deviation,
                0.0,
                "a number not below 0, in the unit of the values",
            )?
            .unwrap_or(0.0),
            min_relative_deviation: checked(
                "tolerance.min-relative-deviation",
                input.min_relative_deviation,
                0.0,
                "a number not below 0, such as 0.1",
            )?,
            min_points: NonZeroU32::new(min_points).ok_or_else(|| InsightError::OutOfRange {
                field: "tolerance.min-points",
                given: min_points.to_string(),
                accepted: "at least 1",
            })?,
        })
    }
}

impl Tolerance {
    /// Below it a deviation is rounding.
    const LEAST: f64 = 1e-9;
    /// Likewise, of what is expected.
    const LEAST_PART: f64 = 1e-12;

    /// The number of deviations in half the width of a band: `default`, unless another was asked for.
    pub(super) fn sensitivity(&self, default: f64) -> f64 {
        self.sensitivity.unwrap_or(default)
    }

    /// The band around what is expected.
    pub(super) fn band(&self, expected: f64, deviation: f64) -> Band {
        let half = self.sensitivity(3.0) * deviation;
        self.widened(
            Band {
                expected,
                lower: expected - half,
                upper: expected + half,
            },
            0.1,
        )
    }

    /// A band that no deviation leaves which does not count.
    pub(super) fn widened(&self, band: Band, default_part: f64) -> Band {
        let size = band.expected.abs();
        let part = self.min_relative_deviation.unwrap_or(default_part);
        let half = (part * size)
            .max(self.min_deviation)
            .max(Self::LEAST)
            .max(Self::LEAST_PART * size);
        Band {
            expected: band.expected,
            lower: band.lower.min(band.expected - half),
            upper: band.upper.max(band.expected + half),
        }
    }

    /// Returns true if deviations on that side count.
    pub(super) fn counts(&self, above: bool) -> bool {
        match self.direction {
            Direction::Both => true,
            Direction::Above => above,
            Direction::Below => !above,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_series_has_a_band_all_the_same() {
        let tolerance = Tolerance::try_from(ToleranceInput::default()).unwrap();
        let band = tolerance.band(100.0, 0.0);
        assert_eq!((band.lower, band.upper), (90.0, 110.0));
        let at_zero = tolerance.band(0.0, 0.0);
        assert_eq!((at_zero.lower, at_zero.upper), (-1e-9, 1e-9));
        let least = Tolerance::try_from(ToleranceInput {
            min_deviation: Some(20.0),
            ..Default::default()
        });
        assert_eq!(least.unwrap().band(100.0, 1.0).upper, 120.0);
        // Half the width counts, where it is more than the least.
        assert_eq!(tolerance.band(100.0, 5.0).lower, 85.0);
    }

    #[test]
    fn what_makes_no_band_is_refused() {
        for input in [
            ToleranceInput {
                sensitivity: Some(0.0),
                ..Default::default()
            },
            ToleranceInput {
                sensitivity: Some(f64::NAN),
                ..Default::default()
            },
            ToleranceInput {
                min_deviation: Some(-1.0),
                ..Default::default()
            },
            ToleranceInput {
                min_relative_deviation: Some(f64::INFINITY),
                ..Default::default()
            },
            ToleranceInput {
                min_points: Some(0),
                ..Default::default()
            },
        ] {
            assert!(
                matches!(
                    Tolerance::try_from(input),
                    Err(InsightError::OutOfRange { .. })
                ),
                "{input:?}"
            );
        }
    }
}

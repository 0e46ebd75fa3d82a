//! The detection of anomalies in a series by itself, and the verdict on it.

use super::anomalies::{Anomaly, find};
use super::band::Band;
use super::dense::Dense;
use super::error::InsightError;
use super::robust::LEAST_VALUES;
use super::tolerance::{Tolerance, ToleranceInput};
use super::{adaptive, robust, seasonal};

const HOUR: u32 = 3600;
const DAY: u32 = 24 * HOUR;

/// The way in which the expected values are learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// From the same time of the seasons before.
    Seasonal,
    /// From all of the lookback.
    Robust,
    /// By Grafana's rules.
    Adaptive,
}

impl Strategy {
    /// Seconds that are learnt from, where nothing else was asked for.
    fn lookback(this: Option<Self>, season: u32) -> u32 {
        match this {
            None | Some(Self::Seasonal) => season.saturating_mul(7),
            Some(Self::Robust) => DAY,
            Some(Self::Adaptive) => 27 * HOUR,
        }
    }

    /// The least lookback, and why.
    fn least_lookback(this: Option<Self>, season: u32, step: u32) -> (u32, &'static str) {
        match this {
            Some(Self::Seasonal) => (season.saturating_mul(2), "two seasons"),
            _ => (
                step.saturating_mul(u32::try_from(LEAST_VALUES).unwrap_or(u32::MAX)),
                "twelve points",
            ),
        }
    }
}

/// The settings of a detection, as they were given.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct DetectionInput {
    /// The way in which the expected values are learnt.
    pub strategy: Option<Strategy>,
    /// The deviations that count.
    pub tolerance: ToleranceInput,
    /// Seconds before each point that are learnt from.
    pub lookback: Option<u32>,
    /// Seconds of a season.
    pub season: Option<u32>,
}

/// The settings of a detection, checked for a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// The way in which the expected values are learnt; none: as each series allows.
    pub strategy: Option<Strategy>,
    /// The deviations that count.
    pub tolerance: Tolerance,
    /// Seconds before each point that are learnt from, a multiple of the step.
    pub lookback: u32,
    /// Seconds of a season, likewise.
    season: u32,
    step: u32,
}

impl Detection {
    /// A shorter one has no time around which others are not.
    const SHORTEST_SEASON: u32 = 2 * HOUR;

    /// Checks it for a range of so many seconds at a step, where both the range and the lookback must be within the most.
    ///
    /// # Errors
    /// Fails if the expected values cannot be learnt so.
    pub(super) fn new(
        input: DetectionInput,
        step: u32,
        range: u64,
        most: u64,
    ) -> Result<Self, InsightError> {
        let tolerance = input.tolerance.try_into()?;
        let season = input.season.unwrap_or(DAY);
        if season < Self::SHORTEST_SEASON {
            return Err(InsightError::OutOfRange {
                field: "detection.season",
                given: format!("{season} s"),
                accepted: "at least 7200 s, two hours",
            });
        }
        let is_seasonal = matches!(input.strategy, None | Some(Strategy::Seasonal));
        if is_seasonal && !season.is_multiple_of(step) {
            return Err(InsightError::SeasonOffStep { season, step });
        }
        let (least, why) = Strategy::least_lookback(input.strategy, season, step);
        let room = most.saturating_sub(range);
        let too_long = |lookback: u32| InsightError::LongLookback {
            range,
            lookback: u64::from(lookback),
            maximum: most,
        };
        let lookback = match input.lookback {
            Some(lookback) if lookback < least => {
                return Err(InsightError::ShortLookback {
                    lookback,
                    least,
                    why,
                });
            }
            Some(lookback) if u64::from(lookback) > room => return Err(too_long(lookback)),
            Some(lookback) => lookback,
            None if u64::from(least) > room => return Err(too_long(least)),
            None => Strategy::lookback(input.strategy, season)
                .max(least)
                .min(u32::try_from(room).unwrap_or(u32::MAX)),
        };
        Ok(Self {
            strategy: input.strategy,
            tolerance,
            // Down, so that it stays within what is allowed.
            lookback: (lookback - lookback % step).max(step),
            season,
            step,
        })
    }

    /// The most values that the band of a point is made of.
    pub(super) fn values_a_band(&self) -> u64 {
        let points = |seconds: u32| u64::from(seconds / self.step) + 1;
        let seasonal = u64::from(self.lookback / self.season) * points(2 * seasonal::AROUND);
        match self.strategy {
            Some(Strategy::Seasonal) => seasonal,
            Some(Strategy::Robust | Strategy::Adaptive) => points(self.lookback),
            None => seasonal + points(self.lookback.min(DAY)),
        }
    }
}

/// The verdict on a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The bands from the first watched place on.
    pub bands: Vec<Band>,
    /// The anomalies found.
    pub anomalies: Vec<Anomaly>,
    /// The number of values learnt from before that place.
    pub learnt: usize,
    /// The strategy used.
    pub strategy: Strategy,
}

/// Looks at a series from a place on; what stands before is learnt from.
pub fn look(series: &Dense, from: usize, detection: &Detection) -> Verdict {
    let tolerance = &detection.tolerance;
    let seasonal = || {
        seasonal::bands(
            series,
            from,
            detection.lookback,
            detection.season,
            tolerance,
        )
    };
    let (strategy, bands) = match detection.strategy {
        Some(Strategy::Seasonal) => (Strategy::Seasonal, seasonal()),
        Some(Strategy::Adaptive) => (
            Strategy::Adaptive,
            adaptive::bands(series, from, detection.lookback, tolerance),
        ),
        Some(Strategy::Robust) => (
            Strategy::Robust,
            robust::bands(series, from, detection.lookback, tolerance),
        ),
        None => match seasonal() {
            bands if bands.iter().any(Band::is_some) => (Strategy::Seasonal, bands),
            _ => {
                let day = detection.lookback.min(DAY);
                (
                    Strategy::Robust,
                    robust::bands(series, from, day, tolerance),
                )
            }
        },
    };
    let learnt = (0..from.min(series.len()))
        .filter(|&place| series.learnable(place).is_some())
        .count();
    Verdict {
        anomalies: find(series, from, &bands, tolerance),
        bands,
        learnt,
        strategy,
    }
}

impl Verdict {
    /// Finds the anomalies of a member that is compared with others.
    pub fn of_member(member: &Dense, bands: &[Band], tolerance: &Tolerance) -> Vec<Anomaly> {
        find(member, 0, bands, tolerance)
    }
}

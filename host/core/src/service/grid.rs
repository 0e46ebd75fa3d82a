//! The points of a range: what a plan, a page or a result promises, and what its series are held to.
//!
//! Times are Unix milliseconds. Knows neither plans nor streams.

use super::validate::broken;
use crate::contract::{
    defaults::MAX_RANGE,
    error::CallError,
    types::{Config, Series},
};

/// The steps by which a span may be longer than the range that was asked for: each of its ends is moved to the grid.
const ROUNDED: u64 = 2;

/// The instants from a first one to a last one, a step apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    start: i64,
    end: i64,
    /// Milliseconds, never 0.
    step: u64,
}

impl Grid {
    /// The grid of a span with a step in seconds, no longer than the configuration lets a range be.
    ///
    /// # Errors
    /// A step of 0, an end before the start, a span that is too long: the contract is broken.
    pub(crate) fn new(
        (start, end): (i64, i64),
        step: u32,
        config: &Config,
    ) -> Result<Self, CallError> {
        if step == 0 {
            return Err(broken("steps of 0 s".to_owned()));
        }
        if end < start {
            return Err(broken(format!("a span from {start} back to {end}")));
        }
        let step = u64::from(step) * 1000;
        let longest = u64::from(config.max_range.unwrap_or(MAX_RANGE)) * 1000;
        if end.abs_diff(start) > longest.saturating_add(ROUNDED * step) {
            return Err(broken(format!(
                "a span from {start} to {end}, where a range of {longest} ms is the longest"
            )));
        }
        Ok(Self { start, end, step })
    }

    /// The first instant.
    pub(crate) fn start(&self) -> i64 {
        self.start
    }

    /// The last instant.
    pub(crate) fn end(&self) -> i64 {
        self.end
    }

    /// The instant after the last one. None: there is none.
    pub(crate) fn next(&self) -> Option<i64> {
        self.end.checked_add_unsigned(self.step)
    }

    /// Finds that every sample lies on the grid.
    ///
    /// # Errors
    /// The first that does not: the contract is broken.
    pub(crate) fn check(&self, series: &[Series]) -> Result<(), CallError> {
        self.check_instants(series.iter().flat_map(|series| &series.timestamps))
    }

    /// Finds that every instant lies on the grid.
    ///
    /// # Errors
    /// The first that does not: the contract is broken.
    pub(crate) fn check_instants<'a>(
        &self,
        instants: impl IntoIterator<Item = &'a i64>,
    ) -> Result<(), CallError> {
        match instants.into_iter().find(|at| !self.has(**at)) {
            None => Ok(()),
            Some(at) => Err(broken(format!(
                "a sample at {at}, which is none of the points from {} to {}, {} ms apart",
                self.start, self.end, self.step
            ))),
        }
    }

    fn has(&self, at: i64) -> bool {
        (self.start..=self.end).contains(&at) && at.abs_diff(self.start).is_multiple_of(self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(start: i64, end: i64, step: u32) -> Result<Grid, CallError> {
        Grid::new((start, end), step, &Config::new(""))
    }

    #[test]
    fn a_span_that_goes_back_stands_still_or_is_longer_than_any_range_breaks_the_contract() {
        const LONGEST: i64 = 604_800_000;
        for (start, end, step, sound) in [
            (0, 0, 1, true),
            (0, LONGEST, 60, true),
            (-60_000, LONGEST + 60_000, 60, true),
            (0, LONGEST + 120_001, 60, false),
            (i64::MIN, i64::MAX, 1, false),
            (1, 0, 1, false),
            (0, 0, 0, false),
        ] {
            assert_eq!(grid(start, end, step).is_ok(), sound, "{start} {end}");
        }
        let long = Config {
            max_range: Some(u32::MAX),
            ..Config::new("")
        };
        assert!(Grid::new((0, LONGEST * 2), 60, &long).is_ok());
    }

    #[test]
    fn a_sample_beside_the_grid_or_outside_of_it_breaks_the_contract() {
        let grid = grid(-7_000, 14_000, 7).unwrap();
        assert_eq!(grid.next(), Some(21_000));
        for (at, sound) in [
            (-7_000, true),
            (0, true),
            (14_000, true),
            (1, false),
            (21_000, false),
            (-14_000, false),
            (i64::MIN, false),
            (i64::MAX, false),
        ] {
            let series = Series {
                labels: Vec::new(),
                timestamps: vec![-7_000, at],
                values: vec![1.0, 2.0],
            };
            assert_eq!(grid.check(&[series]).is_ok(), sound, "{at}");
        }
    }
}

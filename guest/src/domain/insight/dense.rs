//! A series on its grid, a place for each point, so that what is so many seconds away is so many places away.

use crate::domain::Grid;

/// The values of a series at all points of a grid; what is missing is not a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    grid: Grid,
    values: Vec<f64>,
    /// True at each place where the series has a value, even one that is no number.
    there: Vec<bool>,
}

impl Dense {
    /// The points of a series, Unix milliseconds, on this grid; others are left out.
    pub fn of(grid: Grid, timestamps: &[i64], values: &[f64]) -> Self {
        let points = usize::try_from(grid.points()).unwrap_or(0);
        let mut dense = Self {
            grid,
            values: vec![f64::NAN; points],
            there: vec![false; points],
        };
        for (&at, &value) in timestamps.iter().zip(values) {
            let place = (at - grid.start() * 1000).div_euclid(i64::from(grid.step()) * 1000);
            let place = usize::try_from(place).unwrap_or(usize::MAX);
            if let (Some(slot), Some(there)) =
                (dense.values.get_mut(place), dense.there.get_mut(place))
            {
                *slot = value;
                *there = true;
            }
        }
        dense
    }

    /// The value at a place; what is missing, or beyond, is not a number.
    pub fn at(&self, place: usize) -> f64 {
        self.values.get(place).copied().unwrap_or(f64::NAN)
    }

    /// The value to learn from at a place: a finite number.
    pub(super) fn learnable(&self, place: usize) -> Option<f64> {
        self.values.get(place).copied().filter(|v| v.is_finite())
    }

    /// Returns true if the series has a value at a place.
    pub fn is_there(&self, place: usize) -> bool {
        self.there.get(place).copied().unwrap_or(false)
    }

    /// The number of places.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns true if there is no place.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The instant of a place, Unix milliseconds.
    pub fn instant(&self, place: usize) -> i64 {
        let steps = i64::try_from(place).unwrap_or(i64::MAX);
        (self.grid.start() + steps.saturating_mul(i64::from(self.grid.step()))) * 1000
    }

    /// The number of places in so many seconds, rounded down.
    pub(super) fn places(&self, seconds: u32) -> usize {
        usize::try_from(seconds / self.grid.step()).unwrap_or(usize::MAX)
    }
}

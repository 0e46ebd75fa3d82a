//! The values of windows that move along a series, kept sorted: a step costs a few values, not the whole window.

use super::dense::Dense;
use super::numbers::{NORMAL, median, median_absolute_deviation};

/// Places from one on up to another, which is not among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Window {
    from: usize,
    to: usize,
    /// Numbers within.
    numbers: usize,
}

/// Windows over one series. They only ever move forward.
#[derive(Debug)]
pub(super) struct Sliding<'a> {
    series: &'a Dense,
    windows: Vec<Window>,
    sorted: Vec<f64>,
}

impl<'a> Sliding<'a> {
    /// Makes so many windows, all empty.
    pub(super) fn new(series: &'a Dense, windows: usize) -> Self {
        Self {
            series,
            windows: vec![Window::default(); windows],
            sorted: Vec::new(),
        }
    }

    /// Moves a window on.
    pub(super) fn slide(&mut self, window: usize, from: usize, to: usize) {
        let Some(mut moved) = self.windows.get(window).copied() else {
            return;
        };
        let (old_from, old_to) = (moved.from, moved.to);
        moved.from = from.max(old_from);
        moved.to = to.max(old_to).max(moved.from);
        for place in old_from..old_to.min(moved.from) {
            moved.numbers -= usize::from(self.remove(place));
        }
        for place in old_to.max(moved.from)..moved.to {
            moved.numbers += usize::from(self.insert(place));
        }
        if let Some(window) = self.windows.get_mut(window) {
            *window = moved;
        }
    }

    /// The number of windows that have numbers.
    pub(super) fn filled(&self) -> usize {
        self.windows.iter().filter(|w| w.numbers > 0).count()
    }

    /// The number of numbers in all windows.
    pub(super) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// The median of all windows' numbers, and their deviation from it as that of a normal distribution.
    pub(super) fn middle(&self) -> (f64, f64) {
        let middle = median(&self.sorted);
        let deviation = NORMAL * median_absolute_deviation(&self.sorted, middle);
        (middle, deviation)
    }

    fn insert(&mut self, place: usize) -> bool {
        let Some(value) = self.series.learnable(place) else {
            return false;
        };
        let at = self.sorted.partition_point(|v| v.total_cmp(&value).is_lt());
        self.sorted.insert(at, value);
        true
    }

    fn remove(&mut self, place: usize) -> bool {
        let Some(value) = self.series.learnable(place) else {
            return false;
        };
        let at = self.sorted.partition_point(|v| v.total_cmp(&value).is_lt());
        if at < self.sorted.len() {
            self.sorted.remove(at);
        }
        true
    }
}

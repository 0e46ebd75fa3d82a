//! The instants that have a point.

/// Instants a step apart, Unix seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Grid {
    /// The first instant.
    pub first: i64,
    /// No instant after this. Before `first`: there is none.
    pub last: i64,
    /// Seconds between two, at least 1.
    pub step: i64,
}

impl Grid {
    /// The grid of values that are read at an instant: from the instant at or before `start` to the one at or before
    /// `end`. Instants are multiples of the step in the clock that is `utc_offset` seconds ahead of UTC.
    #[must_use]
    pub fn of_instants(start: i64, end: i64, step: i64, utc_offset: i64) -> Self {
        let floor = |time: i64| (time + utc_offset).div_euclid(step) * step - utc_offset;
        Self {
            first: floor(start),
            last: floor(end),
            step,
        }
    }

    /// The grid of values that are read off the time before an instant: the first stands for time within the range, and
    /// the last reaches its end. No point stands for time wholly before the range.
    #[must_use]
    pub fn of_windows(start: i64, end: i64, step: i64, utc_offset: i64) -> Self {
        // The instant after the one at or before the second that precedes.
        Self {
            first: Self::of_instants(start, start, step, utc_offset).first + step,
            last: Self::of_instants(end - 1, end - 1, step, utc_offset).last + step,
            step,
        }
    }

    /// The instants, ascending.
    pub fn instants(self) -> impl Iterator<Item = i64> {
        let count = (self.last - self.first).div_euclid(self.step) + 1;
        (0..count.max(0)).map(move |number| self.first + number * self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    #[test]
    fn days_begin_where_the_callers_do_and_the_last_one_is_covered() {
        let midnight = 20 * DAY;
        let two_days = Grid::of_windows(midnight, midnight + 2 * DAY - 60, DAY, 0);
        let instants: Vec<i64> = two_days.instants().collect();
        assert_eq!(instants, [midnight + DAY, midnight + 2 * DAY]);
        // The same days in Seoul, nine hours earlier.
        let seoul = midnight - 9 * 3600;
        let instants: Vec<i64> = Grid::of_windows(seoul, seoul + 2 * DAY, DAY, 9 * 3600)
            .instants()
            .collect();
        assert_eq!(instants, [seoul + DAY, seoul + 2 * DAY]);
    }

    #[test]
    fn a_range_within_a_step_has_one_point_at_its_end_or_before_it() {
        let (start, end) = (10 * 3600 + 600, 10 * 3600 + 3000);
        let windows: Vec<i64> = Grid::of_windows(start, end, 3600, 0).instants().collect();
        assert_eq!(windows, [11 * 3600]);
        let instants: Vec<i64> = Grid::of_instants(start, end, 3600, 0).instants().collect();
        assert_eq!(instants, [10 * 3600]);
    }
}

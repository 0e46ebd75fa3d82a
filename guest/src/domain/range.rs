//! The time range of a query and the grid of points laid over it.

use std::num::NonZeroU32;

use super::error::{Limit, QueryError, head};
use super::settings::Settings;
use super::time::Timestamp;

/// From a first to a last instant, as asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    start: Timestamp,
    end: Timestamp,
}

impl TimeRange {
    /// Reads both ends.
    ///
    /// # Errors
    /// A time that cannot be read, or an end before the start.
    pub fn parse(start: &str, end: &str) -> Result<Self, QueryError> {
        let read = |field, text: &str| {
            Timestamp::parse(text).ok_or_else(|| QueryError::UnreadableTime {
                field,
                text: head(text),
                hint: match Timestamp::looks_like_millis(text) {
                    true => ": it looks like milliseconds, seconds are wanted",
                    false => "",
                },
            })
        };
        let range = Self {
            start: read("start", start)?,
            end: read("end", end)?,
        };
        if range.end < range.start {
            return Err(QueryError::EndBeforeStart {
                start: head(start),
                end: head(end),
            });
        }
        Ok(range)
    }

    fn millis(self) -> u64 {
        self.end.millis().abs_diff(self.start.millis())
    }

    /// The documented step for a range of this length, in seconds.
    pub(super) fn guided_step(self) -> u32 {
        const MINUTE: u64 = 60_000;
        const HOUR: u64 = 60 * MINUTE;
        match self.millis() {
            length if length <= 30 * MINUTE => 30,
            length if length < HOUR => 60,
            length if length <= 6 * HOUR => 300,
            length if length <= 24 * HOUR => 900,
            _ => 3600,
        }
    }
}

/// The points of an answer: `start`, `start + step`, … up to `end`, all multiples of the step since the epoch.
///
/// VictoriaMetrics shifts ranges that are not aligned, and caches need the same points for the same data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    start: i64,
    end: i64,
    step: NonZeroU32,
}

impl Grid {
    /// Lays the grid of one request, with the given step or one chosen from the length of the range.
    ///
    /// # Errors
    /// A step of zero, too long a range, too many points.
    pub fn lay(
        range: TimeRange,
        step: Option<u32>,
        settings: &Settings,
    ) -> Result<Self, QueryError> {
        let grid = Self::lay_long(range, step, settings.max_points, settings)?;
        let maximum = u64::from(settings.max_points.get());
        match grid.points() {
            requested if requested > maximum => Err(QueryError::LimitExceeded {
                limit: Limit::MaxPoints,
                maximum,
                requested,
            }),
            _ => Ok(grid),
        }
    }

    /// Lays the grid of a range that may take many requests: a given step may give any number of points.
    /// A chosen one is the least multiple of the documented step that gives at most `most_points`.
    ///
    /// # Errors
    /// A step of zero, too long a range.
    pub fn lay_long(
        range: TimeRange,
        step: Option<u32>,
        most_points: NonZeroU32,
        settings: &Settings,
    ) -> Result<Self, QueryError> {
        let given = match step {
            Some(seconds) => Some(NonZeroU32::new(seconds).ok_or(QueryError::ZeroStep)?),
            None => None,
        };
        let most_millis = u64::from(settings.max_range.get()) * 1000;
        if range.millis() > most_millis {
            return Err(QueryError::LimitExceeded {
                limit: Limit::MaxRange,
                maximum: u64::from(settings.max_range.get()),
                requested: range.millis().div_ceil(1000),
            });
        }
        Ok(match given {
            Some(step) => Self::aligned(range, step),
            None => Self::chosen(range, u64::from(most_points.get())),
        })
    }

    fn chosen(range: TimeRange, most_points: u64) -> Self {
        let guided = range.guided_step();
        let intervals = most_points.saturating_sub(1).max(1);
        let least = range
            .millis()
            .div_ceil(u64::from(guided) * 1000 * intervals)
            .max(1);
        let by = |factor: u64| {
            let step = u32::try_from(factor.saturating_mul(u64::from(guided))).unwrap_or(u32::MAX);
            Self::aligned(range, NonZeroU32::new(step).unwrap_or(NonZeroU32::MIN))
        };
        // Alignment can add one point; the next multiple then has room for it.
        let grid = by(least);
        if grid.points() > most_points {
            by(least + 1)
        } else {
            grid
        }
    }

    fn aligned(range: TimeRange, step: NonZeroU32) -> Self {
        let seconds = i64::from(step.get());
        let floor = |t: Timestamp| t.millis().div_euclid(seconds * 1000) * seconds;
        Self {
            start: floor(range.start),
            end: floor(range.end),
            step,
        }
    }

    /// The same step from another first to another last point, which must be multiples of it.
    pub(crate) fn between(&self, start: i64, end: i64) -> Self {
        Self {
            start,
            end,
            step: self.step,
        }
    }

    /// The first point, Unix seconds.
    pub fn start(&self) -> i64 {
        self.start
    }

    /// The last point, Unix seconds.
    pub fn end(&self) -> i64 {
        self.end
    }

    /// Seconds between two points.
    pub fn step(&self) -> u32 {
        self.step.get()
    }

    /// How many points a series without gaps has.
    pub fn points(&self) -> u64 {
        self.end.abs_diff(self.start) / u64::from(self.step.get()) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::settings::SettingsInput;
    use proptest::prelude::*;

    fn settings(max_range: u32, max_points: u32) -> Settings {
        Settings::try_from(SettingsInput {
            max_range: Some(max_range),
            max_points: Some(max_points),
            ..SettingsInput::default()
        })
        .unwrap()
    }

    fn lay(start: i64, end: i64, step: Option<u32>) -> Result<Grid, QueryError> {
        let range = TimeRange::parse(&start.to_string(), &end.to_string())?;
        Grid::lay(range, step, &Settings::default())
    }

    #[test]
    fn the_step_follows_the_length_of_the_range() {
        for (length, step) in [
            (0, 30),
            (1800, 30),
            (1801, 60),
            (3599, 60),
            (3600, 300),
            (21_600, 300),
            (21_601, 900),
            (86_400, 900),
            (86_401, 3600),
            (604_800, 3600),
        ] {
            assert_eq!(lay(0, length, None).unwrap().step(), step, "{length}");
        }
    }

    #[test]
    fn both_ends_move_back_to_a_multiple_of_the_step() {
        let grid = lay(1_769_851_801, 1_769_855_399, Some(60)).unwrap();
        assert_eq!((grid.start(), grid.end()), (1_769_851_800, 1_769_855_340));
        let before_1970 = lay(-61, -1, Some(60)).unwrap();
        assert_eq!((before_1970.start(), before_1970.end()), (-120, -60));
    }

    #[test]
    fn an_end_before_the_start_is_refused() {
        assert!(matches!(
            lay(2, 1, None),
            Err(QueryError::EndBeforeStart { .. })
        ));
        assert!(lay(1, 1, None).is_ok());
    }

    #[test]
    fn the_most_points_pass_and_one_more_does_not() {
        assert_eq!(lay(0, 11_000, Some(1)).unwrap().points(), 11_001);
        assert_eq!(
            lay(0, 11_001, Some(1)),
            Err(QueryError::LimitExceeded {
                limit: Limit::MaxPoints,
                maximum: 11_001,
                requested: 11_002
            })
        );
    }

    #[test]
    fn the_longest_range_passes_and_one_second_more_does_not() {
        assert!(lay(0, 604_800, None).is_ok());
        assert_eq!(
            lay(0, 604_801, None),
            Err(QueryError::LimitExceeded {
                limit: Limit::MaxRange,
                maximum: 604_800,
                requested: 604_801
            })
        );
    }

    #[test]
    fn a_step_of_zero_is_refused() {
        assert_eq!(lay(0, 1, Some(0)), Err(QueryError::ZeroStep));
    }

    proptest! {
        #[test]
        fn a_chosen_step_never_gives_too_many_points(
            start in 0_i64..4_000_000_000, length in 0_i64..400_000_000, most in 2_u32..20_000,
        ) {
            let range = TimeRange::parse(&start.to_string(), &(start + length).to_string()).unwrap();
            let grid = Grid::lay(range, None, &settings(u32::MAX, most)).unwrap();
            prop_assert!(grid.points() <= u64::from(most));
            prop_assert!(grid.step().is_multiple_of(range.guided_step()));
        }
    }
}

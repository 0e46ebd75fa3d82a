//! The time range of a query and the grid of points within it.

use std::num::NonZeroU32;

use super::error::{Limit, QueryError, head};
use super::settings::Settings;
use super::time::Timestamp;

/// A lesser part of a range that has no point yet is no reason to doubt the answer: all that moves has one.
const GAP_SHARE: u64 = 10;

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

    /// The first instant.
    pub(super) fn start(self) -> Timestamp {
        self.start
    }

    /// The last instant.
    pub(super) fn end(self) -> Timestamp {
        self.end
    }

    fn millis(self) -> u64 {
        self.end.millis().abs_diff(self.start.millis())
    }

    /// Its end, or the present if that comes first.
    fn until(self, alignment: &Alignment) -> Timestamp {
        let now = alignment.now.and_then(Timestamp::from_millis);
        now.map_or(self.end, |now| self.end.min(now))
    }

    /// The part of the range that is over and lies behind the last point, in milliseconds; none: nothing, or a point
    /// need not stand for time before it.
    fn uncovered(self, grid: &Grid, alignment: &Alignment) -> Option<u64> {
        let from = (grid.end * 1000).max(self.start.millis());
        let left = u64::try_from(self.until(alignment).millis().checked_sub(from)?).ok()?;
        (alignment.looks_back && left > 0).then_some(left)
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

/// The alignment of points, besides the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alignment {
    /// Seconds east of UTC where they are at multiples of the step.
    pub utc_offset: i32,
    /// True if a point stands for time before it.
    pub looks_back: bool,
    /// Unix milliseconds; none: no instant is known to lie in the future.
    pub now: Option<i64>,
}

/// A grid, and what there is to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlignedGrid {
    /// The points.
    pub grid: Grid,
    /// A part of the range that no point stands for, where it is more than a tenth of it.
    pub warnings: Vec<String>,
    /// A lesser one.
    pub infos: Vec<String>,
}

/// The points of an answer: `start`, `start + step`, … up to `end`, all multiples of the step since the epoch in some
/// time zone.
///
/// VictoriaMetrics shifts ranges that are not aligned, and caches need the same points for the same data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grid {
    start: i64,
    end: i64,
    step: NonZeroU32,
}

impl Grid {
    /// Aligns the grid of one request, with the given step or one chosen from the length of the range.
    ///
    /// # Errors
    /// A step of zero, too long a range, too many points.
    pub fn align(
        range: TimeRange,
        step: Option<u32>,
        alignment: &Alignment,
        settings: &Settings,
    ) -> Result<AlignedGrid, QueryError> {
        let aligned = Self::align_long(range, step, settings.max_points, alignment, settings)?;
        aligned.grid.within(settings.max_points)?;
        Ok(aligned)
    }

    /// Aligns the grid of a range that may take many requests: a given step may give any number of points.
    /// A chosen one is the least multiple of the documented step that gives at most `most_points`.
    ///
    /// # Errors
    /// A step of zero, too long a range, a given step whose only points lie in the future.
    pub fn align_long(
        range: TimeRange,
        step: Option<u32>,
        most_points: NonZeroU32,
        alignment: &Alignment,
        settings: &Settings,
    ) -> Result<AlignedGrid, QueryError> {
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
        let grid = match given {
            Some(step) => Self::aligned(range, step, alignment),
            None => Self::chosen(range, u64::from(most_points.get()), alignment),
        };
        let gap = range.uncovered(&grid, alignment);
        if let (Some(gap), Some(step)) = (gap, given)
            && gap >= range.millis()
        {
            return Err(QueryError::StepBeyondPresent {
                step: step.get(),
                accepted: (range.millis() / 1000).max(1),
            });
        }
        let text = gap.map(|_| {
            let (from, to) = (Timestamp::from_millis(grid.end * 1000), range.until(alignment));
            let shown = |t: Option<Timestamp>| t.map(|t| t.to_string()).unwrap_or_default();
            format!(
                "no point stands for {} to {}: the next one, a step of {} s later, lies in the future",
                shown(from),
                shown(Some(to)),
                grid.step
            )
        });
        let is_large = gap.is_some_and(|gap| gap > range.millis() / GAP_SHARE);
        let (mut warnings, infos) = match is_large {
            true => (text.into_iter().collect(), Vec::new()),
            false => (Vec::new(), text.into_iter().collect()),
        };
        if given.is_some() && grid.end * 1000 < range.start.millis() {
            let point = Timestamp::from_millis(grid.end * 1000);
            warnings.push(format!(
                "the one point, {}, lies before the range, which is shorter than the step of {} s",
                point.map(|t| t.to_string()).unwrap_or_default(),
                grid.step
            ));
        }
        Ok(AlignedGrid {
            grid,
            warnings,
            infos,
        })
    }

    /// The points from a first to a last one, Unix seconds; none for a step of zero.
    pub fn new(start: i64, end: i64, step: u32) -> Option<Self> {
        let step = NonZeroU32::new(step)?;
        Some(Self { start, end, step })
    }

    /// Checks that it has at most so many points.
    ///
    /// # Errors
    /// Too many points.
    pub fn within(&self, most: NonZeroU32) -> Result<(), QueryError> {
        let maximum = u64::from(most.get());
        match self.points() {
            requested if requested > maximum => Err(QueryError::LimitExceeded {
                limit: Limit::MaxPoints,
                maximum,
                requested,
            }),
            _ => Ok(()),
        }
    }

    fn chosen(range: TimeRange, most_points: u64, alignment: &Alignment) -> Self {
        let guided = range.guided_step();
        let intervals = most_points.saturating_sub(1).max(1);
        let least = range
            .millis()
            .div_ceil(u64::from(guided) * 1000 * intervals)
            .max(1);
        let by = |factor: u64| {
            let step = u32::try_from(factor.saturating_mul(u64::from(guided))).unwrap_or(u32::MAX);
            let step = NonZeroU32::new(step).unwrap_or(NonZeroU32::MIN);
            Self::aligned(range, step, alignment)
        };
        // Alignment can add one point; the next multiple then has room for it.
        let grid = by(least);
        if grid.points() > most_points {
            by(least + 1)
        } else {
            grid
        }
    }

    /// Levels are read at instants, and both ends moved back. Where a point stands for the time before it, the first is
    /// the first after the start, the last the first that is not before the end: each part of the range is in a point,
    /// and no point stands for time wholly before the range. One in the future would stand for time that is not over.
    fn aligned(range: TimeRange, step: NonZeroU32, alignment: &Alignment) -> Self {
        let seconds = i64::from(step.get());
        let phase = (-i64::from(alignment.utc_offset)).rem_euclid(seconds);
        let floor =
            |millis: i64| (millis - phase * 1000).div_euclid(seconds * 1000) * seconds + phase;
        let ceil =
            |millis: i64| -(-millis + phase * 1000).div_euclid(seconds * 1000) * seconds + phase;
        let (start, end) = (range.start.millis(), range.end.millis());
        let (start, end) = match alignment.looks_back {
            false => (floor(start), floor(end)),
            true => {
                let end = match alignment.now {
                    Some(now) => ceil(end).min(floor(now.max(start))),
                    None => ceil(end),
                };
                ((floor(start) + seconds).min(end), end)
            }
        };
        Self { start, end, step }
    }

    /// The points of the values that are pooled to these: at multiples of the resolution, from the first window's
    /// beginning on.
    ///
    /// # Errors
    /// A resolution of zero.
    pub(super) fn values_before(&self, window: u32, resolution: u32) -> Result<Self, QueryError> {
        let step = NonZeroU32::new(resolution).ok_or(QueryError::ZeroStep)?;
        let seconds = i64::from(resolution);
        let end = self.end.div_euclid(seconds) * seconds;
        // A window does not hold its very beginning.
        let start = ((self.start - i64::from(window)).div_euclid(seconds) + 1) * seconds;
        Ok(Self {
            // One that is shorter than the resolution may hold no value: then one is asked for that no point is made of.
            start: start.min(end),
            end,
            step,
        })
    }

    /// The same step from another first to another last point, which must lie on it.
    pub(crate) fn between(&self, start: i64, end: i64) -> Self {
        Self {
            start,
            end,
            step: self.step,
        }
    }

    /// The last point at or before an instant, if the grid went on for ever.
    pub(super) fn at_or_before(&self, instant: i64) -> i64 {
        let step = i64::from(self.step.get());
        instant - (instant - self.start).rem_euclid(step)
    }

    /// The first point at or after an instant, likewise.
    pub(super) fn at_or_after(&self, instant: i64) -> i64 {
        let step = i64::from(self.step.get());
        instant + (self.start - instant).rem_euclid(step)
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

    /// The number of points of a series without gaps.
    pub fn points(&self) -> u64 {
        self.end.abs_diff(self.start) / u64::from(self.step.get()) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn settings(max_range: u32, max_points: u32) -> Settings {
        Settings {
            max_range: NonZeroU32::new(max_range).unwrap(),
            max_points: NonZeroU32::new(max_points).unwrap(),
            ..Settings::default()
        }
    }

    fn align(start: i64, end: i64, step: Option<u32>) -> Result<Grid, QueryError> {
        let range = TimeRange::parse(&start.to_string(), &end.to_string())?;
        Grid::align(range, step, &AT_INSTANTS, &Settings::default()).map(|aligned| aligned.grid)
    }

    #[test]
    fn values_to_pool_are_never_asked_for_backwards() {
        // One point, and no multiple of the resolution within its window.
        let grid = align(1_700_000_010, 1_700_000_010, Some(30)).unwrap();
        let asked = grid.values_before(30, 86_399).unwrap();
        assert_eq!(asked.start(), asked.end());
        assert!(asked.end() <= grid.end());
        let asked = grid.values_before(60, 15).unwrap();
        assert_eq!((asked.start(), asked.end()), (grid.end() - 45, grid.end()));
    }

    const AT_INSTANTS: Alignment = Alignment {
        utc_offset: 0,
        looks_back: false,
        now: None,
    };

    fn look_back(
        start: &str,
        end: &str,
        step: u32,
        now: Option<&str>,
        utc_offset: i32,
    ) -> Result<AlignedGrid, QueryError> {
        let alignment = Alignment {
            utc_offset,
            looks_back: true,
            now: now.map(|now| Timestamp::parse(now).unwrap().millis()),
        };
        let range = TimeRange::parse(start, end)?;
        Grid::align(range, Some(step), &alignment, &Settings::default())
    }

    fn ends(aligned: &AlignedGrid) -> (String, String) {
        let shown = |t: i64| Timestamp::from_millis(t * 1000).unwrap().to_string();
        (shown(aligned.grid.start()), shown(aligned.grid.end()))
    }

    fn pair(start: &str, end: &str) -> (String, String) {
        (start.to_owned(), end.to_owned())
    }

    #[test]
    fn a_point_before_the_range_is_said_to_be_one() {
        let day = 86_400;
        let aligned = |start: i64, end: i64, step| {
            let range = TimeRange::parse(&start.to_string(), &end.to_string()).unwrap();
            Grid::align(range, step, &AT_INSTANTS, &Settings::default()).unwrap()
        };
        let hour = aligned(300 * day, 300 * day + 3_600, Some(365 * 86_400));
        assert_eq!(hour.grid.end(), 0);
        let [warning] = &hour.warnings[..] else {
            panic!("{:?}", hour.warnings);
        };
        assert!(
            warning.contains("1970-01-01T00:00:00Z") && warning.contains("before the range"),
            "{warning}"
        );
        // A point within the range, or at its start, and an instant for which none was asked.
        for (start, end, step) in [
            (day - 60, day + 60, Some(86_400)),
            (day, day, Some(86_400)),
            (day + 7, day + 7, None),
        ] {
            assert!(
                aligned(start, end, step).warnings.is_empty(),
                "{start} {end}"
            );
        }
    }

    #[test]
    fn a_range_that_is_looked_back_on_is_in_its_points_and_nothing_before_it() {
        let (day, next) = ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
        let aligned = look_back(day, "2026-11-21T23:59:00Z", 86_400, None, 0).unwrap();
        assert_eq!(ends(&aligned), pair(next, "2026-11-22T00:00:00Z"));
        let aligned = look_back(
            "2026-11-20T10:10:00Z",
            "2026-11-20T10:50:00Z",
            3600,
            None,
            0,
        )
        .unwrap();
        assert_eq!(
            ends(&aligned),
            pair("2026-11-20T11:00:00Z", "2026-11-20T11:00:00Z")
        );
        // An instant is the one point that looks back from it.
        let aligned = look_back(day, day, 60, None, 0).unwrap();
        assert_eq!(ends(&aligned), pair(day, day));
        assert_eq!(
            (aligned.warnings, aligned.infos),
            (Vec::<String>::new(), Vec::new())
        );
    }

    #[test]
    fn what_no_point_stands_for_yet_is_said() {
        let day = "2026-11-20T00:00:00Z";
        let aligned = look_back(
            day,
            "2026-11-21T23:59:00Z",
            86_400,
            Some("2026-11-21T23:59:00Z"),
            0,
        )
        .unwrap();
        assert_eq!(
            ends(&aligned),
            pair("2026-11-21T00:00:00Z", "2026-11-21T00:00:00Z")
        );
        assert!(
            aligned.warnings[0]
                .starts_with("no point stands for 2026-11-21T00:00:00Z to 2026-11-21T23:59:00Z")
        );
        // Of a range that moves on the last bit is always missing.
        let aligned = look_back(
            day,
            "2026-11-20T01:00:20Z",
            60,
            Some("2026-11-20T01:00:20Z"),
            0,
        )
        .unwrap();
        assert_eq!(aligned.grid.points(), 60);
        assert!(aligned.warnings.is_empty());
        assert_eq!(aligned.infos.len(), 1);
        assert_eq!(
            look_back(
                "2026-11-20T10:10:00Z",
                "2026-11-20T10:40:00Z",
                3600,
                Some("2026-11-20T10:40:00Z"),
                0
            ),
            Err(QueryError::StepBeyondPresent {
                step: 3600,
                accepted: 1800
            })
        );
    }

    #[test]
    fn days_begin_where_the_caller_is() {
        let aligned = look_back(
            "2026-11-20T00:00:00+09:00",
            "2026-11-23T00:00:00+09:00",
            86_400,
            None,
            9 * 3600,
        )
        .unwrap();
        assert_eq!(
            ends(&aligned),
            pair("2026-11-20T15:00:00Z", "2026-11-22T15:00:00Z")
        );
        // If the step divides the offset nothing changes, so that all ask alike.
        let aligned = look_back(
            "2026-11-20T00:00:00Z",
            "2026-11-20T01:00:00Z",
            60,
            None,
            9 * 3600,
        )
        .unwrap();
        assert_eq!(aligned.grid.end() % 60, 0);
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
            assert_eq!(align(0, length, None).unwrap().step(), step, "{length}");
        }
    }

    #[test]
    fn both_ends_move_back_to_a_multiple_of_the_step() {
        let grid = align(1_769_851_801, 1_769_855_399, Some(60)).unwrap();
        assert_eq!((grid.start(), grid.end()), (1_769_851_800, 1_769_855_340));
        let before_1970 = align(-61, -1, Some(60)).unwrap();
        assert_eq!((before_1970.start(), before_1970.end()), (-120, -60));
    }

    #[test]
    fn an_end_before_the_start_is_refused() {
        assert!(matches!(
            align(2, 1, None),
            Err(QueryError::EndBeforeStart { .. })
        ));
        assert!(align(1, 1, None).is_ok());
    }

    #[test]
    fn the_most_points_pass_and_one_more_does_not() {
        assert_eq!(align(0, 11_000, Some(1)).unwrap().points(), 11_001);
        assert_eq!(
            align(0, 11_001, Some(1)),
            Err(QueryError::LimitExceeded {
                limit: Limit::MaxPoints,
                maximum: 11_001,
                requested: 11_002
            })
        );
    }

    #[test]
    fn the_longest_range_passes_and_one_second_more_does_not() {
        assert!(align(0, 604_800, None).is_ok());
        assert_eq!(
            align(0, 604_801, None),
            Err(QueryError::LimitExceeded {
                limit: Limit::MaxRange,
                maximum: 604_800,
                requested: 604_801
            })
        );
    }

    #[test]
    fn a_step_of_zero_is_refused() {
        assert_eq!(align(0, 1, Some(0)), Err(QueryError::ZeroStep));
    }

    proptest! {
        #[test]
        fn a_chosen_step_never_gives_too_many_points(
            start in 0_i64..4_000_000_000, length in 0_i64..400_000_000, most in 2_u32..20_000,
        ) {
            let range = TimeRange::parse(&start.to_string(), &(start + length).to_string()).unwrap();
            let grid = Grid::align(range, None, &AT_INSTANTS, &settings(u32::MAX, most)).unwrap().grid;
            prop_assert!(grid.points() <= u64::from(most));
            prop_assert!(grid.step().is_multiple_of(range.guided_step()));
        }
    }
}

use super::*;
use std::num::NonZeroU32;

use crate::domain::range::Alignment;
use crate::domain::{RangeOptionsInput, TimeRange};
use proptest::prelude::*;
use std::collections::BTreeSet;

const DAY: i64 = 86_400;
/// A midnight.
const MIDNIGHT: i64 = 20_000 * DAY;

fn grid(start: i64, end: i64, step: u32) -> Grid {
    let range = TimeRange::parse(&start.to_string(), &end.to_string()).unwrap();
    let alignment = Alignment {
        utc_offset: 0,
        looks_back: false,
        now: None,
    };
    let settings = settings(None, 1000);
    let most = settings.max_points;
    Grid::align_long(range, Some(step), most, &alignment, &settings)
        .unwrap()
        .grid
}

fn settings(now: Option<i64>, max_points: u32) -> Settings {
    Settings {
        max_range: NonZeroU32::MAX,
        max_points: NonZeroU32::new(max_points).unwrap(),
        now: now.map(|now| now * 1000),
        ..Settings::default()
    }
}

fn options(interval: Option<u32>) -> RangeOptions {
    let input = RangeOptionsInput {
        cached: true,
        interval,
        ..Default::default()
    };
    input.try_into().unwrap()
}

/// At an instant, where requests may have so many points.
fn cut_at(
    grid: &Grid,
    now: Option<i64>,
    interval: Option<u32>,
    max_points: u32,
) -> Result<Vec<Chunk>, QueryError> {
    cut(grid, &options(interval), &settings(now, max_points))
}

fn chunks(grid: &Grid, now: i64) -> Vec<Chunk> {
    cut_at(grid, Some(now), None, 11_001).unwrap()
}

/// Hours and minutes after [`MIDNIGHT`] of each chunk's first point, and whether it is final.
fn starts(start: i64, end: i64, now: i64) -> Vec<(i64, bool)> {
    let grid = grid(MIDNIGHT + start, MIDNIGHT + end, 60);
    chunks(&grid, MIDNIGHT + now)
        .iter()
        .map(|chunk| ((chunk.grid.start() - MIDNIGHT) / 60, chunk.is_final))
        .collect()
}

const HOUR: i64 = 3600;

#[test]
fn whole_days_of_the_past_are_one_request_each() {
    assert_eq!(
        starts(0, 3 * DAY - 60, 10 * DAY),
        [(0, true), (1440, true), (2880, true)]
    );
}

#[test]
fn a_range_of_the_past_takes_few_requests_for_its_ends() {
    // From 01:00 the rest of the day is most of it; the last point, a midnight, is not worth a day.
    assert_eq!(
        starts(HOUR, 2 * DAY, 10 * DAY),
        [(0, true), (1440, true), (2880, true)]
    );
    // From 20:40: twenty minutes are a third of their hour, then three hours.
    assert_eq!(starts(20 * HOUR + 2400, DAY - 60, 10 * DAY), [(1080, true)]);
    assert_eq!(
        starts(22 * HOUR + 2400, DAY - 60, 10 * DAY),
        [(1360, true), (1365, true), (1380, true)]
    );
}

#[test]
fn a_range_that_reaches_the_present_is_asked_to_its_end_and_no_further() {
    // At 07:20 what is older than 07:10 is final.
    let now = 7 * HOUR + 1200;
    assert_eq!(
        starts(0, now, now),
        [
            (0, true),
            (360, true),
            (420, true),
            (425, true),
            (430, false)
        ]
    );
    let grid = grid(MIDNIGHT, MIDNIGHT + now, 60);
    let last = chunks(&grid, MIDNIGHT + now);
    assert_eq!(last.last().unwrap().grid.end(), MIDNIGHT + now);
}

#[test]
fn its_start_is_asked_for_in_vain_by_less_than_a_sixteenth_of_it() {
    // From 20:40, nearly a day.
    let now = DAY + 20 * HOUR;
    assert_eq!(
        starts(20 * HOUR + 2400, now, now).first(),
        Some(&(20 * 60, true))
    );
    // From 20:41, three hours.
    let now = 23 * HOUR + 2460;
    assert_eq!(
        starts(20 * HOUR + 2460, now, now).first(),
        Some(&(20 * 60 + 40, true))
    );
}

#[test]
fn a_short_range_of_few_points_that_moves_is_one_request() {
    let now = 7 * HOUR + 1200;
    let minutes = |asked: i64| starts(now - asked * 60, now, now).len();
    assert_eq!((minutes(60), minutes(127)), (1, 1));
    assert!(minutes(128) > 1);
    // A point a quarter of an hour is few, but not in a day.
    let day = grid(MIDNIGHT + now - DAY, MIDNIGHT + now, 900);
    assert!(chunks(&day, MIDNIGHT + now).len() > 1);
}

#[test]
fn without_the_time_of_day_nothing_is_final() {
    let grid = grid(MIDNIGHT, MIDNIGHT + 2 * DAY + HOUR, 60);
    let chunks = cut_at(&grid, None, None, 11_001).unwrap();
    assert_eq!(chunks.len(), 3);
    assert!(chunks.iter().all(|chunk| !chunk.is_final));
    assert_eq!(chunks[2].grid.end(), grid.end());
}

#[test]
fn the_interval_shrinks_to_what_the_backend_grants() {
    // A day of seconds is cut in eight, each three hours.
    assert_eq!(interval(86_400, 1, 11_001), 10_800);
    assert_eq!(interval(86_400, 60, 11_001), 86_400);
    // If no divisor is a multiple of the step, as many points as are granted.
    assert_eq!(interval(86_400, 7, 1000), 7000);
    // A cell holds at least one point.
    assert_eq!(interval(60, 300, 11_001), 300);
    assert_eq!(interval(u32::MAX, 1, 1), 1);
}

#[test]
fn more_requests_than_make_sense_are_refused() {
    let grid = grid(0, 10_001 * 60, 60);
    let cut = cut_at(&grid, None, Some(60), u32::MAX);
    assert_eq!(
        cut,
        Err(QueryError::ManyChunks {
            needed: 10_002,
            most: MOST_CHUNKS
        })
    );
}

/// A dashboard of the last day, asked for anew each minute for a day: how many of its points are asked for again.
fn asked_again(step: u32) -> f64 {
    let mut kept = BTreeSet::new();
    let (mut again, mut all) = (0, 0);
    for minute in 0..2 * 24 * 60 {
        let now = MIDNIGHT + minute * 60;
        let grid = grid(now - DAY, now, step);
        for chunk in chunks(&grid, now) {
            let asked = (chunk.grid.start(), chunk.grid.end());
            if minute >= 24 * 60 {
                all += grid.points() / 12;
            }
            let is_new = !kept.contains(&asked);
            if chunk.is_final {
                kept.insert(asked);
            }
            if is_new && minute >= 24 * 60 {
                again += chunk.grid.points();
            }
        }
        if minute >= 24 * 60 {
            all = all.max(1);
        }
    }
    let whole = 24 * 60 * (u64::from(DAY as u32 / step) + 1);
    let _ = all;
    again as f64 / whole as f64
}

#[test]
fn a_dashboard_that_is_refreshed_asks_again_for_two_hundredths_at_most() {
    for step in [15, 60, 300] {
        let share = asked_again(step);
        assert!(share <= 0.02, "step {step}: {share}");
    }
}

prop_compose! {
    fn any_range()(
        start in -1_000_000_000_i64..4_000_000_000,
        length in 0_i64..40 * DAY,
        step in prop_oneof![1_u32..5000, Just(15), Just(60), Just(300), Just(3600)],
    ) -> Grid {
        // Not so long that a second's step makes millions of points.
        grid(start, start + length.min(i64::from(step) * 50_000), step)
    }
}

prop_compose! {
    fn any_options()(
        now in proptest::option::of(-1_000_000_000_i64..4_000_000_000),
        near in proptest::option::of(-2 * DAY..2 * DAY),
        interval in prop_oneof![Just(None), (1_u32..200_000).prop_map(Some)],
    ) -> (Option<i64>, Option<i64>, Option<u32>) {
        (now, near, interval)
    }
}

proptest! {
    #[test]
    fn chunks_hold_each_point_of_the_range_once_and_keep_the_limit(
        grid in any_range(), (now, near, interval) in any_options(), max_points in 50_u32..12_000,
    ) {
        // A present, if there is one, is often near the end of the range.
        let now = near.map(|near| grid.end() + near).or(now);
        let Ok(chunks) = cut_at(&grid, now, interval, max_points) else {
            return Ok(());
        };
        let step = i64::from(grid.step());
        prop_assert!(chunks[0].grid.start() <= grid.start());
        prop_assert!(chunks.last().unwrap().grid.end() >= grid.end());
        for pair in chunks.windows(2) {
            prop_assert_eq!(pair[0].grid.end() + step, pair[1].grid.start());
        }
        for (place, chunk) in chunks.iter().enumerate() {
            prop_assert!(chunk.grid.start() <= chunk.grid.end());
            prop_assert_eq!(((chunk.grid.start() - grid.start()) % step, (chunk.grid.end() - grid.start()) % step), (0, 0));
            prop_assert!(chunk.grid.points() <= u64::from(max_points), "{:?}", chunk);
            prop_assert!(chunk.grid.end() >= grid.start() && chunk.grid.start() <= grid.end());
            let settled = now.map(|now| now - 600);
            prop_assert_eq!(chunk.is_final, settled.is_some_and(|settled| chunk.grid.end() <= settled), "{} {:?}", place, chunk);
            // Nothing is asked for beyond the range's end that is not final.
            prop_assert!(chunk.is_final || chunk.grid.end() <= grid.end());
        }
    }

    #[test]
    fn what_is_final_does_not_depend_on_the_range(
        grid in any_range(), shift in 0_i64..3 * DAY, interval in prop_oneof![Just(None), (1_u32..200_000).prop_map(Some)],
    ) {
        let now = Some(grid.end() + 10 * DAY);
        let moved = super::tests::grid(grid.start() + shift, grid.end() + shift, grid.step());
        let (Ok(a), Ok(b)) = (
            cut_at(&grid, now, interval, 11_001),
            cut_at(&moved, now, interval, 11_001),
        ) else {
            return Ok(());
        };
        // Chunks of two ranges are the same, or lie apart, or one is a part of the other: they never overlap in part.
        for a in &a {
            for b in &b {
                let (a, b) = (a.grid, b.grid);
                let apart = a.end() < b.start() || b.end() < a.start();
                let inside = (a.start() >= b.start() && a.end() <= b.end())
                    || (b.start() >= a.start() && b.end() <= a.end());
                prop_assert!(apart || inside, "{:?} {:?}", a, b);
            }
        }
    }
}

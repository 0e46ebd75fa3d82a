//! The axes of a picture: from where to where, and at which round values the marks stand.

use std::fmt::Display;

use chrono::{DateTime, Offset, TimeZone};

use crate::output::number::for_people;

/// An axis, and its marks with what they say, in order.
#[derive(Debug, PartialEq)]
pub(super) struct Axis<T> {
    pub(super) from: T,
    pub(super) to: T,
    pub(super) marks: Vec<(T, String)>,
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Seconds between two marks on an axis of time: what clocks and calendars count in.
const STEPS: [i64; 25] = [
    1,
    2,
    5,
    10,
    15,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
    91 * DAY,
    182 * DAY,
    365 * DAY,
];

/// The axis of a range in Unix milliseconds, with no more than `most` marks. They are round in the zone as it is at
/// the start: where its clocks change within the range, they are an hour beside.
pub(super) fn times<Tz>(start: i64, end: i64, most: usize, zone: &Tz) -> Axis<i64>
where
    Tz: TimeZone<Offset: Display>,
{
    // An instant is drawn in the middle of two seconds.
    let (from, to) = match start < end {
        true => (start, end),
        false => (start.saturating_sub(1000), start.saturating_add(1000)),
    };
    let length = i128::from(to) - i128::from(from);
    let most = i128::try_from(most.max(1)).unwrap_or(1);
    let fits = |step: &&i64| length / (i128::from(**step) * 1000) < most;
    let seconds = STEPS.iter().find(fits).copied();
    let step = seconds.map_or(length / most + 1, |step| i128::from(step) * 1000);
    let offset = DateTime::from_timestamp_millis(from).map_or(0, |start| {
        let offset = start.with_timezone(zone).offset().fix();
        i128::from(offset.local_minus_utc()) * 1000
    });
    // The first that is not before the start.
    let first = (i128::from(from) + offset + step - 1).div_euclid(step) * step - offset;
    let places = std::iter::successors(Some(first), |at| Some(at + step));
    let places = places.map_while(|at| i64::try_from(at).ok().filter(|at| *at <= to));
    let form = match seconds {
        Some(..MINUTE) => "%H:%M:%S",
        Some(..DAY) => "%H:%M",
        Some(_) if length < i128::from(365 * DAY) * 1000 => "%m-%d",
        _ => "%Y-%m-%d",
    };
    let marks = places.map(|at| (at, clock(at, form, zone))).collect();
    Axis { from, to, marks }
}

fn clock<Tz>(at: i64, form: &str, zone: &Tz) -> String
where
    Tz: TimeZone<Offset: Display>,
{
    let Some(time) = DateTime::from_timestamp_millis(at) else {
        return at.to_string();
    };
    let time = time.with_timezone(zone);
    let text = time.format(form).to_string();
    // A day begins: which one?
    match text.as_str() {
        "00:00" | "00:00:00" => time.format("%m-%d").to_string(),
        _ => text,
    }
}

/// The axis of values that are numbers, with about `most` marks. It begins at zero, so that twice as much is twice as
/// high, unless the values lie so close together that nothing would be seen of them.
pub(super) fn values(
    values: impl Iterator<Item = f64>,
    most: usize,
    unit: Option<&str>,
) -> Axis<f64> {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let (low, high) = match low <= high {
        true => around(low, high),
        false => (0.0, 1.0),
    };
    let most = most.max(1);
    #[allow(clippy::cast_precision_loss, reason = "a handful of marks")]
    let least = high / most as f64 - low / most as f64;
    let step = match unit {
        Some(unit) if unit.starts_with("byte") => binary(least),
        _ => decimal(least),
    };
    // At the largest numbers there is no next one to go up to.
    let (first, last) = ((low / step).floor(), (high / step).ceil());
    let (from, to) = (times_step(first, step), times_step(last, step));
    if !(from.is_finite() && to.is_finite() && from < to) {
        let marks = [low, high].map(|value| (value, for_people(value, unit)));
        return Axis {
            from: low,
            to: high,
            marks: marks.into(),
        };
    }
    let places = std::iter::successors(Some(first), |number| Some(number + 1.0));
    let marks = places
        .take_while(|number| *number <= last)
        // There can be no more; a number that one does not change would never come to an end.
        .take(most + 2)
        .map(|number| times_step(number, step))
        .map(|value| (value, for_people(value, unit)))
        .collect();
    Axis { from, to, marks }
}

/// Returns the values that the axis has to show: these, and zero, unless they lie close together and far from it.
fn around(low: f64, high: f64) -> (f64, f64) {
    let spread = high - low;
    let far = low.abs().max(high.abs());
    let close = spread > 0.0 && spread < far / 4.0;
    match (low, high) {
        _ if close => (low, high),
        (low, high) if low == 0.0 && high == 0.0 => (0.0, 1.0),
        (low, high) => (low.min(0.0), high.max(0.0)),
    }
}

/// The least power of two that is not less: of 1024 bytes there are 1, 2, 4 … 512 to the next unit.
fn binary(least: f64) -> f64 {
    least.log2().ceil().exp2().max(1.0)
}

/// The least of 1, 2 and 5 times a power of ten that is not less.
fn decimal(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power);
    step.into_iter()
        .find(|step| *step >= least * (1.0 - 1e-9))
        .unwrap_or(least)
}

/// Multiplies a step. A step below one is a part of a whole number, and is divided by that: three times 0.1 is 0.3.
fn times_step(number: f64, step: f64) -> f64 {
    match step < 1.0 {
        true => number / (1.0 / step).round(),
        false => number * step,
    }
}

/// Returns the part of the way from one end to the other that a value lies at, 0 to 1. Of halves, since the whole of it
/// may be more than there are numbers for.
pub(super) fn part_of(value: f64, from: f64, to: f64) -> f64 {
    (value / 2.0 - from / 2.0) / (to / 2.0 - from / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{FixedOffset, Utc};

    const NEW_YEAR: i64 = 1_767_225_600_000;

    fn clocks(start: i64, seconds: i64, most: usize) -> Vec<String> {
        let axis = times(start, start + seconds * 1000, most, &Utc);
        axis.marks.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn times_are_marked_at_round_ones_and_a_day_by_its_date() {
        assert_eq!(
            clocks(NEW_YEAR - 1_800_000, 3 * HOUR, 6),
            ["01-01", "01:00", "02:00"]
        );
        assert_eq!(
            clocks(NEW_YEAR + 100, 20, 6),
            ["00:00:05", "00:00:10", "00:00:15", "00:00:20"]
        );
        assert_eq!(clocks(NEW_YEAR, 7 * DAY, 10).first().unwrap(), "01-01");
        assert_eq!(clocks(NEW_YEAR, 800 * DAY, 10)[1], "2026-04-23");
    }

    #[test]
    fn times_are_round_where_the_reader_is() {
        let axis = times(
            NEW_YEAR,
            NEW_YEAR + DAY * 1000,
            5,
            &FixedOffset::east_opt(19_800).unwrap(),
        );
        // Half an hour beside the whole hours of UTC.
        assert_eq!(axis.marks[0], (NEW_YEAR + 1_800_000, "06:00".to_owned()));
        assert_eq!(axis.marks[3].1, "01-02");
    }

    #[test]
    fn no_range_has_more_marks_than_there_is_room_for() {
        for (start, end) in [
            (0, 0),
            (NEW_YEAR, NEW_YEAR + 1),
            (i64::MIN, i64::MAX),
            (i64::MAX, i64::MAX),
            (0, 40_000 * DAY * 1000),
        ] {
            for most in [0, 1, 7] {
                let axis = times(start, end, most, &Utc);
                assert!(axis.marks.len() <= most.max(1) + 1, "{axis:?}");
                assert!(axis.from < axis.to, "{axis:?}");
                assert!(
                    axis.marks
                        .iter()
                        .all(|(at, _)| (axis.from..=axis.to).contains(at))
                );
            }
        }
    }

    fn labels(of: &[f64], most: usize, unit: Option<&str>) -> Vec<String> {
        let axis = values(of.iter().copied(), most, unit);
        axis.marks.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn values_are_marked_at_round_ones_of_their_unit() {
        let gib = f64::from(1 << 30);
        assert_eq!(
            labels(&[0.3 * gib, 2.7 * gib], 4, Some("bytes")),
            ["0 B", "1.0 GiB", "2.0 GiB", "3.0 GiB"]
        );
        assert_eq!(
            labels(&[0.0, 90.0], 5, Some("percent")),
            ["0.0 %", "20.0 %", "40.0 %", "60.0 %", "80.0 %", "100.0 %"]
        );
        assert_eq!(
            labels(&[0.0, 0.4], 4, None),
            ["0", "0.1", "0.2", "0.3", "0.4"]
        );
        assert_eq!(labels(&[-7.0, 3.0], 2, None), ["-10", "-5", "0", "5"]);
    }

    #[test]
    fn the_axis_begins_at_zero_unless_the_values_lie_close_together() {
        let ends = |of: &[f64]| {
            let axis = values(of.iter().copied(), 5, None);
            (axis.from, axis.to)
        };
        assert_eq!(ends(&[40.0, 100.0]), (0.0, 100.0));
        assert_eq!(ends(&[100.0, 101.0]), (100.0, 101.0));
        assert_eq!(ends(&[5.0, 5.0]), (0.0, 5.0));
        assert_eq!(ends(&[0.0]), (0.0, 1.0));
        assert_eq!(ends(&[]), (0.0, 1.0));
        assert_eq!(ends(&[-4.0]), (-4.0, 0.0));
    }

    #[test]
    fn every_axis_ends_and_holds_its_values() {
        for of in [
            &[f64::MAX, f64::MIN][..],
            &[f64::MAX, 0.0],
            &[5e-324],
            &[0.0, 5e-324],
            &[1e16, 1e16 + 2.0],
            &[1e300, 1.000_1e300],
            &[-0.0],
        ] {
            for unit in [None, Some("bytes")] {
                let axis = values(of.iter().copied(), 5, unit);
                assert!(axis.from < axis.to, "{of:?} {axis:?}");
                assert!(axis.marks.len() <= 7, "{of:?} {axis:?}");
                assert!(
                    of.iter().all(|value| (axis.from..=axis.to).contains(value)),
                    "{of:?} {axis:?}"
                );
            }
        }
    }
}

//! The time range of a query: `now`, `now-1h` and `--last 30m` are resolved here against the
//! clock; everything else goes to the plugin as it was written, which decides what it accepts.

use std::str::FromStr;
use std::time::Duration;

use chrono::{
    DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, Utc,
};

use crate::duration;

/// The range when none is given.
const DEFAULT_LAST: Duration = Duration::from_secs(60 * 60);

/// A point in time, as `--start` and `--end` take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Instant {
    /// `now`, or so far from it.
    FromNow(TimeDelta),
    /// Whatever else was written.
    Text(String),
}

impl FromStr for Instant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(rest) = text.trim().strip_prefix("now") else {
            return Ok(Instant::Text(text.to_owned()));
        };
        let rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(Instant::FromNow(TimeDelta::zero()));
        }
        let (back, length) = match (rest.strip_prefix('-'), rest.strip_prefix('+')) {
            (Some(length), _) => (true, length),
            (_, Some(length)) => (false, length),
            _ => return Err(relative_forms()),
        };
        let length = duration::parse(length.trim_start())
            .ok()
            .and_then(|length| TimeDelta::from_std(length).ok())
            .ok_or_else(relative_forms)?;
        Ok(Instant::FromNow(if back { -length } else { length }))
    }
}

fn relative_forms() -> String {
    "accepted relative to the clock are: now, now-30m, now-1h30m, now-2d, now+5m (y, w, d, h, m, s, ms)".to_owned()
}

/// The two ends of a range, as text for the plugin. The error says what would be accepted.
pub(crate) fn resolve(
    start: Option<Instant>,
    end: Option<Instant>,
    last: Option<Duration>,
    now: DateTime<Utc>,
) -> Result<(String, String), String> {
    let end = end.unwrap_or(Instant::FromNow(TimeDelta::zero()));
    let start = match start {
        Some(start) => in_words(start, now)?,
        None => {
            let length =
                TimeDelta::from_std(last.unwrap_or(DEFAULT_LAST)).map_err(|_| too_far())?;
            let end = match &end {
                Instant::FromNow(delta) => now.checked_add_signed(*delta).ok_or_else(too_far)?,
                Instant::Text(text) => read(text).ok_or_else(|| unreadable_end(text))?,
            };
            rfc3339(end.checked_sub_signed(length).ok_or_else(too_far)?)?
        }
    };
    Ok((start, in_words(end, now)?))
}

fn in_words(instant: Instant, now: DateTime<Utc>) -> Result<String, String> {
    match instant {
        Instant::FromNow(delta) => rfc3339(now.checked_add_signed(delta).ok_or_else(too_far)?),
        Instant::Text(text) => Ok(text),
    }
}

/// The form has four digits for the year.
fn rfc3339(time: DateTime<Utc>) -> Result<String, String> {
    match time.year() {
        1..=9999 => Ok(time.to_rfc3339_opts(SecondsFormat::Millis, true)),
        _ => Err(too_far()),
    }
}

fn too_far() -> String {
    "the time is not in the years 1 to 9999; accepted are ranges such as --last 30m or --start now-2d".to_owned()
}

fn unreadable_end(text: &str) -> String {
    format!(
        "the range is counted back from --end, and `{text}` cannot be read as a time; accepted are \
         2026-01-31T12:00:00Z, 2026-01-31T12:00:00+09:00, 2026-01-31T12:00:00 (UTC), 2026-01-31, \
         Unix seconds, now, now-1h"
    )
}

/// An instant in Unix milliseconds. The error says what would be accepted.
pub(crate) fn millis(instant: &Instant, now: DateTime<Utc>) -> Result<i64, String> {
    let time = match instant {
        Instant::FromNow(delta) => now.checked_add_signed(*delta).ok_or_else(too_far)?,
        Instant::Text(text) => read(text).ok_or_else(|| {
            format!(
                "`{text}` cannot be read as a time; accepted are 2026-01-31T12:00:00Z, \
                 2026-01-31T12:00:00 (UTC), 2026-01-31, Unix seconds, now, now-1h"
            )
        })?,
    };
    Ok(time.timestamp_millis())
}

/// Reads the forms that the contract accepts: to count back from them, and to know the offset of their day.
pub(crate) fn read(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    for form in [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
            return Some(time.and_utc());
        }
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    unix_seconds(text)
}

/// Reads Unix seconds, integer or decimal, to the millisecond and without a float.
fn unix_seconds(text: &str) -> Option<DateTime<Utc>> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let millis: i64 = fraction
        .chars()
        .chain("000".chars())
        .take(3)
        .collect::<String>()
        .parse()
        .ok()?;
    let millis = whole
        .parse::<i64>()
        .ok()?
        .checked_mul(1000)?
        .checked_add(millis)?;
    DateTime::from_timestamp_millis(if negative { -millis } else { millis })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        read("2026-03-01T12:00:00Z").unwrap()
    }

    fn instant(text: &str) -> Option<Instant> {
        Some(text.parse().unwrap())
    }

    fn range(start: &str, end: &str) -> (String, String) {
        (start.to_owned(), end.to_owned())
    }

    #[test]
    fn without_anything_the_last_hour_is_asked_for() {
        assert_eq!(
            resolve(None, None, None, now()),
            Ok(range(
                "2026-03-01T11:00:00.000Z",
                "2026-03-01T12:00:00.000Z"
            ))
        );
    }

    #[test]
    fn relative_times_are_resolved_against_one_clock_reading() {
        assert_eq!(
            resolve(instant("now-1d"), instant("now-30m"), None, now()),
            Ok(range(
                "2026-02-28T12:00:00.000Z",
                "2026-03-01T11:30:00.000Z"
            ))
        );
        assert_eq!(
            resolve(instant("now"), instant("now+5m"), None, now()),
            Ok(range(
                "2026-03-01T12:00:00.000Z",
                "2026-03-01T12:05:00.000Z"
            ))
        );
    }

    #[test]
    fn other_times_reach_the_plugin_untouched() {
        assert_eq!(
            resolve(instant("yesterday"), instant(" 1767225600 "), None, now()),
            Ok(range("yesterday", " 1767225600 "))
        );
    }

    #[test]
    fn last_counts_back_from_the_end() {
        let half_an_hour = Some(Duration::from_secs(1800));
        for (end, start) in [
            ("2026-01-31T12:00:00Z", "2026-01-31T11:30:00.000Z"),
            ("2026-01-31T12:00:00+09:00", "2026-01-31T02:30:00.000Z"),
            ("2026-01-31T12:00:00", "2026-01-31T11:30:00.000Z"),
            ("2026-01-31 12:00", "2026-01-31T11:30:00.000Z"),
            ("2026-01-31", "2026-01-30T23:30:00.000Z"),
            ("1767225600", "2025-12-31T23:30:00.000Z"),
            ("1767225600.25", "2025-12-31T23:30:00.250Z"),
            ("-1.5", "1969-12-31T23:29:58.500Z"),
        ] {
            assert_eq!(
                resolve(None, instant(end), half_an_hour, now()),
                Ok(range(start, end))
            );
        }
    }

    #[test]
    fn an_end_that_cannot_be_counted_back_from_is_refused_with_the_forms() {
        for end in ["soon", "1e9", "", "."] {
            let error = resolve(None, instant(end), None, now()).unwrap_err();
            assert!(error.contains("2026-01-31T12:00:00Z"), "{error}");
        }
    }

    #[test]
    fn a_bad_relative_time_is_refused_with_the_forms() {
        for text in [
            "now-1x",
            "nowhere",
            "now-",
            "now 1h",
            "now--1h",
            "now-1",
            "now-300000000y",
        ] {
            let error = Instant::from_str(text).unwrap_err();
            assert!(error.contains("now-30m"), "{text}: {error}");
        }
    }

    #[test]
    fn times_beyond_the_calendar_are_an_error() {
        let far = Some(Instant::FromNow(TimeDelta::MIN));
        assert!(resolve(far, None, None, now()).is_err());
        assert!(resolve(None, None, Some(Duration::MAX), now()).is_err());
        // The years 12019, -1 and 0.
        for text in ["now+9999y", "now-2028y", "now-2027y"] {
            let error = resolve(instant(text), None, None, now()).unwrap_err();
            assert!(error.contains("years 1 to 9999"), "{text}: {error}");
        }
        let first_day = resolve(None, instant("0001-01-01"), None, now());
        assert!(first_day.unwrap_err().contains("years 1 to 9999"));
    }
}

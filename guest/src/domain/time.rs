//! Instants: the accepted forms of a time, read to whole milliseconds. It knows no clock.

use std::fmt;

use chrono::DateTime;

/// An instant in Unix milliseconds, UTC, between the years 1 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// 0001-01-01T00:00:00Z.
const MIN_MILLIS: i64 = -62_135_596_800_000;
/// 9999-12-31T23:59:59.999Z.
const MAX_MILLIS: i64 = 253_402_300_799_999;

/// The characters of `2026-01-31`.
const DATE_LEN: usize = 10;

impl Timestamp {
    /// An instant, or none outside the years 1 to 9999.
    pub fn from_millis(millis: i64) -> Option<Self> {
        (MIN_MILLIS..=MAX_MILLIS)
            .contains(&millis)
            .then_some(Self(millis))
    }

    /// Unix milliseconds.
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339, naive ISO 8601 (as UTC), a date alone, or Unix seconds; none if it is none of these.
    /// Fractions of a millisecond are cut off.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_ascii();
        let millis = unix_seconds(text).or_else(|| iso_8601(text))?;
        Self::from_millis(millis)
    }

    /// Returns true if a text that did not parse looks like Unix *milliseconds*, the commonest slip.
    pub fn looks_like_millis(text: &str) -> bool {
        let text = text.trim_ascii();
        text.len() >= 13
            && text.bytes().all(|b| b.is_ascii_digit())
            && text
                .parse::<i64>()
                .is_ok_and(|millis| Self::from_millis(millis).is_some())
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::from_timestamp_millis(self.0) {
            // Its `Debug` is ISO 8601.
            Some(time) => write!(f, "{:?}Z", time.naive_utc()),
            None => write!(f, "{} ms", self.0),
        }
    }
}

/// `-?digits(.digits)?`, without going through a float. Rounds down, as times before 1970 must too.
fn unix_seconds(text: &str) -> Option<i64> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let kept: String = fraction.chars().chain("00".chars()).take(3).collect();
    let millis = whole
        .parse::<i64>()
        .ok()?
        .checked_mul(1000)?
        .checked_add(kept.parse().ok()?)?;
    let cut_off = fraction.bytes().skip(3).any(|b| b != b'0');
    Some(match negative {
        true => -millis - i64::from(cut_off),
        false => millis,
    })
}

/// A date, then nothing, or `T` or a space and a time, then nothing or an offset.
fn iso_8601(text: &str) -> Option<i64> {
    let (date, time) = text.split_at_checked(DATE_LEN)?;
    let time = match time.strip_prefix(['T', 't', ' ']) {
        Some(time) => time,
        None if time.is_empty() => "00:00",
        None => return None,
    };
    let (clock, offset) = time.split_at(time.find(['Z', 'z', '+', '-']).unwrap_or(time.len()));
    let seconds = match clock.len() {
        // `09:30`
        5 => ":00",
        _ => "",
    };
    let offset = match offset.len() {
        0 => "+00:00".to_owned(),
        // `+09` and `+0900`
        3 => format!("{offset}:00"),
        5 => format!("{}:{}", offset.get(..3)?, offset.get(3..)?),
        _ => offset.to_owned(),
    };
    // RFC 3339 is the strictest of the accepted forms, so the library's reading of it decides.
    let normal = format!("{date}T{clock}{seconds}{offset}");
    Some(
        DateTime::parse_from_rfc3339(&normal)
            .ok()?
            .timestamp_millis(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn millis(text: &str) -> Option<i64> {
        Timestamp::parse(text).map(Timestamp::millis)
    }

    #[test]
    fn the_accepted_forms_name_the_same_instant() {
        for text in [
            "2026-01-31T09:30:00Z",
            "2026-01-31t09:30:00z",
            "2026-01-31T09:30:00.000Z",
            "2026-01-31T18:30:00+09:00",
            "2026-01-31T18:30:00+0900",
            "2026-01-31T18:30+09:00",
            "2026-01-31T18:30:00+09",
            "2026-01-31T04:30:00-05:00",
            "2026-01-31T09:30:00",
            "2026-01-31 09:30:00",
            "2026-01-31T09:30",
            "1769851800",
            "1769851800.0",
            " 1769851800 ",
        ] {
            assert_eq!(millis(text), Some(1_769_851_800_000), "{text:?}");
        }
        assert_eq!(millis("2026-01-31"), Some(1_769_817_600_000));
    }

    #[test]
    fn fractions_are_kept_to_the_millisecond() {
        assert_eq!(
            millis("2026-01-31T09:30:00.123456789Z"),
            Some(1_769_851_800_123)
        );
        assert_eq!(millis("1769851800.5"), Some(1_769_851_800_500));
        assert_eq!(millis("1769851800.0019"), Some(1_769_851_800_001));
        assert_eq!(millis("-0.5"), Some(-500));
        assert_eq!(millis("-0.0001"), Some(-1));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            " ",
            "now",
            "yesterday",
            "2026-13-01",
            "2026-02-30",
            "2026-01-31T25:00:00Z",
            "2026-01-31T",
            "2026-01-31Z",
            "2026-1-31",
            "2026-01-31T09:30:00 09:00",
            "2026-01-31T09:30:00+99:00",
            "2026-01-31T 9:30:00",
            "2026-01-31T+9:30:00",
            "1e9",
            "0x10",
            ".5",
            "5.",
            "1.2.3",
            "--5",
            "+5",
            "1769851800s",
            "NaN",
            "inf",
            "９",
            "2026-01-31T09:30:00é",
            "日本語日本語日",
        ] {
            assert_eq!(millis(text), None, "{text:?}");
        }
    }

    #[test]
    fn times_outside_the_calendar_are_refused() {
        for text in [
            "99999999999999",
            "-99999999999999",
            "9999999999999999999999",
            "0000-01-01",
        ] {
            assert_eq!(millis(text), None, "{text:?}");
        }
        assert_eq!(millis("9999-12-31T23:59:59.999Z"), Some(MAX_MILLIS));
        assert_eq!(millis("0001-01-01"), Some(MIN_MILLIS));
    }

    #[test]
    fn milliseconds_given_for_seconds_are_recognised() {
        assert!(Timestamp::looks_like_millis("1769851800000"));
        assert!(!Timestamp::looks_like_millis("1769851800"));
        assert!(!Timestamp::looks_like_millis("next week, maybe"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = Timestamp::parse(&text);
            let _ = Timestamp::looks_like_millis(&text);
        }

        #[test]
        fn every_millisecond_survives_both_ways_of_writing_it(expected in MIN_MILLIS..=MAX_MILLIS) {
            let written = DateTime::from_timestamp_millis(expected).unwrap();
            prop_assert_eq!(millis(&written.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()), Some(expected));
            let (whole, fraction) = (expected.abs() / 1000, expected.abs() % 1000);
            let sign = if expected < 0 { "-" } else { "" };
            prop_assert_eq!(millis(&format!("{sign}{whole}.{fraction:03}")), Some(expected));
        }
    }
}

//! Times for people (in their zone) and for programs (RFC 3339, UTC).

use std::fmt::Display;

use chrono::{DateTime, Offset, SecondsFormat, TimeZone, Timelike};

/// A range in words, such as `2026-01-31 09:00:00 to 10:00:00 +09:00`, or its only instant. Both ends in Unix
/// milliseconds.
pub(crate) fn range<Tz>(start: i64, end: i64, zone: &Tz) -> String
where
    Tz: TimeZone<Offset: Display>,
{
    let local =
        |millis| DateTime::from_timestamp_millis(millis).map(|time| time.with_timezone(zone));
    let (Some(start_at), Some(end_at)) = (local(start), local(end)) else {
        return format!("{start} to {end} (Unix milliseconds)");
    };
    let same_offset = start_at.offset().fix() == end_at.offset().fix();
    if start == end {
        return start_at.format("%Y-%m-%d %H:%M:%S%.f %:z").to_string();
    }
    let from = if same_offset {
        "%Y-%m-%d %H:%M:%S%.f"
    } else {
        "%Y-%m-%d %H:%M:%S%.f %:z"
    };
    let to = if same_offset && start_at.date_naive() == end_at.date_naive() {
        "%H:%M:%S%.f %:z"
    } else {
        "%Y-%m-%d %H:%M:%S%.f %:z"
    };
    format!("{} to {}", start_at.format(from), end_at.format(to))
}

/// RFC 3339 in UTC, with milliseconds only where there are some.
pub(crate) fn utc(millis: i64) -> String {
    match DateTime::from_timestamp_millis(millis) {
        Some(time) => {
            let form = if time.nanosecond() == 0 {
                SecondsFormat::Secs
            } else {
                SecondsFormat::Millis
            };
            time.to_rfc3339_opts(form, true)
        }
        // Beyond the year 262,000 there is no calendar.
        None => millis.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::FixedOffset;

    const NEW_YEAR: i64 = 1_767_225_600_000;

    #[test]
    fn a_range_names_the_day_once() {
        let seoul = FixedOffset::east_opt(9 * 3600).unwrap();
        assert_eq!(
            range(NEW_YEAR, NEW_YEAR + 3_600_000, &seoul),
            "2026-01-01 09:00:00 to 10:00:00 +09:00"
        );
        assert_eq!(
            range(NEW_YEAR, NEW_YEAR + 86_400_000, &chrono::Utc),
            "2026-01-01 00:00:00 to 2026-01-02 00:00:00 +00:00"
        );
        assert_eq!(
            range(NEW_YEAR, NEW_YEAR, &seoul),
            "2026-01-01 09:00:00 +09:00"
        );
        assert_eq!(
            range(i64::MIN, 0, &seoul),
            format!("{} to 0 (Unix milliseconds)", i64::MIN)
        );
    }

    #[test]
    fn milliseconds_are_written_where_there_are_some() {
        assert_eq!(utc(NEW_YEAR), "2026-01-01T00:00:00Z");
        assert_eq!(utc(NEW_YEAR + 50), "2026-01-01T00:00:00.050Z");
        assert_eq!(utc(i64::MAX), i64::MAX.to_string());
    }
}

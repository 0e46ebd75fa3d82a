//! `--utc-offset`: where the days of the answer begin.

use std::str::FromStr;

use chrono::{DateTime, FixedOffset, Local, TimeZone, Utc};

/// An offset from UTC, or that of the local time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UtcOffset {
    /// The offset of the local time zone at the end of the range.
    Local,
    /// This one.
    Fixed(FixedOffset),
}

impl UtcOffset {
    /// Seconds east of UTC, for a range that ends at `end`.
    pub(crate) fn seconds(self, end: DateTime<Utc>) -> i32 {
        match self {
            Self::Fixed(offset) => offset.local_minus_utc(),
            Self::Local => Local
                .offset_from_utc_datetime(&end.naive_utc())
                .local_minus_utc(),
        }
    }
}

impl FromStr for UtcOffset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "local" => return Ok(Self::Local),
            "Z" | "z" => return FixedOffset::east_opt(0).map(Self::Fixed).ok_or_else(forms),
            _ => {}
        }
        let signed = text.starts_with(['+', '-']);
        match text.parse() {
            Ok(offset) if signed => Ok(Self::Fixed(offset)),
            _ => Err(forms()),
        }
    }
}

fn forms() -> String {
    "accepted are an offset from UTC such as +09:00 or -03:30, Z, and local".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_read_in_the_forms_of_a_time() {
        let end = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        for (text, seconds) in [
            ("+09:00", 32_400),
            ("-03:30", -12_600),
            ("+0530", 19_800),
            ("Z", 0),
        ] {
            let offset: UtcOffset = text.parse().unwrap();
            assert_eq!(offset.seconds(end), seconds, "{text}");
        }
        assert_eq!("local".parse(), Ok(UtcOffset::Local));
        for text in ["", "9", "09:00", "+9h", "+25:00", "KST", "Local time"] {
            let error = text.parse::<UtcOffset>().unwrap_err();
            assert!(error.contains("+09:00"), "{text}: {error}");
        }
    }

    #[test]
    fn the_local_offset_is_that_at_the_end_of_the_range() {
        let end = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        let expected = end.with_timezone(&Local).offset().local_minus_utc();
        assert_eq!(UtcOffset::Local.seconds(end), expected);
    }
}

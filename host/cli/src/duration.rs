//! Durations as Prometheus writes them: `1h30m`, `2d`, `90s`. It knows no clock.

use std::time::Duration;

/// The units, longest first, in milliseconds; Prometheus wants them in this order, each at most
/// once. A year is 365 days: <https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations>.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 60 * 60 * 1000),
    ("w", 7 * 24 * 60 * 60 * 1000),
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

/// Reads a duration. The error says what would be accepted.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    milliseconds(text).map(Duration::from_millis).ok_or_else(|| {
        "not a duration; accepted are whole numbers with units, the longest unit first: 90s, 30m, 1h30m, 2d, 1w".to_owned()
    })
}

fn milliseconds(text: &str) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let mut units = UNITS.iter();
    let mut total = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = split_at_first(rest, |c| !c.is_ascii_digit());
        let (unit, after) = split_at_first(after, |c| c.is_ascii_digit());
        // The search goes on where the last one ended: order and "at most once" come for free.
        let (_, factor) = units.find(|(name, _)| *name == unit)?;
        let number: u64 = number.parse().ok()?;
        total = total.checked_add(number.checked_mul(*factor)?)?;
        rest = after;
    }
    Some(total)
}

fn split_at_first(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(is_end).unwrap_or(text.len()))
}

/// Reads whole seconds, as a bare number (`60`) or as a duration (`1m`).
pub(crate) fn parse_seconds(text: &str) -> Result<u32, String> {
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let duration =
                parse(text).map_err(|error| format!("{error}, or a number of seconds: 60"))?;
            if duration.subsec_millis() != 0 {
                return Err("whole seconds are needed, such as 60 or 1m".to_owned());
            }
            duration.as_secs()
        }
    };
    u32::try_from(seconds).map_err(|_| format!("at most {} seconds", u32::MAX))
}

/// Reads milliseconds, as seconds (`30`) or as a duration (`1m`, `500ms`).
pub(crate) fn parse_timeout(text: &str) -> Result<u32, String> {
    let milliseconds = match text.parse::<u64>() {
        Ok(seconds) => seconds.checked_mul(1000).map(u128::from),
        Err(_) => Some(
            parse(text)
                .map_err(|error| format!("{error}, or a number of seconds: 30"))?
                .as_millis(),
        ),
    };
    milliseconds
        .and_then(|milliseconds| u32::try_from(milliseconds).ok())
        .ok_or_else(|| format!("at most {} seconds", u32::MAX / 1000))
}

/// Writes whole seconds as Prometheus would: `60` is `1m`, `5400` is `1h30m`.
pub(crate) fn show_seconds(seconds: u64) -> String {
    let mut rest = seconds.saturating_mul(1000);
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    // Years and weeks only read well when nothing is left over: `90d`, not `12w6d`.
    for (name, factor) in UNITS {
        if rest < factor || (matches!(name, "y" | "w") && !rest.is_multiple_of(factor)) {
            continue;
        }
        text.push_str(&format!("{}{name}", rest / factor));
        rest %= factor;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_units_of_prometheus_are_read() {
        for (text, seconds) in [
            ("90s", 90),
            ("30m", 1800),
            ("1h30m", 5400),
            ("2d", 172_800),
            ("1w", 604_800),
            ("1y", 31_536_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("1s500ms"), Ok(Duration::from_millis(1500)));
    }

    #[test]
    fn what_prometheus_refuses_is_refused() {
        for text in [
            "",
            "1",
            "h",
            "1.5h",
            "30m1h",
            "1h1h",
            "1x",
            "-1h",
            "1 h",
            "1H",
            "99999999999y",
            "1h ",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_come_bare_or_with_a_unit() {
        assert_eq!(parse_seconds("60"), Ok(60));
        assert_eq!(parse_seconds("1m"), Ok(60));
        assert_eq!(
            parse_seconds("0"),
            Ok(0),
            "the plugin says what is wrong with it"
        );
        assert!(
            parse_seconds("500ms")
                .unwrap_err()
                .contains("whole seconds")
        );
        assert!(parse_seconds("4294967296").is_err());
        assert!(parse_seconds("soon").unwrap_err().contains("60"));
    }

    #[test]
    fn a_timeout_may_be_shorter_than_a_second() {
        assert_eq!(parse_timeout("30"), Ok(30_000));
        assert_eq!(parse_timeout("500ms"), Ok(500));
        assert_eq!(parse_timeout("1m"), Ok(60_000));
        assert!(parse_timeout("18446744073709551615").is_err());
        assert!(parse_timeout("1y").is_err());
    }

    #[test]
    fn seconds_are_shown_as_prometheus_writes_them() {
        for (seconds, text) in [
            (0, "0s"),
            (15, "15s"),
            (60, "1m"),
            (5400, "1h30m"),
            (604_800, "1w"),
            (777_600, "9d"),
            (90_000, "1d1h"),
        ] {
            assert_eq!(show_seconds(seconds), text);
        }
    }
}

//! Prometheus durations (`5m`, `1h30m`), parsed into a type so that no text of a caller's reaches a query.
//!
//! Grammar: <https://prometheus.io/docs/prometheus/latest/querying/basics/#time-durations>.

use std::fmt;

/// The units, largest first, with their milliseconds. Years are 365 days, as Prometheus has it.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Prometheus holds a duration in a Go `time.Duration`: nanoseconds in an `i64`.
const MAX_MILLIS: u64 = i64::MAX as u64 / 1_000_000;

/// A positive duration that prints as it was written (`90s` stays `90s`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PromDuration {
    /// Amounts by unit, in the order of [`UNITS`]; `None` where the unit was not written.
    amounts: [Option<u64>; UNITS.len()],
    millis: u64,
}

/// A text that is not a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// The text does not follow the grammar.
    #[error(
        "not a Prometheus duration; accepted are whole numbers with the units y, w, d, h, m, s, ms, \
         each at most once and the largest first, such as `5m` or `1h30m`"
    )]
    Malformed,
    /// The duration is zero.
    #[error("a window of zero holds no sample; accepted is at least 1ms")]
    Zero,
    /// More than Prometheus can hold.
    #[error("longer than Prometheus can hold (292 years)")]
    TooLong,
}

impl PromDuration {
    /// Reads a duration, exactly as Prometheus would.
    ///
    /// # Errors
    /// See [`DurationError`].
    pub fn parse(text: &str) -> Result<Self, DurationError> {
        let mut amounts = [None; UNITS.len()];
        let mut rest = text;
        let mut millis = 0_u64;
        for (slot, (unit, unit_millis)) in amounts.iter_mut().zip(UNITS) {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, after) = rest.split_at(digits);
            // `m` must not take the first letter of `ms`.
            let Some(after) = after
                .strip_prefix(unit)
                .filter(|a| unit != "m" || !a.starts_with('s'))
            else {
                continue;
            };
            if number.is_empty() {
                return Err(DurationError::Malformed);
            }
            let amount: u64 = number.parse().map_err(|_| DurationError::TooLong)?;
            millis = amount
                .checked_mul(unit_millis)
                .and_then(|part| millis.checked_add(part))
                .filter(|&sum| sum <= MAX_MILLIS)
                .ok_or(DurationError::TooLong)?;
            *slot = Some(amount);
            rest = after;
        }
        if !rest.is_empty() || text.is_empty() {
            return Err(DurationError::Malformed);
        }
        if millis == 0 {
            return Err(DurationError::Zero);
        }
        Ok(Self { amounts, millis })
    }

    /// A duration of whole seconds, printed as Prometheus prints it (`75` is `1m15s`). Zero becomes one second.
    pub fn from_seconds(seconds: u64) -> Self {
        Self::from_millis(seconds.clamp(1, MAX_MILLIS / 1_000) * 1_000)
    }

    /// A duration of milliseconds, printed likewise (`59999` is `59s999ms`). Zero becomes one millisecond.
    pub fn from_millis(millis: u64) -> Self {
        let millis = millis.clamp(1, MAX_MILLIS);
        let mut amounts = [None; UNITS.len()];
        let mut left = millis;
        for (slot, (unit, unit_millis)) in amounts.iter_mut().zip(UNITS) {
            // Prometheus writes years and weeks only where nothing is left over.
            let whole_only = matches!(unit, "y" | "w");
            if left >= unit_millis && (!whole_only || left.is_multiple_of(unit_millis)) {
                *slot = Some(left / unit_millis);
                left %= unit_millis;
            }
        }
        Self { amounts, millis }
    }

    /// The length in milliseconds.
    pub fn millis(&self) -> u64 {
        self.millis
    }
}

impl fmt::Display for PromDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (amount, (unit, _)) in self.amounts.iter().zip(UNITS) {
            if let Some(amount) = amount {
                write!(f, "{amount}{unit}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_duration_prints_as_it_was_written() {
        for text in [
            "5m",
            "90s",
            "1h30m",
            "1w2d",
            "1y",
            "250ms",
            "1m500ms",
            "1h0m5s",
            "1y1w1d1h1m1s1ms",
        ] {
            assert_eq!(PromDuration::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn units_have_prometheus_lengths() {
        for (text, millis) in [
            ("1ms", 1),
            ("1m", 60_000),
            ("1w", 604_800_000),
            ("1y", 31_536_000_000),
            ("1m1ms", 60_001),
        ] {
            assert_eq!(PromDuration::parse(text).unwrap().millis(), millis);
        }
    }

    #[test]
    fn what_prometheus_refuses_is_refused() {
        for text in [
            "",
            "5",
            "m",
            "5 m",
            " 5m",
            "5m ",
            "-5m",
            "+5m",
            "1.5h",
            "5M",
            "5min",
            "1m1h",
            "5m5m",
            "5m]",
            "1h 30m",
            "５m",
            "5m)) or vector(1",
        ] {
            assert_eq!(
                PromDuration::parse(text),
                Err(DurationError::Malformed),
                "{text:?}"
            );
        }
        for text in ["0s", "0m", "0y0ms"] {
            assert_eq!(PromDuration::parse(text), Err(DurationError::Zero));
        }
        for text in ["300y", "99999999999999999999s", "18446744073709551615w"] {
            assert_eq!(PromDuration::parse(text), Err(DurationError::TooLong));
        }
    }

    #[test]
    fn seconds_print_as_prometheus_prints_them() {
        for (seconds, text) in [
            (60, "1m"),
            (75, "1m15s"),
            (90, "1m30s"),
            (315, "5m15s"),
            (3615, "1h15s"),
            (86_400, "1d"),
            (604_800, "1w"),
            (694_800, "8d1h"),
            (0, "1s"),
        ] {
            assert_eq!(PromDuration::from_seconds(seconds).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn from_seconds_and_parse_agree(seconds in 1_u64..=MAX_MILLIS / 1_000) {
            let duration = PromDuration::from_seconds(seconds);
            prop_assert_eq!(PromDuration::parse(&duration.to_string()), Ok(duration.clone()));
            prop_assert_eq!(duration.millis(), seconds * 1000);
        }
    }
}

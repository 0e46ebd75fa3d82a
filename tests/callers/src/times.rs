//! Instants and durations in all the forms that there are, each with what it means.

use proptest::prelude::*;

use crate::texts::text;

/// The years 1 to 9999, Unix milliseconds.
const FIRST: i64 = -62_135_596_800_000;
const LAST: i64 = 253_402_300_799_999;
const DAY: i64 = 86_400_000;

/// A time as a caller writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Time {
    /// The text.
    pub text: String,
    /// The time that it stands for.
    pub meaning: Meaning,
}

/// The meaning of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning {
    /// A number of milliseconds.
    Millis(i64),
    /// Nothing: it has to be refused.
    Nothing,
    /// It may be either; nobody worked it out.
    Unclear,
}

/// A duration as a caller writes it.
pub type Span = Time;

impl Meaning {
    pub(crate) fn millis(self) -> Option<i64> {
        match self {
            Self::Millis(millis) => Some(millis),
            Self::Nothing | Self::Unclear => None,
        }
    }
}

/// Texts that are no time, however close they come.
const NO_TIMES: &[&str] = &[
    "",
    " ",
    "yesterday",
    "now",
    "now-1h",
    "NaN",
    "inf",
    "-",
    ".",
    "1.",
    ".5",
    "1e9",
    "0x10",
    "1_000",
    "+1",
    "--1",
    "1 2",
    "1769851800000",
    "99999999999999999999",
    "-99999999999999999999999999",
    "9223372036854775807",
    "-9223372036854775808",
    "253402300800",
    "-62135596801",
    "2026-01",
    "2026-13-01",
    "2026-00-10",
    "2026-02-30",
    "2026-01-31T",
    "2026-01-31T25:00:00Z",
    "2026-01-31T09:60Z",
    "2026-01-31T09:30:00+25:00",
    "2026-01-31T09:30:00[UTC]",
    "10000-01-01T00:00:00Z",
    "0000-12-31",
    "２０２６-01-31",
    "١",
    "2026-01-31\0",
    "2026-01-31T09:30:00Z\"} or up",
];

/// A range: two times, mostly in order and not too far apart.
pub(crate) fn range() -> BoxedStrategy<(Time, Time)> {
    let near = 1_700_000_000_000_i64..1_800_000_000_000;
    let length = prop_oneof![
        Just(0_i64),
        0..1_800_001_i64,
        0..7_200_000_i64,
        0..(7 * DAY),
        0..(400 * DAY),
        -1000..1000_i64,
    ];
    let in_order = (
        prop_oneof![4 => near, 1 => FIRST..LAST, 1 => -DAY..DAY],
        length,
    )
        .prop_flat_map(|(start, length)| {
            let end = start.saturating_add(length).clamp(FIRST, LAST);
            (written(start), written(end))
        });
    let edges = || prop::sample::select(vec![FIRST, FIRST + 1, -1, 0, 1, LAST - 1, LAST]);
    prop_oneof![
        8 => in_order,
        1 => (edges(), edges()).prop_flat_map(|(start, end)| (written(start), written(end))),
        1 => (time(), time()),
    ]
    .boxed()
}

/// Anything in the place of a time.
fn time() -> impl Strategy<Value = Time> {
    let unclear = |text| Time {
        text,
        meaning: Meaning::Unclear,
    };
    prop_oneof![
        (FIRST..LAST).prop_flat_map(written),
        prop::sample::select(NO_TIMES).prop_map(|text| Time {
            text: text.to_owned(),
            meaning: Meaning::Nothing,
        }),
        text().prop_map(unclear),
        "[-+0-9T:Z. ]{0,30}".prop_map(unclear),
    ]
}

/// An instant in one of its forms, which may be coarser than the instant.
fn written(millis: i64) -> BoxedStrategy<Time> {
    (0..8_u8, -14 * 60..14 * 60_i64)
        .prop_map(move |(form, offset)| {
            let (days, of_day) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
            let seconds = millis.div_euclid(1000);
            let (text, millis) = match form {
                0 => (seconds.to_string(), seconds * 1000),
                1 => {
                    let sign = if millis < 0 { "-" } else { "" };
                    let size = millis.unsigned_abs();
                    (format!("{sign}{}.{:03}", size / 1000, size % 1000), millis)
                }
                2 => (date(days), days * DAY),
                3 => (format!("{}T{}", date(days), clock(of_day)), millis),
                4 => (format!("{} {}", date(days), clock(of_day)), millis),
                5 => {
                    let local = (millis + offset * 60_000).clamp(FIRST, LAST);
                    let (sign, size) = (if offset < 0 { '-' } else { '+' }, offset.abs());
                    let text = format!(
                        "{}T{}{sign}{:02}:{:02}",
                        date(local.div_euclid(DAY)),
                        clock(local.rem_euclid(DAY)),
                        size / 60,
                        size % 60
                    );
                    (text, local - offset * 60_000)
                }
                6 => (format!(" {seconds}\n"), seconds * 1000),
                _ => (format!("{}T{}Z", date(days), clock(of_day)), millis),
            };
            let meaning = match (FIRST..=LAST).contains(&millis) {
                true => Meaning::Millis(millis),
                false => Meaning::Nothing,
            };
            Time { text, meaning }
        })
        .boxed()
}

fn clock(millis: i64) -> String {
    let seconds = millis / 1000;
    let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
    format!(
        "{hour:02}:{minute:02}:{:02}.{:03}",
        seconds % 60,
        millis % 1000
    )
}

/// The civil date, so many days after 1970-01-01. Howard Hinnant's algorithm.
fn date(days: i64) -> String {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The units of a duration, largest first, in milliseconds.
const UNITS: [(&str, i64); 7] = [
    ("y", 365 * DAY),
    ("w", 7 * DAY),
    ("d", DAY),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

const NO_DURATIONS: &[&str] = &[
    "",
    "0",
    "0s",
    "0m0s",
    "5",
    "m",
    "-5m",
    "+5m",
    "5 m",
    " 5m",
    "5m\n",
    "1.5h",
    "1m1h",
    "1m1m",
    "5M",
    "5µs",
    "5us",
    "5ns",
    "1mo",
    "٥m",
    "5m:1m",
    "5m]",
    "1m]))",
    "5m] offset 1d",
    "$__rate_interval",
    "9223372036854775808s",
    "18446744073709551616ms",
    "293y",
    "1e3s",
];

/// Anything in the place of a window.
pub(crate) fn window() -> BoxedStrategy<Span> {
    let amounts = prop::collection::vec(prop::option::weighted(0.3, 0..50_i64), UNITS.len());
    let good = amounts.prop_map(|amounts| {
        let mut span = Span {
            text: String::new(),
            meaning: Meaning::Nothing,
        };
        let mut millis = 0;
        for (amount, (unit, size)) in amounts.into_iter().zip(UNITS) {
            if let Some(amount) = amount {
                span.text.push_str(&format!("{amount}{unit}"));
                millis += amount * size;
            }
        }
        if millis > 0 {
            span.meaning = Meaning::Millis(millis);
        }
        span
    });
    prop_oneof![
        6 => good,
        1 => prop::sample::select(NO_DURATIONS).prop_map(|text| Span {
            text: text.to_owned(),
            meaning: Meaning::Nothing,
        }),
        1 => text().prop_map(|text| Span { text, meaning: Meaning::Unclear }),
        1 => "[0-9]{0,3}[ywdhms]{0,2}[0-9]{0,3}(s|ms)?".prop_map(|text| Span { text, meaning: Meaning::Unclear }),
    ]
    .boxed()
}

/// A duration as Prometheus prints it.
pub(crate) fn read_duration(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut millis = 0_i64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (amount, after) = rest.split_at(digits);
        let letters = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
        millis = millis.checked_add(amount.parse::<i64>().ok()?.checked_mul(*size)?)?;
        rest = after;
    }
    (millis > 0).then_some(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (19_782, "2024-02-29"),
            (20_484, "2026-01-31"),
            (FIRST / DAY, "0001-01-01"),
            (LAST.div_euclid(DAY), "9999-12-31"),
        ] {
            assert_eq!(date(days), text);
        }
    }

    #[test]
    fn durations_are_read_as_they_are_printed() {
        assert_eq!(read_duration("1h15s"), Some(3_615_000));
        assert_eq!(read_duration("1y1ms"), Some(365 * DAY + 1));
        assert_eq!(read_duration("0s"), None);
        assert_eq!(read_duration("5"), None);
    }
}

//! Numbers for people, with their unit: `12.4 GiB`, `350 mcores`, `42.0 %`. Own code, because the
//! crates for this (`humansize`, `human-repr`) take integers or bytes only, or choose the base at compile time.

pub(crate) use metric_serve::documents::not_finite;

/// Seconds.
const HOUR: f64 = 3600.0;

/// A value in the unit of a result (see the contract's `metric-result.unit`).
pub(crate) fn for_people(value: f64, unit: Option<&str>) -> String {
    if !value.is_finite() {
        return not_finite(value).to_owned();
    }
    let Some(unit) = unit else {
        return plain(value);
    };
    let (base, per) = match unit.strip_suffix("/s") {
        Some(base) => (base, "/s"),
        None => (unit, ""),
    };
    let number = match base {
        "bytes" => scaled(
            value,
            1024.0,
            &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"],
        ),
        "watts" if value.abs() >= 0.1 || value == 0.0 => {
            scaled(value, 1000.0, &["W", "kW", "MW", "GW"])
        }
        "watts" => format!("{} W", significant(value, 3)),
        "millicores" if value.abs() < 999.5 => format!("{} mcores", significant(value, 3)),
        "millicores" => format!("{:.2} cores", value / 1000.0),
        "milliseconds" => time(value),
        // Value times time, as it is billed.
        "byte-seconds" => return format!("{}·h", for_people(value / HOUR, Some("bytes"))),
        "watt-seconds" => return format!("{}h", for_people(value / HOUR, Some("watts"))),
        "millicore-seconds" => {
            return format!("{} core-hours", significant(value / (1000.0 * HOUR), 4));
        }
        "percent-seconds" => {
            return format!("{} device-hours", significant(value / (100.0 * HOUR), 4));
        }
        "percent" if value.abs() >= 0.1 || value == 0.0 => format!("{value:.1} %"),
        "percent" => format!("{} %", significant(value, 3)),
        // Small counts are read digit by digit, large ones are not.
        "count" if value.abs() < 10_000.0 => plain(value),
        "count" => scaled(value, 1000.0, &["", "k", "M", "G", "T", "P", "E"]),
        _ => format!("{} {}", plain(value), super::printable::line(base)),
    };
    number + per
}

/// The largest prefix that leaves at least one whole, with one decimal.
fn scaled(value: f64, factor: f64, units: &[&str]) -> String {
    let mut value = value;
    let mut names = units.iter().peekable();
    let mut name = names.next().copied().unwrap_or_default();
    let mut decimals = if factor == 1024.0 { None } else { Some(1) };
    // Compared as it will be printed, so that 1023.96 KiB becomes 1.0 MiB and not 1024.0 KiB.
    while (value.abs() * 10.0).round() / 10.0 >= factor
        && let Some(next) = names.next()
    {
        value /= factor;
        name = next;
        decimals = Some(1);
    }
    match decimals {
        Some(_) if value.abs() >= 1e6 => format!("{value:.1e} {name}"),
        Some(decimals) => format!("{value:.decimals$} {name}"),
        // Bytes are not divided; a fraction of one is a rate below one a second.
        None => format!("{} {name}", significant(value, 3)),
    }
}

/// Milliseconds of work or of time, in the unit that suits their length.
fn time(milliseconds: f64) -> String {
    const SECOND: f64 = 1000.0;
    const MINUTE: f64 = 60.0 * SECOND;
    const HOUR: f64 = 60.0 * MINUTE;
    const DAY: f64 = 24.0 * HOUR;
    match milliseconds.abs() {
        length if length < SECOND => format!("{} ms", significant(milliseconds, 3)),
        length if length < MINUTE => format!("{:.2} s", milliseconds / SECOND),
        length if length < HOUR => format!("{:.1} min", milliseconds / MINUTE),
        length if length < 2.0 * DAY => format!("{:.1} h", milliseconds / HOUR),
        _ => format!("{:.1} d", milliseconds / DAY),
    }
}

/// A number of unknown meaning: whole numbers whole, others with four significant digits.
fn plain(value: f64) -> String {
    // Up to here a float counts every whole number.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        format!("{:.0}", value + 0.0)
    } else {
        significant(value, 4)
    }
}

/// Writes so many significant digits, without trailing zeros; an exponent where the zeros would not be read.
fn significant(value: f64, digits: i32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    if !(-5.0..9.0).contains(&magnitude) {
        return format!(
            "{:.*e}",
            usize::try_from(digits - 1).unwrap_or_default(),
            value
        );
    }
    let decimals = usize::try_from(digits - 1 - magnitude as i32).unwrap_or_default();
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(unit: &str, cases: &[(f64, &str)]) {
        for (value, text) in cases {
            assert_eq!(for_people(*value, Some(unit)), *text, "{value} {unit}");
        }
    }

    #[test]
    fn bytes_are_scaled_by_1024() {
        check(
            "bytes",
            &[
                (0.0, "0 B"),
                (512.0, "512 B"),
                (1024.0, "1.0 KiB"),
                (1024.0 * 1023.97, "1.0 MiB"),
                (12.4 * 1024.0 * 1024.0 * 1024.0, "12.4 GiB"),
                (-2048.0, "-2.0 KiB"),
                (1e30, "8.7e11 EiB"),
                (1e300, "8.7e281 EiB"),
            ],
        );
        check(
            "bytes/s",
            &[(3.4 * 1024.0 * 1024.0, "3.4 MiB/s"), (0.25, "0.25 B/s")],
        );
    }

    #[test]
    fn processor_time_is_shown_in_cores() {
        check(
            "millicores",
            &[
                (350.0, "350 mcores"),
                (3.517, "3.52 mcores"),
                (999.6, "1.00 cores"),
                (1200.0, "1.20 cores"),
            ],
        );
        check(
            "milliseconds",
            &[
                (950.0, "950 ms"),
                (1500.0, "1.50 s"),
                (90_000.0, "1.5 min"),
                (7_200_000.0, "2.0 h"),
                (345_600_000.0, "4.0 d"),
            ],
        );
    }

    #[test]
    fn percent_and_watts_have_one_decimal_unless_they_are_tiny() {
        check(
            "percent",
            &[
                (42.0, "42.0 %"),
                (0.0, "0.0 %"),
                (0.0034, "0.0034 %"),
                (100.04, "100.0 %"),
            ],
        );
        check(
            "watts",
            &[
                (12.34, "12.3 W"),
                (1250.0, "1.2 kW"),
                (0.0, "0.0 W"),
                (0.012, "0.012 W"),
            ],
        );
    }

    #[test]
    fn counts_and_unknown_units_keep_sensible_digits() {
        check(
            "count",
            &[
                (7.0, "7"),
                (9999.0, "9999"),
                (12_345.0, "12.3 k"),
                (2.5, "2.5"),
            ],
        );
        check("count/s", &[(2.0, "2/s"), (12_345.0, "12.3 k/s")]);
        check("furlongs", &[(7.0, "7 furlongs")]);
        check("fur\u{1b}longs", &[(7.0, "7 fur\\u{1b}longs")]);
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1_234_567.0, "1234567"),
            (std::f64::consts::PI, "3.142"),
            (0.001_234_5, "0.001234"),
            (1e-9, "1.000e-9"),
            (1e21, "1.000e21"),
            (12.5, "12.5"),
        ] {
            assert_eq!(for_people(value, None), text);
        }
    }

    #[test]
    fn value_times_time_is_shown_in_hours() {
        check("byte-seconds", &[(3600.0 * 1024.0 * 1024.0, "1.0 MiB·h")]);
        check("watt-seconds", &[(7_200_000.0, "2.0 kWh")]);
        check("millicore-seconds", &[(9_000_000.0, "2.5 core-hours")]);
        check("percent-seconds", &[(180_000.0, "0.5 device-hours")]);
    }

    #[test]
    fn what_is_no_number_says_so_without_a_unit() {
        check(
            "bytes",
            &[
                (f64::NAN, "NaN"),
                (f64::INFINITY, "+Inf"),
                (f64::NEG_INFINITY, "-Inf"),
            ],
        );
    }
}

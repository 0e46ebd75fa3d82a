//! Times and durations: whatever is read is read back the same from its plain form, and nothing is read that
//! is not of the characters of a time.

#![no_main]

use chrono::{DateTime, SecondsFormat};
use libfuzzer_sys::fuzz_target;
use metric_fuzz::parts;
use metric_service::domain::{
    MetricQuery, MetricType, PromDuration, Settings, Timestamp, plan,
};
use promql_parser::util::parse_duration;

/// Digits that fit 32 bits whatever they are.
const LONGEST_AMOUNT: usize = 9;

fuzz_target!(|input: &[u8]| {
    let [first, second, step] = parts(input);
    let (first, second) = (first.unwrap_or_default(), second.unwrap_or_default());
    time(&first);
    duration(&first);
    range(&first, &second, step.and_then(|step| step.parse().ok()));
});

fn time(text: &str) {
    let Some(time) = Timestamp::parse(text) else {
        return;
    };
    let of_a_time =
        |c: char| c.is_ascii_digit() || "+-:.TtZz ".contains(c) || c.is_ascii_whitespace();
    assert!(text.chars().all(of_a_time), "{text:?} was read as {time:?}");
    assert!(text.bytes().any(|b| b.is_ascii_digit()));
    assert_eq!(Timestamp::from_millis(time.millis()), Some(time));
    let calendar = DateTime::from_timestamp_millis(time.millis()).expect("years 1 to 9999");
    let plain = calendar.to_rfc3339_opts(SecondsFormat::Millis, true);
    assert_eq!(
        Timestamp::parse(&plain),
        Some(time),
        "{text:?} as {plain:?}"
    );
    let (sign, magnitude) = (
        if time.millis() < 0 { "-" } else { "" },
        time.millis().unsigned_abs(),
    );
    let seconds = format!("{sign}{}.{:03}", magnitude / 1000, magnitude % 1000);
    assert_eq!(
        Timestamp::parse(&seconds),
        Some(time),
        "{text:?} as {seconds:?}"
    );
}

fn duration(text: &str) {
    let Ok(duration) = PromDuration::parse(text) else {
        return;
    };
    let printed = duration.to_string();
    assert_eq!(
        PromDuration::parse(&printed).as_ref(),
        Ok(&duration),
        "{text:?} as {printed:?}"
    );
    // promql-parser leaves out an amount that does not fit 32 bits; Prometheus does not.
    if text
        .split(|c: char| !c.is_ascii_digit())
        .any(|amount| amount.len() > LONGEST_AMOUNT)
    {
        return;
    }
    let theirs = parse_duration(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(
        theirs.as_millis(),
        u128::from(duration.millis()),
        "{text:?}"
    );
}

fn range(start: &str, end: &str, step: Option<u32>) {
    let settings = Settings::default();
    for metric_type in [MetricType::Gauge, MetricType::Rate] {
        let query = MetricQuery {
            metric_name: "mem".into(),
            start: start.into(),
            end: end.into(),
            step,
            metric_type: Some(metric_type),
            ..MetricQuery::default()
        };
        let Ok(plan) = plan(&settings, &query) else {
            continue;
        };
        let grid = plan.grid;
        let seconds = i64::from(grid.step());
        assert!(grid.start() <= grid.end());
        assert!(
            grid.start().rem_euclid(seconds) == 0 && grid.end().rem_euclid(seconds) == 0,
            "{grid:?}"
        );
        assert!(
            grid.points() <= u64::from(settings.max_points.get()),
            "{grid:?}"
        );
        // A level is read at or before the end, what looks back at or after it.
        let last = Timestamp::parse(end).expect("was read just now").millis();
        let millis = seconds * 1000;
        let after = match metric_type {
            MetricType::Gauge => last - grid.end() * 1000,
            _ => grid.end() * 1000 - last,
        };
        assert!((0..millis).contains(&after), "{grid:?}");
    }
}

//! Held to numpy: `tests/reference/insight.json`, which `insight.py` beside it writes.

use std::num::NonZeroU32;

use serde_json::Value;

use super::*;
use crate::domain::{Grid, Statistic};

fn table() -> Value {
    let text = include_str!("../../../../tests/reference/insight.json");
    serde_json::from_str(text).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// Numbers; null is none.
fn numbers(value: &Value) -> Vec<f64> {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    list(value).iter().map(number).collect()
}

fn hold(found: &[f64], expected: &[f64], relative: f64, of: &str) {
    assert_eq!(found.len(), expected.len(), "{of}");
    for (found, expected) in found.iter().zip(expected) {
        let both_none = found.is_nan() && expected.is_nan();
        let near = (found - expected).abs() <= relative * expected.abs().max(1.0);
        assert!(both_none || near, "{of}: {found} is not {expected}");
    }
}

#[test]
fn summaries_are_numpys_to_a_trillionth() {
    let table = table();
    let parts = numbers(&table["quantile_parts"]);
    for case in list(&table["summaries"]) {
        let name = case["name"].as_str().unwrap();
        let summary = Summary::of(&numbers(&case["values"]), &parts);
        let found = [
            summary.first,
            summary.last,
            summary.min,
            summary.max,
            summary.avg,
        ];
        hold(&found, &numbers(&case["statistics"]), 1e-12, name);
        hold(
            &summary.quantiles,
            &numbers(&case["quantiles"]),
            1e-12,
            name,
        );
        assert_eq!(
            summary.not_numbers as u64,
            case["not_numbers"].as_u64().unwrap()
        );
    }
}

#[test]
fn moving_statistics_are_numpys_to_a_trillionth() {
    for case in list(&table()["moving"]) {
        let values = numbers(&case["values"]);
        let window = usize::try_from(case["window"].as_u64().unwrap()).unwrap();
        for (name, statistic) in [
            ("avg", Statistic::Avg),
            ("max", Statistic::Max),
            ("min", Statistic::Min),
            ("p95", Statistic::Quantile(0.95)),
        ] {
            let found: Vec<f64> = values
                .windows(window)
                .map(|values| statistic.of(&mut values.to_vec()).unwrap())
                .collect();
            hold(&found, &numbers(&case[name]), 1e-12, name);
        }
    }
}

/// The bands of a case from a place on, of a series that begins at another.
fn bands(case: &Value, column: &str, begin: usize, from: usize) -> Vec<f64> {
    let (strategy, lookback) = match column {
        "seasonal" => (Strategy::Seasonal, 7 * 86_400),
        "robust" => (Strategy::Robust, 86_400),
        "adaptive" => (Strategy::Adaptive, 27 * 3600),
        _ => (Strategy::Adaptive, 7 * 86_400),
    };
    let input = DetectionInput {
        strategy: Some(strategy),
        lookback: Some(lookback),
        ..Default::default()
    };
    let step = u32::try_from(case["step"].as_u64().unwrap()).unwrap();
    let detection = Detection::new(input, step, 0, 1 << 40).unwrap();
    let values = &numbers(&case["values"])[begin..];
    let place = |place: usize| i64::try_from(place).unwrap() * i64::from(step);
    let grid = Grid::new(place(begin), place(begin + values.len() - 1), step).unwrap();
    let timestamps: Vec<i64> = (begin..begin + values.len())
        .map(|at| place(at) * 1000)
        .collect();
    let series = Dense::of(grid, &timestamps, values);
    let verdict = look(&series, from - begin, &detection);
    let columns = verdict
        .bands
        .iter()
        .flat_map(|band| [band.expected, band.lower, band.upper]);
    columns.collect()
}

#[test]
fn bands_are_numpys_to_a_billionth_and_the_same_in_whichever_range_the_points_lie() {
    for case in list(&table()["bands"]) {
        let from = usize::try_from(case["from"].as_u64().unwrap()).unwrap();
        for column in ["seasonal", "robust", "adaptive", "adaptive_week"] {
            let name = format!("{}, {column}", case["name"].as_str().unwrap());
            let expected: Vec<f64> = list(&case[column]).iter().flat_map(numbers).collect();
            hold(&bands(case, column, 0, from), &expected, 1e-9, &name);
            // A range that begins later, with its lookback.
            let later = &expected[3 * 20..];
            hold(&bands(case, column, 20, from + 20), later, 1e-9, &name);
        }
    }
}

#[test]
fn a_series_that_is_too_young_for_seasons_is_watched_without_them() {
    let table = table();
    let case = |name: &str| {
        let mut cases = list(&table["bands"]).iter();
        cases.find(|case| case["name"] == name).unwrap()
    };
    for (name, strategy) in [("season", Strategy::Seasonal), ("young", Strategy::Robust)] {
        let values = numbers(&case(name)["values"]);
        let timestamps: Vec<i64> = (0..values.len() as i64).map(|at| at * 900_000).collect();
        let grid = Grid::new(0, timestamps.last().unwrap() / 1000, 900).unwrap();
        let series = Dense::of(grid, &timestamps, &values);
        let detection = Detection::new(DetectionInput::default(), 900, 0, 1 << 40).unwrap();
        let verdict = look(&series, 672, &detection);
        assert_eq!(verdict.strategy, strategy, "{name}");
        assert!(verdict.bands.iter().all(Band::is_some));
    }
}

#[test]
fn a_range_and_its_lookback_are_within_max_range() {
    let day = u64::from(86_400_u32);
    let new = |strategy, lookback, range| {
        let input = DetectionInput {
            strategy,
            lookback,
            ..Default::default()
        };
        Detection::new(input, 300, range, 7 * day)
    };
    // The days that are left, if nothing else was asked for.
    assert_eq!(new(None, None, day).unwrap().lookback, 6 * 86_400);
    assert_eq!(
        new(Some(Strategy::Robust), None, day).unwrap().lookback,
        86_400
    );
    let seasonal = Some(Strategy::Seasonal);
    let too_long = |lookback| {
        Err(InsightError::LongLookback {
            range: 6 * day,
            lookback,
            maximum: 7 * day,
        })
    };
    assert_eq!(new(seasonal, None, 6 * day), too_long(2 * day));
    assert_eq!(new(seasonal, Some(5 * 86_400), 6 * day), too_long(5 * day));
    assert!(matches!(
        new(seasonal, Some(86_400), day),
        Err(InsightError::ShortLookback { least: 172_800, .. })
    ));
    for season in [100, 86_401] {
        let input = DetectionInput {
            season: Some(season),
            ..Default::default()
        };
        assert!(Detection::new(input, 300, 0, 7 * day).is_err());
    }
}

#[test]
fn the_best_of_a_summary_are_found_whatever_the_order_of_its_groups() {
    let ranking = Ranking {
        score: Score::Total,
        k: NonZeroU32::new(2).unwrap(),
        lowest: false,
        others: true,
    };
    assert_eq!(order(&[1.0, 5.0, 3.0], &ranking), [1, 2]);
    assert_eq!(total([2.0, f64::NAN, 3.0], 60), 300.0);
}

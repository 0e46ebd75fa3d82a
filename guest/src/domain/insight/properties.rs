//! Properties that hold for all values: infinite, not a number, missing, huge.

use proptest::prelude::{Just, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Strategy as _;

use super::{Band, Dense, Detection, DetectionInput, Strategy, Summary, ToleranceInput, look};
use crate::domain::Grid;

/// Any number at all, and often an ordinary one.
fn value() -> impl proptest::strategy::Strategy<Value = f64> {
    prop_oneof![
        4 => (0..50_i32).prop_map(f64::from),
        1 => any::<f64>(),
        1 => Just(f64::NAN),
    ]
}

/// A series with gaps, an hour between two points.
fn dense(values: &[Option<f64>]) -> Dense {
    let last = i64::try_from(values.len()).unwrap().max(1) - 1;
    let there = values
        .iter()
        .enumerate()
        .filter_map(|(place, value)| Some((i64::try_from(place).unwrap() * 3_600_000, (*value)?)));
    let (timestamps, values): (Vec<i64>, Vec<f64>) = there.unzip();
    Dense::of(
        Grid::new(0, last * 3600, 3600).unwrap(),
        &timestamps,
        &values,
    )
}

proptest! {
    #[test]
    fn a_band_is_around_what_is_expected_and_an_anomaly_outside_of_it(
        values in proptest::collection::vec(proptest::option::weighted(0.9, value()), 1..120),
        from in 0_usize..100,
        strategy in proptest::sample::select(vec![
            None, Some(Strategy::Seasonal), Some(Strategy::Robust), Some(Strategy::Adaptive),
        ]),
        min_points in 1_u32..4,
    ) {
        let input = DetectionInput {
            strategy,
            tolerance: ToleranceInput {
                min_points: Some(min_points),
                ..Default::default()
            },
            ..Default::default()
        };
        let detection = Detection::new(input, 3600, 0, 1 << 40).unwrap();
        let series = dense(&values);
        let verdict = look(&series, from, &detection);
        prop_assert_eq!(verdict.bands.len(), series.len().saturating_sub(from));
        for band in verdict.bands.iter().filter(|band| band.is_some()) {
            prop_assert!(band.lower <= band.expected && band.expected <= band.upper, "{:?}", band);
        }
        for anomaly in &verdict.anomalies {
            prop_assert!(anomaly.start <= anomaly.peak_at && anomaly.peak_at <= anomaly.end);
            prop_assert!((anomaly.end - anomaly.start) / 3_600_000 + 1 >= i64::from(min_points));
            prop_assert!(anomaly.score > 1.0 || anomaly.score.is_nan(), "{:?}", anomaly);
            prop_assert_eq!(anomaly.above, anomaly.peak > anomaly.expected);
        }
    }

    /// A range that begins later has the same bands at the points that both have.
    #[test]
    fn the_verdict_on_a_point_is_the_same_in_whichever_range_it_lies(
        values in proptest::collection::vec(proptest::option::weighted(0.9, value()), 60..120),
        later in 1_usize..10,
        strategy in proptest::sample::select(vec![Strategy::Seasonal, Strategy::Robust, Strategy::Adaptive]),
    ) {
        let input = DetectionInput {
            strategy: Some(strategy),
            lookback: Some(48 * 3600),
            ..Default::default()
        };
        let detection = Detection::new(input, 3600, 0, 1 << 40).unwrap();
        let bits = |bands: &[Band]| -> Vec<[u64; 3]> {
            let of = |band: &Band| [band.expected, band.lower, band.upper].map(f64::to_bits);
            bands.iter().map(of).collect()
        };
        let whole = look(&dense(&values), 50, &detection).bands;
        // It fetches less before, but all that it learns from.
        let part = look(&dense(&values[later..]), 50, &detection).bands;
        prop_assert_eq!(bits(&whole[later.min(whole.len())..]), bits(&part));
    }

    #[test]
    fn a_summary_is_between_its_extremes(values in proptest::collection::vec(value(), 0..60), q in 0.0..=1.0) {
        let summary = Summary::of(&values, &[0.0, q, 1.0]);
        prop_assert!(summary.not_numbers <= summary.points);
        let [least, middle, most] = summary.quantiles[..] else { panic!() };
        match summary.points > summary.not_numbers {
            false => prop_assert!(least.is_nan() && summary.avg.is_nan()),
            true => {
                prop_assert_eq!((least, most), (summary.min, summary.max));
                // Of opposite infinities there is no middle.
                prop_assert!(middle.is_nan() || (least <= middle && middle <= most));
            }
        }
    }
}

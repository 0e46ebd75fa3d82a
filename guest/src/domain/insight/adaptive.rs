//! Bands by the rules of Grafana's `promql-anomaly-detection` (`rules/adaptive.yml`): the mean of an hour, with a band
//! from the deviation of restless hours smoothed over 26, half the mean at least, and that of the same hour a day and a
//! week ago. As there, a point is part of its own mean, and what is not above zero does not count.

use super::band::Band;
use super::dense::Dense;
use super::numbers::{mean, standard_deviation};
use super::robust::LEAST_VALUES;
use super::tolerance::Tolerance;

const HOUR: u32 = 3600;
/// The time over which the deviation of restless hours is smoothed.
const SMOOTHED: u32 = 26 * HOUR;
/// An hour is restless where its deviation is more than this part of its mean.
const RESTLESS: f64 = 0.5;
/// The band is at least this part of the mean.
const MARGIN: f64 = 0.5;
/// The same time a day and a week ago, from half an hour before to half an hour after.
const AGO: [u32; 2] = [23 * HOUR + HOUR / 2, 167 * HOUR + HOUR / 2];

/// The mean and the deviation of the hour up to a place.
#[derive(Clone, Copy)]
struct Hour {
    mean: f64,
    deviation: f64,
}

/// The bands of the places from one on.
pub(super) fn bands(
    series: &Dense,
    from: usize,
    lookback: u32,
    tolerance: &Tolerance,
) -> Vec<Band> {
    let selected = |place: usize| series.learnable(place).filter(|value| *value > 0.0);
    let hour = series.places(HOUR).max(1);
    let mut within = Vec::with_capacity(hour);
    let hours: Vec<Option<Hour>> = (0..series.len())
        .map(|place| {
            within.clear();
            within.extend(((place + 1).saturating_sub(hour)..=place).filter_map(selected));
            let mean = mean(&within);
            (!within.is_empty()).then(|| Hour {
                mean,
                deviation: standard_deviation(&within, mean),
            })
        })
        .collect();
    let at = |place: Option<usize>| hours.get(place?).copied().flatten();
    let sensitivity = tolerance.sensitivity(2.0);
    // Not before the lookback begins, or the verdict would depend on how much more was fetched.
    let smoothed = SMOOTHED.min(lookback.saturating_sub(HOUR));
    let (smoothed, before) = (series.places(smoothed).max(1), series.places(lookback));
    let mut restless = Vec::new();
    let mut band = |place: usize| {
        let known = (place.saturating_sub(before)..place).filter_map(selected);
        let is_known = known.take(LEAST_VALUES).count() == LEAST_VALUES;
        let hour = at(Some(place)).filter(|_| is_known);
        let Some(hour) = hour else {
            return Band::NONE;
        };
        restless.clear();
        restless.extend(
            ((place + 1).saturating_sub(smoothed)..=place)
                .filter_map(|place| at(Some(place)))
                .filter(|hour| hour.deviation > hour.mean * RESTLESS)
                .map(|hour| hour.deviation),
        );
        let mut half = hour.mean * MARGIN;
        if !restless.is_empty() {
            half = half.max(sensitivity * mean(&restless));
        }
        let mut band = Band {
            expected: hour.mean,
            lower: hour.mean - half,
            upper: hour.mean + half,
        };
        for ago in AGO {
            let ago = series.places(ago);
            if let Some(then) = at(place.checked_sub(ago)).filter(|_| ago <= before) {
                let half = sensitivity * then.deviation;
                band.lower = band.lower.min(then.mean - half);
                band.upper = band.upper.max(then.mean + half);
            }
        }
        band.lower = band.lower.max(0.0);
        tolerance.widened(band, 0.0)
    };
    (from..series.len()).map(&mut band).collect()
}

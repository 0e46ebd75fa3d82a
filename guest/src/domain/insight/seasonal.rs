//! Bands from the values at the same time of the seasons before: their median is expected.

use super::band::Band;
use super::dense::Dense;
use super::sliding::Sliding;
use super::tolerance::Tolerance;

/// Seconds each way that count as the same time: what people do every day they do at about the same time.
pub(super) const AROUND: u32 = 1800;
/// One season is no repetition.
const LEAST_SEASONS: usize = 2;

/// The bands of the places from one on, each from the seasons within so many seconds before it.
pub(super) fn bands(
    series: &Dense,
    from: usize,
    lookback: u32,
    season: u32,
    tolerance: &Tolerance,
) -> Vec<Band> {
    let (before, season, around) = (
        series.places(lookback),
        series.places(season).max(1),
        series.places(AROUND),
    );
    let seasons = before / season;
    let mut sliding = Sliding::new(series, seasons);
    let band = |place: usize| {
        for number in 0..seasons {
            // Not before the lookback begins, or the verdict would depend on how much more was fetched.
            let earliest = place.saturating_sub(before);
            let Some(same) = place.checked_sub(season * (number + 1)) else {
                break;
            };
            let first = same.saturating_sub(around).max(earliest);
            sliding.slide(number, first, same + around + 1);
        }
        if sliding.filled() < LEAST_SEASONS {
            return Band::NONE;
        }
        let (middle, deviation) = sliding.middle();
        tolerance.band(middle, deviation)
    };
    (from..series.len()).map(band).collect()
}

//! Bands from all values of the lookback: their median is expected.

use super::band::Band;
use super::dense::Dense;
use super::sliding::Sliding;
use super::tolerance::Tolerance;

/// Fewer values tell nothing of what is ordinary.
pub(super) const LEAST_VALUES: usize = 12;

/// The bands of the places from one on, each from the values of so many seconds before it, itself not among them.
pub(super) fn bands(
    series: &Dense,
    from: usize,
    lookback: u32,
    tolerance: &Tolerance,
) -> Vec<Band> {
    let before = series.places(lookback);
    let mut sliding = Sliding::new(series, 1);
    let band = |place: usize| {
        sliding.slide(0, place.saturating_sub(before), place);
        if sliding.len() < LEAST_VALUES {
            return Band::NONE;
        }
        let (middle, deviation) = sliding.middle();
        tolerance.band(middle, deviation)
    };
    (from..series.len()).map(band).collect()
}

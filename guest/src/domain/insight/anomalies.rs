//! Points in a row outside of their band.

use super::band::Band;
use super::dense::Dense;
use super::tolerance::Tolerance;

/// Points in a row outside of their band, on one side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Anomaly {
    /// The first, Unix milliseconds.
    pub start: i64,
    /// The last.
    pub end: i64,
    /// True if the values are above the band.
    pub above: bool,
    /// The one that is farthest out.
    pub peak_at: i64,
    /// Its value.
    pub peak: f64,
    /// The value expected there.
    pub expected: f64,
    /// The distance from the expected value, in distances from there to the edge: above 1 is outside.
    pub score: f64,
}

/// Finds the anomalies from a place on, which the first band belongs to. A point that is missing, no number, or without
/// a band is no anomaly, and ends a row.
pub(super) fn find(
    series: &Dense,
    from: usize,
    bands: &[Band],
    tolerance: &Tolerance,
) -> Vec<Anomaly> {
    let mut found = Vec::new();
    let mut row: Option<(Anomaly, u32)> = None;
    let mut end = |row: Option<(Anomaly, u32)>| {
        found.extend(
            row.filter(|(_, points)| *points >= tolerance.min_points.get())
                .map(|(anomaly, _)| anomaly),
        );
    };
    for (place, band) in (from..).zip(bands) {
        let value = series.at(place);
        let Some(above) = band.outside(value).filter(|&above| tolerance.counts(above)) else {
            end(row.take());
            continue;
        };
        let at = series.instant(place);
        let alone = Anomaly {
            start: at,
            end: at,
            above,
            peak_at: at,
            peak: value,
            expected: band.expected,
            score: band.score(value),
        };
        row = Some(match row.take() {
            Some((before, points)) if before.above == above => {
                let farthest = if alone.score > before.score {
                    alone
                } else {
                    before
                };
                let whole = Anomaly {
                    start: before.start,
                    end: at,
                    ..farthest
                };
                (whole, points + 1)
            }
            other => {
                end(other);
                (alone, 1)
            }
        });
    }
    end(row);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Grid;
    use crate::domain::insight::tolerance::{Direction, ToleranceInput};

    fn run(
        values: &[f64],
        direction: Direction,
        min_points: u32,
    ) -> Vec<(i64, i64, bool, f64, f64)> {
        let last = i64::try_from(values.len()).unwrap() - 1;
        let grid = Grid::new(0, last * 60, 60).unwrap();
        let points: Vec<(i64, f64)> = values
            .iter()
            .enumerate()
            // A gap.
            .filter(|(_, value)| **value != -1.0)
            .map(|(place, value)| (i64::try_from(place).unwrap() * 60_000, *value))
            .collect();
        let (timestamps, values): (Vec<i64>, Vec<f64>) = points.into_iter().unzip();
        let series = Dense::of(grid, &timestamps, &values);
        let tolerance = Tolerance::try_from(ToleranceInput {
            direction,
            min_points: Some(min_points),
            ..Default::default()
        })
        .unwrap();
        let bands = vec![tolerance.band(10.0, 0.0); series.len()];
        find(&series, 0, &bands, &tolerance)
            .into_iter()
            .map(|a| (a.start / 60_000, a.end / 60_000, a.above, a.peak, a.score))
            .collect()
    }

    #[test]
    fn points_in_a_row_on_one_side_are_one_anomaly_with_its_peak() {
        let values = [10.0, 12.0, 14.0, 13.0, 10.0, 20.0, 10.0, 5.0, 5.0, 5.0];
        assert_eq!(
            run(&values, Direction::Both, 3),
            [(1, 3, true, 14.0, 4.0), (7, 9, false, 5.0, 5.0)]
        );
        assert_eq!(run(&values, Direction::Below, 3).len(), 1);
        assert_eq!(run(&values, Direction::Above, 1).len(), 2);
        // From one side to the other is no row.
        assert!(run(&[20.0, 20.0, 5.0, 5.0], Direction::Both, 3).is_empty());
    }

    #[test]
    fn gaps_and_what_is_no_number_are_no_anomaly_and_end_a_row() {
        assert!(run(&[20.0, 20.0, -1.0, 20.0, 20.0], Direction::Both, 3).is_empty());
        assert!(run(&[20.0, 20.0, f64::NAN, 20.0], Direction::Both, 3).is_empty());
        assert_eq!(run(&[f64::INFINITY; 3], Direction::Both, 3).len(), 1);
    }
}

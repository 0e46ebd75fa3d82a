//! Members that are unlike the others of their group at the same time.

use super::band::Band;
use super::dense::Dense;
use super::numbers::{NORMAL, median, median_absolute_deviation};
use super::tolerance::Tolerance;

/// Of fewer members none is the odd one: of three, two may be.
const LEAST_MEMBERS: usize = 4;

/// The bands around the members' median at each point, and the most members that a point had.
pub fn compare(members: &[Dense], tolerance: &Tolerance) -> (Vec<Band>, usize) {
    let places = members.iter().map(Dense::len).max().unwrap_or(0);
    let mut most = 0;
    let mut values = Vec::with_capacity(members.len());
    let bands = (0..places).map(|place| {
        values.clear();
        values.extend(members.iter().filter_map(|member| member.learnable(place)));
        most = most.max(values.len());
        if values.len() < LEAST_MEMBERS {
            return Band::NONE;
        }
        values.sort_unstable_by(f64::total_cmp);
        let middle = median(&values);
        let deviation = NORMAL * median_absolute_deviation(&values, middle);
        tolerance.band(middle, deviation)
    });
    let bands = bands.collect();
    (bands, most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Grid;
    use crate::domain::insight::tolerance::ToleranceInput;

    fn members(values: &[&[f64]]) -> Vec<Dense> {
        let of = |values: &&[f64]| {
            let last = i64::try_from(values.len()).unwrap() - 1;
            let timestamps: Vec<i64> = (0..=last).map(|place| place * 60_000).collect();
            Dense::of(Grid::new(0, last * 60, 60).unwrap(), &timestamps, values)
        };
        values.iter().map(of).collect()
    }

    #[test]
    fn a_straggler_is_outside_of_the_band_around_the_others() {
        let tolerance = Tolerance::try_from(ToleranceInput::default()).unwrap();
        let members = members(&[
            &[90.0, 91.0],
            &[91.0, 90.0],
            &[89.0, 92.0],
            &[90.0, f64::NAN],
            &[20.0, 21.0],
        ]);
        let (bands, most) = compare(&members, &tolerance);
        assert_eq!(most, 5);
        assert_eq!(bands[0].expected, 90.0);
        assert_eq!(bands[0].outside(20.0), Some(false));
        assert_eq!(bands[0].outside(89.0), None);
        // The median of 21, 90, 91, 92.
        assert_eq!(bands[1].expected, 90.5);
    }

    #[test]
    fn of_three_members_none_is_the_odd_one() {
        let tolerance = Tolerance::try_from(ToleranceInput::default()).unwrap();
        let (bands, most) = compare(&members(&[&[1.0], &[1.0], &[9.0]]), &tolerance);
        assert_eq!(most, 3);
        assert!(!bands[0].is_some());
        assert_eq!(compare(&[], &tolerance), (vec![], 0));
    }
}

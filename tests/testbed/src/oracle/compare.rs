//! Compares an answer with the right one.

use crate::dataset::Series;

/// The largest distance of equal values, relative to the larger: sums are taken in another order.
pub const TOLERANCE: f64 = 1e-9;

/// The first thing in which an answer differs from the right one, in one line; none if it does not. Series come in
/// the same order, with the same labels and instants, and values no further apart than [`TOLERANCE`].
#[must_use]
pub fn first_difference(right: &[Series], answer: &[Series]) -> Option<String> {
    let labels =
        |series: &[Series]| -> Vec<_> { series.iter().map(|one| one.labels.clone()).collect() };
    let (wanted, found) = (labels(right), labels(answer));
    if wanted != found {
        return Some(format!("series are {found:?} and should be {wanted:?}"));
    }
    right
        .iter()
        .zip(answer)
        .find_map(|(right, answer)| difference(right, answer))
}

fn difference(right: &Series, answer: &Series) -> Option<String> {
    let labels = &right.labels;
    if right.timestamps != answer.timestamps {
        let (found, wanted) = (&answer.timestamps, &right.timestamps);
        return Some(format!(
            "{labels:?} has points at {found:?} and should at {wanted:?}"
        ));
    }
    let pairs = right.values.iter().zip(&answer.values);
    right
        .timestamps
        .iter()
        .zip(pairs)
        .find(|(_, (wanted, found))| !alike(**wanted, **found))
        .map(|(time, (wanted, found))| {
            format!("{labels:?} is {found} at {time} and should be {wanted}")
        })
}

fn alike(one: f64, other: f64) -> bool {
    one == other
        || one.is_nan() && other.is_nan()
        || (one - other).abs() <= TOLERANCE * one.abs().max(other.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_and_what_is_within_the_tolerance_does_not() {
        let series = |label: &str, time, value| Series {
            labels: vec![("kernel_id".to_owned(), label.to_owned())],
            timestamps: vec![time],
            values: vec![value],
        };
        let right = [series("a", 1, 1.0)];
        let differs = |answer| first_difference(&right, &[answer]);
        assert_eq!(differs(series("a", 1, 1.0 + 1e-10)), None);
        let told = differs(series("a", 1, 1.0 + 1e-8)).unwrap();
        assert!(told.ends_with("at 1 and should be 1"), "{told}");
        assert!(differs(series("a", 2, 1.0)).unwrap().contains("points at"));
        assert!(differs(series("b", 1, 1.0)).unwrap().contains("series are"));
        assert!(first_difference(&right, &[]).is_some());
        let not_a_number = [series("a", 1, f64::NAN)];
        assert_eq!(first_difference(&not_a_number, &not_a_number), None);
    }
}

//! Holds a component to its word: what the contract promises of an answer and the types behind it do not say.
//!
//! Looks at answers only; knows no verb.

use crate::{
    error::CallError,
    types::{MetricResult, Series},
};

/// The contract's promise is broken.
pub(crate) fn broken(reason: String) -> CallError {
    CallError::BrokenContract { reason }
}

/// A result whose series are in order.
pub(crate) fn checked(result: MetricResult) -> Result<MetricResult, CallError> {
    check_series(&result.series)?;
    Ok(result)
}

/// In each series, `timestamps[i]` belongs to `values[i]`, and the timestamps ascend.
pub(crate) fn check_series(series: &[Series]) -> Result<(), CallError> {
    for (at, series) in series.iter().enumerate() {
        let (timestamps, values) = (series.timestamps.len(), series.values.len());
        if timestamps != values {
            return Err(broken(format!(
                "series {at} has {timestamps} timestamps and {values} values"
            )));
        }
        if !series.timestamps.is_sorted_by(|one, next| one < next) {
            return Err(broken(format!(
                "the timestamps of series {at} do not ascend"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(timestamps: &[i64]) -> Series {
        Series {
            labels: Vec::new(),
            values: vec![f64::NAN; timestamps.len()],
            timestamps: timestamps.to_vec(),
        }
    }

    #[test]
    fn timestamps_that_stand_still_or_go_back_break_the_contract() {
        for (timestamps, sound) in [
            (&[][..], true),
            (&[i64::MIN, -1, 0, i64::MAX], true),
            (&[1, 1], false),
            (&[1, 3, 2], false),
        ] {
            let checked = check_series(&[series(&[5]), series(timestamps)]);
            match checked {
                Ok(()) => assert!(sound, "{timestamps:?}"),
                Err(error) => {
                    assert!(!sound, "{timestamps:?}");
                    assert!(error.to_string().contains("series 1"), "{error}");
                }
            }
        }
    }
}

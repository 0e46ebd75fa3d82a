//! The remarks of a server beside its answer, told apart: infos and warnings on the query, and that data is missing.

use super::decode::Decoded;
use crate::domain::METRIC_FAMILY;

/// Prometheus's annotations of a query, in `infos`; from 2.48 to 2.53 among the warnings.
const INFO: &str = "PromQL info:";
const WARNING: &str = "PromQL warning:";
/// The remark that each rate of the family brings from 2.48 on: its name says nothing of what it holds.
const NO_COUNTER: &str = "metric might not be a counter";

/// Puts each text where it belongs. What is expected of our own queries is dropped. A warning that is no annotation is
/// the storage's: it did not see all data (Thanos, Mimir, remote reads), or cut a list.
pub(super) fn sort(decoded: &mut Decoded) {
    let warnings = std::mem::take(&mut decoded.warnings);
    let (infos, warnings): (Vec<_>, Vec<_>) = warnings
        .into_iter()
        .partition(|text| text.starts_with(INFO));
    decoded.infos.extend(infos);
    decoded
        .infos
        .retain(|text| !(text.contains(NO_COUNTER) && text.contains(METRIC_FAMILY)));
    decoded.partial |= warnings.iter().any(|text| !text.starts_with(WARNING));
    decoded.warnings = warnings;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(warnings: &[&str], infos: &[&str]) -> Decoded {
        let own = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        let mut decoded = Decoded {
            warnings: own(warnings),
            infos: own(infos),
            ..Decoded::default()
        };
        sort(&mut decoded);
        decoded
    }

    #[test]
    fn what_our_own_rates_bring_is_not_told() {
        let expected = format!(
            "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {METRIC_FAMILY:?} (1:22)"
        );
        for decoded in [sorted(&[&expected], &[]), sorted(&[], &[&expected])] {
            assert_eq!(decoded, Decoded::default());
        }
    }

    #[test]
    fn a_remark_among_the_warnings_is_a_remark() {
        let decoded = sorted(&["PromQL info: x", "PromQL warning: y"], &["z"]);
        assert_eq!(decoded.infos, ["z", "PromQL info: x"]);
        assert_eq!(decoded.warnings, ["PromQL warning: y"]);
        assert!(!decoded.partial);
    }

    #[test]
    fn a_storages_warning_says_that_data_is_missing() {
        for warning in [
            "store 10.0.0.7:10901 did not answer",
            "results truncated due to limit",
        ] {
            assert!(sorted(&[warning], &[]).partial);
        }
    }
}

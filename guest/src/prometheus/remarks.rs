//! The remarks of a server beside its answer, told apart: infos and warnings on the query, and that data is missing.

use std::collections::BTreeSet;

use super::decode::Decoded;
use crate::domain::METRIC_FAMILY;

/// The most texts of a kind that are told, each once. Prometheus writes a handful, Thanos one for each store that
/// failed.
const MOST_TEXTS: usize = 20;
/// The most characters of a text that are told: errors of a store that name it with its labels are shorter.
const LONGEST_TEXT: usize = 500;

/// Prometheus's annotations of a query, in `infos`; from 2.48 to 2.53 among the warnings.
const INFO: &str = "PromQL info:";
const WARNING: &str = "PromQL warning:";
/// The remark that each rate of the family brings from 2.48 on: its name says nothing of what it holds.
const NO_COUNTER: &str = "metric might not be a counter";

/// Puts each text where it belongs. Remarks that our own queries always bring are dropped. A warning that is no
/// annotation is the storage's: it did not see all data (Thanos, Mimir, remote reads), or cut a list. However much a
/// server says, what is told of it fits a message.
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
    decoded.warnings = bounded(warnings);
    decoded.infos = bounded(std::mem::take(&mut decoded.infos));
}

/// The first of the texts, each once and no longer than a message, and how many others there were.
fn bounded(texts: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut told = Vec::new();
    for text in texts {
        if seen.insert(text.clone()) && told.len() < MOST_TEXTS {
            told.push(head(text));
        }
    }
    match seen.len() - told.len() {
        0 => {}
        others => told.push(format!("{others} others are left out")),
    }
    told
}

fn head(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(LONGEST_TEXT) {
        text.truncate(at);
        text.push('…');
    }
    text
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
    fn however_much_a_server_says_a_message_is_told_of_it() {
        let many: Vec<String> = (0..100_000)
            .map(|n| format!("PromQL warning: {n}"))
            .collect();
        let mut texts: Vec<&str> = many.iter().map(String::as_str).collect();
        texts.push("store 10.0.0.7:10901 did not answer");
        let decoded = sorted(&texts, &texts);
        assert_eq!(decoded.warnings.len(), MOST_TEXTS + 1);
        assert_eq!(decoded.warnings[MOST_TEXTS], "99981 others are left out");
        assert_eq!(decoded.infos, decoded.warnings);
        assert!(decoded.partial, "what is left out counts");

        let long = "é".repeat(LONGEST_TEXT + 1);
        let decoded = sorted(&[long.as_str(); 3], &[]);
        assert_eq!(decoded.warnings.len(), 1);
        assert_eq!(decoded.warnings[0].chars().count(), LONGEST_TEXT + 1);
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

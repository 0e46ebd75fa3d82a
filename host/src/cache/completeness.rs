//! Whether a body is a whole answer without reservations, told without parsing its samples: by how it begins, how it
//! ends, and words that appear nowhere in it.
//!
//! Prometheus writes the status first, then the data, then what it has to say about them; VictoriaMetrics says before
//! the data whether they are partial. So a body whose beginning and end are those of an answer with series and nothing
//! else, and that nowhere has a word with which reservations begin, has none. What is written in another way, or has
//! such a word in a label's place, is not kept; that costs time and nothing else. Lists of names are short, and parsed.
//!
//! An empty answer is never taken for whole: it is what a server says that does not have the data yet or any more,
//! and cheap to ask for again.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// How an answer with series begins.
const SERIES: [&str; 2] = [
    r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"#,
    r#"{"status":"success","isPartial":false,"data":{"resultType":"matrix","result":[{"metric":{"#,
];

/// How its data end: a value, its point, the points, the series, the result.
const END: &[u8] = br#""]]}]}"#;

/// What says nothing about the data, and may follow them: VictoriaMetrics's statistics, a flat object.
const STATISTICS: &[u8] = br#","stats":{"#;

/// With what reservations begin.
static RESERVATIONS: LazyLock<[Finder<'static>; 6]> = LazyLock::new(|| {
    [
        r#""warnings""#,
        r#""infos""#,
        r#""isPartial""#,
        r#""partial""#,
        r#""error""#,
        r#""errorType""#,
    ]
    .map(|word| Finder::new(word).into_owned())
});

/// One byte less than the longest of them.
const OVERLAP: usize = 10;

/// As much of the end as is looked at: the statistics have some 60 bytes.
const TAIL: usize = 256;

/// Lists of names that are longer are not kept: what a service asks for has some dozens.
const NAMES: usize = 64 << 10;

/// Looks at a body as it comes.
#[derive(Debug)]
pub(super) enum Completeness {
    /// Nothing has come.
    Nothing,
    /// It has begun with a series; the last bytes that have come.
    Series(Vec<u8>),
    /// It may be a list of names: all that has come.
    Names(Vec<u8>),
    /// It is neither, or has reservations.
    Spoilt,
}

impl Completeness {
    pub(super) fn feed(&mut self, piece: &[u8]) {
        if piece.is_empty() {
            return;
        }
        match self {
            Self::Nothing => {
                // A beginning in several pieces is not put together: a server that sends one is not worth it.
                let begins = |beginning: &&str| piece.strip_prefix(beginning.as_bytes());
                let after = SERIES.iter().find_map(begins);
                *self = match after {
                    Some(after) if has_reservations(after) => Self::Spoilt,
                    Some(_) => Self::Series(piece.iter().rev().take(TAIL).rev().copied().collect()),
                    None if piece.len() <= NAMES => Self::Names(piece.to_owned()),
                    None => Self::Spoilt,
                };
            }
            Self::Series(tail) => {
                // A word may begin in the piece before.
                let mut seam = tail.clone();
                seam.drain(..seam.len().saturating_sub(OVERLAP));
                seam.extend(piece.iter().take(OVERLAP));
                if has_reservations(&seam) || has_reservations(piece) {
                    *self = Self::Spoilt;
                    return;
                }
                tail.extend(piece.iter().rev().take(TAIL).rev());
                let surplus = tail.len().saturating_sub(TAIL);
                tail.drain(..surplus);
            }
            Self::Names(all) if all.len() + piece.len() <= NAMES => all.extend_from_slice(piece),
            Self::Names(_) | Self::Spoilt => *self = Self::Spoilt,
        }
    }

    /// Whether what has come is a whole answer.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Series(tail) => ends_with_data(tail),
            Self::Names(all) => is_list_of_names(all),
            Self::Nothing | Self::Spoilt => false,
        }
    }
}

fn has_reservations(text: &[u8]) -> bool {
    RESERVATIONS.iter().any(|word| word.find(text).is_some())
}

fn ends_with_data(tail: &[u8]) -> bool {
    let Some(mut data) = tail.trim_ascii_end().strip_suffix(b"}") else {
        return false;
    };
    if let Some(at) = memmem::rfind(data, STATISTICS) {
        let (before, statistics) = data.split_at(at);
        let inside = statistics
            .strip_prefix(STATISTICS)
            .and_then(|text| text.strip_suffix(b"}"));
        if inside.is_none_or(|text| text.iter().any(|byte| b"{}[]".contains(byte))) {
            return false;
        }
        data = before;
    }
    data.ends_with(END)
}

/// All that such an answer may say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListOfNames {
    status: String,
    data: Vec<String>,
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
    #[serde(default, rename = "stats")]
    _stats: Option<IgnoredAny>,
}

fn is_list_of_names(text: &[u8]) -> bool {
    serde_json::from_slice(text).is_ok_and(|list: ListOfNames| {
        list.status == "success" && !list.data.is_empty() && !list.is_partial
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: &str = r#"{"metric":{"a":"b"},"values":[[1,"2"],[2,"3"]]}"#;

    fn matrix(series: &str, rest: &str) -> String {
        format!(
            r#"{{"status":"success","data":{{"resultType":"matrix","result":[{series}]}}{rest}}}"#
        )
    }

    /// Judged in pieces of a length, the first of which holds the beginning.
    fn is_whole_in(body: &str, length: usize) -> bool {
        let mut completeness = Completeness::Nothing;
        let (first, rest) = body.as_bytes().split_at(body.len().min(100));
        completeness.feed(first);
        for piece in rest.chunks(length) {
            completeness.feed(piece);
        }
        completeness.is_whole()
    }

    #[track_caller]
    fn assert_judged(body: &str, expected: bool) {
        for length in [1, 2, 3, 7, 11, 64, 257, 100_000] {
            assert_eq!(is_whole_in(body, length), expected, "{length}: {body}");
        }
    }

    #[test]
    fn whole_answers_of_the_known_servers_are_kept() {
        let many = [ONE; 50].join(",");
        assert_judged(&matrix(ONE, ""), true);
        assert_judged(&matrix(&many, ""), true);
        assert_judged(&format!("{}\n", matrix(&many, "")), true);
        let victoria = matrix(
            &many,
            r#","stats":{"seriesFetched": "1","executionTimeMsec":12}"#,
        );
        let victoria = victoria.replace(r#""success","#, r#""success","isPartial":false,"#);
        assert_judged(&victoria, true);
        assert_judged(r#"{"status":"success","data":["mem","cpu_util"]}"#, true);
    }

    #[test]
    fn what_has_warnings_is_not_kept_wherever_they_stand() {
        let many = [ONE; 50].join(",");
        for rest in [
            r#","warnings":["PromQL warning"]"#,
            r#","infos":["PromQL info"]"#,
            r#","warnings":["x"],"y":{"z":[{"values":[[1,"2"]]}]}"#,
            r#","isPartial":true"#,
            r#","stats":{"a":"b"},"warnings":["x"]"#,
            r#","warnings":["x"],"stats":{"a":"b"}"#,
            r#","stats":{"a":[{"values":[[1,"2"]]}]}"#,
            r#","notices":["x"]"#,
            r#","error":"x","errorType":"y""#,
        ] {
            assert_judged(&matrix(&many, rest), false);
            let names = format!(r#"{{"status":"success","data":["mem"]{rest}}}"#);
            assert_judged(
                &names,
                rest.starts_with(r#","stats""#) && !rest.contains("warnings"),
            );
        }
        let before = matrix(&many, "").replace(r#""success","#, r#""success","warnings":["x"],"#);
        assert_judged(&before, false);
        let partial = matrix(&many, "").replace(r#""success","#, r#""success","isPartial":true,"#);
        assert_judged(&partial, false);
    }

    #[test]
    fn an_empty_answer_is_not_kept() {
        assert_judged(&matrix("", ""), false);
        assert_judged(r#"{"status":"success","data":[]}"#, false);
        assert_judged("", false);
        let series = r#"{"metric":{"a":"b"},"values":[]}"#;
        assert_judged(&matrix(series, ""), false);
    }

    #[test]
    fn what_breaks_off_is_not_kept() {
        let body = matrix(&[ONE; 20].join(","), "");
        for length in 0..body.len() {
            let half = body.get(..length).unwrap();
            assert!(!is_whole_in(half, 64), "{half}");
        }
    }

    #[test]
    fn a_label_that_holds_such_words_costs_at_most_the_keeping() {
        let plain = r#"{"metric":{"a":"warnings infos isPartial"},"values":[[1,"2"]]}"#;
        assert_judged(&matrix(plain, ""), true);
        let end = r#"{"metric":{"a":"\"]]}]}}"},"values":[[1,"2"]]}"#;
        assert_judged(&matrix(end, ""), true);
        assert_judged(&matrix(end, r#","warnings":["x"]"#), false);
        let word = r#"{"metric":{"warnings":"x"},"values":[[1,"2"]]}"#;
        assert_judged(&matrix(word, ""), false);
    }

    #[test]
    fn errors_and_other_results_are_not_kept() {
        for body in [
            r#"{"status":"error","errorType":"timeout","error":"x"}"#,
            r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"2"]}]}}"#,
            r#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#,
            "<html>{\"status\":\"success\"}</html>",
        ] {
            assert_judged(body, false);
        }
    }

    #[test]
    fn a_beginning_in_pieces_is_not_kept() {
        let mut completeness = Completeness::Nothing;
        for piece in matrix(ONE, "").as_bytes().chunks(10) {
            completeness.feed(piece);
        }
        assert!(!completeness.is_whole());
    }

    /// What servers write in the place of a label's name or value, hostile users' texts among it.
    fn any_text() -> impl Strategy<Value = String> {
        let words = [
            "mem",
            "warnings",
            "isPartial",
            "\"]]}]}}",
            "\"],",
            "error",
            "\\",
            "\"",
        ];
        prop_oneof![
            proptest::sample::select(words.to_vec()).prop_map(str::to_owned),
            any::<String>(),
        ]
    }

    /// A member beside the data, with the text of its value.
    fn any_member() -> impl Strategy<Value = (String, String)> {
        let names = ["warnings", "infos", "stats", "isPartial", "error"];
        let values = [
            "true",
            "false",
            r#"["x"]"#,
            r#"{"a":"b"}"#,
            r#"{"a":[{"values":[[1,"2"]]}]}"#,
            r#"[]"#,
        ];
        (
            proptest::sample::select(names.to_vec()).prop_map(str::to_owned),
            proptest::sample::select(values.to_vec()).prop_map(str::to_owned),
        )
    }

    proptest! {
        #[test]
        fn what_is_taken_for_whole_is_whole(
            labels in proptest::collection::vec((any_text(), any_text()), 0..4),
            points in 0_usize..40,
            before in proptest::option::weighted(0.3, any_member()),
            after in proptest::collection::vec(any_member(), 0..3),
            length in 1_usize..300,
        ) {
            let text = |text: &String| serde_json::to_string(text).unwrap();
            let member = |(name, value): &(String, String)| format!("{}:{value}", text(name));
            let metric: Vec<_> = labels.iter().map(|(n, v)| format!("{}:{}", text(n), text(v))).collect();
            let values: Vec<_> = (0..points).map(|at| format!(r#"[{at},"1.5"]"#)).collect();
            let before: String = before.iter().map(|each| format!("{},", member(each))).collect();
            let rest: String = after.iter().map(|each| format!(",{}", member(each))).collect();
            let body = format!(
                r#"{{"status":"success",{before}"data":{{"resultType":"matrix","result":[{{"metric":{{{}}},"values":[{}]}}]}}{rest}}}"#,
                metric.join(","),
                values.join(","),
            );
            let reservations = ["warnings", "infos", "error"];
            let document: serde_json::Value = serde_json::from_str(&body).unwrap();
            let has = |name: &&str| document.get(*name).is_some();
            let is_partial = document.get("isPartial").is_some_and(|value| *value != false);
            if is_whole_in(&body, length) {
                prop_assert!(points > 0 && !is_partial && !reservations.iter().any(has), "{}", body);
            } else if before.is_empty() && rest.is_empty() && points > 0 && labels.is_empty() {
                prop_assert!(false, "not kept: {}", body);
            }
        }
    }
}

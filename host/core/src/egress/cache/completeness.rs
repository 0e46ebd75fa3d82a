//! The completeness of a body, told without parsing its samples: by how it begins, how it ends, and words that appear
//! nowhere in it.
//!
//! Prometheus writes the status first, then the data, then what it has to say about them; VictoriaMetrics says before
//! the data whether they are partial. So a body whose beginning and end are those of an answer with series and nothing
//! else, and that nowhere has a word with which reservations begin, has none. Where the first such word follows the end
//! of the data, what stands from there on is parsed: remarks on the query are no reservations about the data. An answer
//! that is written in another way, or has such a word in a label's place, is not kept; that costs time and nothing
//! else. Lists of names are short, and parsed.
//!
//! If another server can be asked, what an answer says of its own completeness decides whether that one is asked
//! ([`Coverage`]); there an empty answer is as good as any.
//!
//! An empty answer is never kept: it is what a server says that does not have the data yet or any more,
//! and cheap to ask for again.

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The start of an answer with series.
const SERIES: [&str; 2] = [
    r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"#,
    r#"{"status":"success","isPartial":false,"data":{"resultType":"matrix","result":[{"metric":{"#,
];

/// The start of an answer that is no error, up to its data. The longer one first.
const SUCCESS: [&[u8]; 2] = [
    br#"{"status":"success","isPartial":false,"data":"#,
    br#"{"status":"success","data":"#,
];

/// The end of its data: a value, its point, the points, the series, the result.
const END: &[u8] = br#""]]}]}"#;

/// Members that say nothing about the data, and may follow them: VictoriaMetrics's statistics, a flat object.
const STATISTICS: &[u8] = br#","stats":{"#;

/// The words with which reservations begin.
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

/// The bytes at the end that are looked at: the statistics have some 60.
const TAIL: usize = 256;

/// The most bytes that may follow the data: a remark has some 200, and a query brings one for each of its calls.
const REMARKS: usize = 16 << 10;

/// The words with which Prometheus's remarks on a query begin, those among its warnings, too: 2.48 to 2.53 have no
/// others.
const REMARK: [&str; 2] = ["PromQL info:", "PromQL warning:"];

/// Lists of names that are longer are not kept: what a service asks for has some dozens.
const NAMES: usize = 64 << 10;

/// Looks at a body as it comes.
#[derive(Debug)]
pub(super) enum Completeness {
    /// Nothing has come.
    Nothing,
    /// It has begun with a series; the last bytes that have come.
    Series(Vec<u8>),
    /// Its series have ended; what has come after them, from the first of the words on.
    Remarks(Vec<u8>),
    /// It may be a list of names: all that has come.
    Names(Vec<u8>),
    /// It is neither, or has reservations.
    Uncacheable,
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
                    Some(after) => series(Vec::new(), after),
                    None if piece.len() <= NAMES => Self::Names(piece.to_owned()),
                    None => Self::Uncacheable,
                };
            }
            Self::Series(tail) => *self = series(std::mem::take(tail), piece),
            Self::Remarks(all) if all.len() + piece.len() <= REMARKS => {
                all.extend_from_slice(piece);
            }
            Self::Names(all) if all.len() + piece.len() <= NAMES => all.extend_from_slice(piece),
            Self::Remarks(_) | Self::Names(_) | Self::Uncacheable => *self = Self::Uncacheable,
        }
    }

    /// Returns true if the bytes so far are a whole answer.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Series(tail) => tail
                .trim_ascii_end()
                .strip_suffix(b"}")
                .is_some_and(ends_with_data),
            Self::Remarks(all) => are_remarks(all),
            Self::Names(all) => is_list_of_names(all),
            Self::Nothing | Self::Uncacheable => false,
        }
    }
}

/// The completeness of a body that has begun with a series, by its last bytes and the new ones.
fn series(mut tail: Vec<u8>, piece: &[u8]) -> Completeness {
    // A word may begin in the piece before.
    let overlap = tail.len().saturating_sub(OVERLAP);
    let seam: Vec<u8> = tail
        .iter()
        .skip(overlap)
        .chain(piece.iter().take(OVERLAP))
        .copied()
        .collect();
    let in_seam = first_reservation(&seam).map(|at| at + overlap);
    let found = in_seam.or_else(|| Some(first_reservation(piece)? + tail.len()));
    let before = found.unwrap_or(tail.len() + piece.len());
    let of_piece = before.saturating_sub(tail.len());
    let (data, rest) = piece.split_at_checked(of_piece).unwrap_or((piece, &[]));
    let mut remarks = tail.split_off(before.min(tail.len()));
    tail.extend(data.iter().rev().take(TAIL).rev());
    let surplus = tail.len().saturating_sub(TAIL);
    tail.drain(..surplus);
    if found.is_none() {
        return Completeness::Series(tail);
    }
    remarks.extend(rest.iter().take(REMARKS + 1));
    match tail.strip_suffix(b",").is_some_and(ends_with_data) && remarks.len() <= REMARKS {
        true => Completeness::Remarks(remarks),
        false => Completeness::Uncacheable,
    }
}

/// Finds the first of the words with which reservations begin.
fn first_reservation(text: &[u8]) -> Option<usize> {
    RESERVATIONS.iter().filter_map(|word| word.find(text)).min()
}

/// Returns true if a text ends where the data do, statistics after them included.
fn ends_with_data(mut data: &[u8]) -> bool {
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

/// The part of the data that an answer says it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coverage {
    /// Of all.
    Whole,
    /// Of less than all: `isPartial`, or a warning that is no remark on the query.
    Partial,
    /// Nothing: it is an error, or no answer of Prometheus's.
    Unknown,
}

impl Coverage {
    /// Reads the coverage from a body that has come to its end.
    pub(crate) fn of(body: &[u8]) -> Self {
        // The usual answers need not be read to be known for whole.
        let data = SUCCESS.iter().find_map(|start| body.strip_prefix(*start));
        if data.is_some_and(|data| first_reservation(data).is_none()) {
            return Self::Whole;
        }
        match serde_json::from_slice(body) {
            Ok(Envelope { status, .. }) if status != "success" => Self::Unknown,
            Ok(said) if said.is_partial || !are_about_the_query(&said.warnings) => Self::Partial,
            Ok(_) => Self::Whole,
            Err(_) => Self::Unknown,
        }
    }
}

/// Around every answer.
#[derive(Deserialize)]
struct Envelope {
    status: String,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
}

/// All that may be said about series.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remarks {
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default, rename = "infos")]
    _infos: Vec<String>,
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
    #[serde(default, rename = "stats")]
    _stats: Option<IgnoredAny>,
}

/// Returns true if the members of an object, up to its end, are remarks on the query and nothing else.
fn are_remarks(members: &[u8]) -> bool {
    let object = [b"{", members].concat();
    serde_json::from_slice(&object)
        .is_ok_and(|said: Remarks| !said.is_partial && are_about_the_query(&said.warnings))
}

/// Returns true if warnings are remarks on the query, which say nothing about the data.
fn are_about_the_query(warnings: &[String]) -> bool {
    let is_remark = |text: &String| REMARK.iter().any(|beginning| text.starts_with(beginning));
    warnings.iter().all(is_remark)
}

/// All that such an answer may say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListOfNames {
    status: String,
    data: Vec<String>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default, rename = "infos")]
    _infos: Vec<String>,
    #[serde(default, rename = "isPartial")]
    is_partial: bool,
    #[serde(default, rename = "stats")]
    _stats: Option<IgnoredAny>,
}

fn is_list_of_names(text: &[u8]) -> bool {
    serde_json::from_slice(text).is_ok_and(|list: ListOfNames| {
        list.status == "success"
            && !list.data.is_empty()
            && !list.is_partial
            && are_about_the_query(&list.warnings)
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
            r#","warnings":["PromQL info: a","x"]"#,
            r#","warnings":["PromQL info: a"],"warnings":["x"]"#,
            r#","warnings":["PromQL info: a"],"isPartial":true"#,
            r#","infos":["a"],"warnings":["x"]"#,
            r#","infos":["a"],"error":"x""#,
            r#","infos":["a"],"notices":["x"]"#,
            r#","infos":"a""#,
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
    fn remarks_on_the_query_do_not_keep_an_answer_out() {
        let many = [ONE; 50].join(",");
        let counter = r#""PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"backendai_container_utilization\" (1:27)""#;
        for rest in [
            r#","infos":["anything"]"#.to_owned(),
            format!(r#","infos":[{counter}]"#),
            format!(r#","warnings":[{counter}]"#),
            format!(r#","warnings":[{counter},"PromQL warning: x"],"infos":[{counter}]"#),
            format!(r#","stats":{{"a":"b"}},"infos":[{counter}]"#),
            format!(r#","infos":[{counter}],"stats":{{"a":"b"}}"#),
            r#","isPartial":false"#.to_owned(),
            r#","warnings":[]"#.to_owned(),
        ] {
            assert_judged(&matrix(&many, &rest), true);
            let names = format!(r#"{{"status":"success","data":["mem"]{rest}}}"#);
            assert_judged(&names, true);
        }
        // More than is looked at.
        let endless = format!(r#","infos":["{}"]"#, "x".repeat(REMARKS));
        assert_judged(&matrix(&many, &endless), false);
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
    fn a_body_says_whether_it_is_of_all_data() {
        let told = |text: &str| Coverage::of(text.as_bytes());
        let list = |rest: &str| format!(r#"{{"status":"success","data":[]{rest}}}"#);
        for whole in [
            matrix(ONE, ""),
            matrix("", ""),
            matrix(ONE, r#","isPartial":false"#),
            matrix(
                ONE,
                r#","warnings":["PromQL info: x","PromQL warning: y"],"infos":["z"]"#,
            ),
            matrix(r#"{"metric":{"warnings":"x"},"values":[[1,"2"]]}"#, ""),
            matrix(ONE, "").replace(r#""data""#, r#""isPartial":false,"data""#),
            list(""),
        ] {
            assert_eq!(told(&whole), Coverage::Whole, "{whole}");
        }
        for partial in [
            matrix(ONE, r#","warnings":["store x did not answer"]"#),
            matrix(ONE, r#","warnings":["PromQL info: x","y"]"#),
            matrix("", r#","isPartial":true"#),
            matrix(ONE, "").replace(r#""data""#, r#""isPartial":true,"data""#),
            list(r#","warnings":["results truncated due to limit"]"#),
        ] {
            assert_eq!(told(&partial), Coverage::Partial, "{partial}");
        }
        for unknown in [
            r#"{"status":"error","errorType":"timeout","error":"x","isPartial":true}"#,
            "<html>",
            "",
            r#"{"status":"success","warnings":"#,
        ] {
            assert_eq!(told(unknown), Coverage::Unknown, "{unknown}");
        }
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

    /// Texts that servers write in the place of a label's name or value, hostile users' among them.
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
            r#"["PromQL info: x"]"#,
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
            let document: serde_json::Value = serde_json::from_str(&body).unwrap();
            let is_partial = document.get("isPartial").is_some_and(|value| *value != false);
            let is_error = document.get("error").is_some();
            let remarks = [serde_json::json!([]), serde_json::json!(["PromQL info: x"])];
            let is_warned = document.get("warnings").is_some_and(|value| !remarks.contains(value));
            if is_whole_in(&body, length) {
                prop_assert!(points > 0 && !is_partial && !is_error && !is_warned, "{}", body);
            } else if before.is_empty() && rest.is_empty() && points > 0 && labels.is_empty() {
                prop_assert!(false, "not kept: {}", body);
            }
        }
    }
}

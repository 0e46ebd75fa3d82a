//! Why a text is no request, in JSON's words: with the place by its name. A host puts requests together of what its own
//! callers give it, to whom a line and a column of its text say nothing.

use serde::de::IgnoredAny;
use serde_json::error::Category;

use crate::domain::head;

/// The words for what `serde` calls numbers.
const NUMBERS: [(&str, &str); 6] = [
    ("u16", "a whole number from 0 to 65535"),
    ("u32", "a whole number from 0 to 4294967295"),
    ("u64", "a whole number, 0 or more"),
    ("i32", "a whole number"),
    ("i64", "a whole number"),
    ("f64", "a number"),
];

/// The forms of members that take one of several, by their names.
const FORMS: [(&str, &str); 7] = [
    ("bound", r#"{"above": 0.5} or {"below": 0.5}"#),
    (
        "derivation",
        r#""ratio", "percent", "difference", "sum" or {"scale": 0.001}"#,
    ),
    (
        "over",
        r#""time", {"members": "kernel_id"} or {"both": "kernel_id"}"#,
    ),
    ("score", r#"a name such as "max", or {"quantile": 0.95}"#),
    ("sides", r#"{"metric": {…}} or {"family": {…}}"#),
    (
        "source",
        r#"{"dimension": "kernel_id"} or {"label": "instance"}"#,
    ),
    (
        "statistic",
        r#"a name such as "max", or {"quantile": 0.95}"#,
    ),
];

/// The words of `serde` for a name where an object is accepted, and of an object where a name is.
const OF_ANOTHER_FORM: [&str; 2] = ["expected newtype variant", "expected unit"];

/// The reason why a text cannot be read.
pub(super) fn of(error: &serde_json::Error, text: &str) -> String {
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let said = message.strip_suffix(&position).unwrap_or(&message);
    let mut path = Path::to(before(error, text));
    let is_of_another_form = OF_ANOTHER_FORM.iter().any(|words| said.ends_with(words));
    if error.classify() == Category::Data && !is_of_another_form {
        // Of the object, not of the member that was read last.
        if ["missing field", "unknown field", "duplicate field"]
            .iter()
            .any(|fault| said.starts_with(fault))
        {
            path.leave_member();
        }
        return format!("{}{}", in_words(said), path.shown());
    }
    // JSON all the same: `serde_json` calls that a fault of syntax, too.
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => {
            let form = path.shorten_to_form();
            format!("expected {form}{}", path.shown())
        }
        Err(_) => message,
    }
}

fn in_words(said: &str) -> String {
    let said = &said.replacen("unknown variant", "unknown name", 1);
    let number = said.rsplit_once("expected ").and_then(|(before, kind)| {
        let (_, words) = NUMBERS.iter().find(|(name, _)| *name == kind)?;
        Some(format!("{before}expected {words}"))
    });
    number.unwrap_or_else(|| said.clone())
}

/// The text before the fault. A fault of a last member is found when its object has been closed: of that, what is inside.
fn before<'a>(error: &serde_json::Error, text: &'a str) -> &'a str {
    let lines = text.split_inclusive('\n');
    let earlier: usize = lines
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    let read = text.get(..earlier + error.column()).unwrap_or(text);
    let read = read.trim_ascii_end();
    read.strip_suffix(['}', ']']).unwrap_or(read)
}

/// The way from the whole text to a place in it.
#[derive(Default)]
struct Path<'a> {
    steps: Vec<Step<'a>>,
}

enum Step<'a> {
    /// An object, at this member.
    Member(Option<&'a str>),
    /// A list, at this entry.
    Entry(Option<usize>),
}

impl<'a> Path<'a> {
    /// The way to where the text is cut off.
    fn to(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut path = Self::default();
        let (mut at, mut is_name) = (0, false);
        while let Some(byte) = bytes.get(at) {
            if !byte.is_ascii_whitespace()
                && *byte != b']'
                && let Some(Step::Entry(entry @ None)) = path.steps.last_mut()
            {
                *entry = Some(0);
            }
            match byte {
                b'{' => path.steps.push(Step::Member(None)),
                b'[' => path.steps.push(Step::Entry(None)),
                b'}' | b']' => {
                    path.steps.pop();
                }
                b',' => {
                    if let Some(Step::Entry(Some(entry))) = path.steps.last_mut() {
                        *entry += 1;
                    }
                }
                b'"' => {
                    let end = end_of_string(bytes, at + 1);
                    if is_name && let Some(Step::Member(member)) = path.steps.last_mut() {
                        *member = text.get(at + 1..end);
                    }
                    at = end;
                }
                _ => {}
            }
            if !byte.is_ascii_whitespace() {
                is_name = matches!(byte, b'{' | b',');
            }
            at += 1;
        }
        path
    }

    fn leave_member(&mut self) {
        if let Some(Step::Member(member)) = self.steps.last_mut() {
            *member = None;
        }
    }

    /// Leaves the way at the innermost member of several forms, and names those.
    fn shorten_to_form(&mut self) -> &'static str {
        while let Some(step) = self.steps.last() {
            if let Step::Member(Some(member)) = step
                && let Some((_, form)) = FORMS.iter().find(|(name, _)| name == member)
            {
                return form;
            }
            self.steps.pop();
        }
        "a name, or an object with one member"
    }

    /// The place, as the end of a sentence.
    fn shown(&self) -> String {
        let mut shown = String::new();
        for step in &self.steps {
            match step {
                Step::Member(Some(name)) if shown.is_empty() => shown.push_str(&head(name)),
                Step::Member(Some(name)) => shown.extend([".", &head(name)]),
                Step::Entry(Some(entry)) => shown.push_str(&format!("[{entry}]")),
                Step::Member(None) | Step::Entry(None) => {}
            }
        }
        match shown.is_empty() {
            true => shown,
            false => format!(", in `{shown}`"),
        }
    }
}

/// The end of a string that begins here: its quote, or the end of all.
fn end_of_string(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::super::request::read;
    use super::super::{
        FamilyRequest, LiveRequest, MetricQuestionRequest, PresetRequest, QuestionRequest, Request,
        RunsRequest,
    };
    use crate::codec::Failure;
    use serde::de::DeserializeOwned;

    fn reason<T: DeserializeOwned>(text: &str) -> String {
        match read::<T>(text) {
            Err(Failure::InvalidArgument { reason, .. }) => reason,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("{text} was read"),
        }
    }

    #[test]
    fn a_fault_is_named_by_its_place_wherever_the_text_came_from() {
        let of_query = |query: &str| {
            let text = format!("{{\"config\": {{\"address\": \"h:1\"}},\n\n  \"query\": {query}}}");
            reason::<Request>(&text)
        };
        for (query, expected) in [
            (
                r#"{"metric_name": "m", "start": "0", "end": "1", "odd": 1}"#,
                "unknown field `odd`, expected one of `metric_name`, `start`, `end`, `step`, `labels`, `group_by`, `metric_type`, `pointwise`, `utc_offset`, in `query`",
            ),
            (
                r#"{"metric_name": "m", "start": "0"}"#,
                "missing field `end`, in `query`",
            ),
            (
                r#"{"metric_name": "m", "step": -1}"#,
                "invalid value: integer `-1`, expected a whole number from 0 to 4294967295, in `query.step`",
            ),
            (
                r#"{"group_by": ["kernel_id", "pod"]}"#,
                r#"unknown name "pod", accepted is one of agent_id, kernel_id, session_id, user_id, project_id, metric_name, value_type, in `query.group_by[1]`"#,
            ),
            (
                r#"{"labels": {"a\"b]": 1}}"#,
                r#"unknown field `a"b]`, expected one of `value_type`, `agent_id`, `kernel_id`, `session_id`, `user_id`, `project_id`, in `query.labels`"#,
            ),
            ("[]", "invalid length 0, expected an object, in `query`"),
            (
                "5",
                "invalid type: integer `5`, expected an object, in `query`",
            ),
        ] {
            assert_eq!(of_query(query), expected);
        }
        assert_eq!(
            reason::<Request>("5"),
            "invalid type: integer `5`, expected an object"
        );
        assert_eq!(
            reason::<PresetRequest>(r#"{"preset": "up"}"#),
            r#"invalid type: string "up", expected an object, in `preset`"#
        );
        // What is no JSON has no members: there it is the place in the text.
        assert!(reason::<Request>(r#"{"config"}"#).ends_with("at line 1 column 10"));
    }

    #[test]
    fn a_member_of_several_forms_says_which_there_are() {
        let bound = |bound: &str| {
            reason::<QuestionRequest>(&format!(
                r#"{{"config": {{"address": "h:1"}}, "preset": {{"template": "m"}}, "question":
                    {{"subject": "s", "subjects": [], "combine": "max", "condition": {{"bound": {bound}}}}}}}"#
            ))
        };
        for wrong in [
            r#"{"above": 1, "below": 2}"#,
            r#"{"above": 1, "above": 2}"#,
            "{}",
            "5",
            "[]",
            "null",
            r#""above""#,
        ] {
            assert_eq!(
                bound(wrong),
                r#"expected {"above": 0.5} or {"below": 0.5}, in `question.condition.bound`"#,
                "{wrong}"
            );
        }
        assert!(bound(r#"{"beyond": 1}"#).contains("expected `above` or `below`"));
        let over = |over: &str| {
            let text =
                format!(r#"{{"query": {{"pointwise": {{"statistic": "avg", "over": {over}}}}}}}"#);
            reason::<Request>(&text)
        };
        for wrong in [
            r#"{"members": "kernel_id", "both": "kernel_id"}"#,
            r#"{"time": 1}"#,
            r#""members""#,
        ] {
            let expected = r#"expected "time", {"members": "kernel_id"} or {"both": "kernel_id"}, in `query.pointwise.over`"#;
            assert_eq!(over(wrong), expected, "{wrong}");
        }
    }

    #[test]
    fn no_reason_names_a_type_of_this_program() {
        let values = ["5", "-1", "\"x\"", "[]", "[5]", "{}", "true", "1.5", "null"];
        let requests: [(&[&str], Fault); 6] = [
            (
                &[
                    "config",
                    "query",
                    "queries",
                    "options",
                    "cursor",
                    "status",
                    "quantiles",
                    "ranking",
                    "detection",
                    "tolerance",
                    "member",
                    "source",
                    "filter",
                ],
                fault::<Request>,
            ),
            (
                &["preset", "arguments", "at", "range", "options"],
                fault::<PresetRequest>,
            ),
            (&["runs", "options"], fault::<RunsRequest>),
            (&["preset", "question"], fault::<QuestionRequest>),
            (&["question"], fault::<MetricQuestionRequest>),
            (&["by", "ids", "options"], fault::<LiveRequest>),
        ];
        let families: &[&str] = &[
            "query", "queries", "derived", "families", "options", "status",
        ];
        let all = requests
            .into_iter()
            .chain([(families, fault::<FamilyRequest> as Fault)]);
        for (members, fault) in all {
            for (member, value) in members
                .iter()
                .flat_map(|member| values.map(|value| (member, value)))
            {
                let Some(reason) = fault(&format!(r#"{{"{member}": {value}}}"#)) else {
                    continue;
                };
                for word in [
                    "struct", "enum", "Document", "Request", "variant", "u16", "u32", "i64", "f64",
                ] {
                    assert!(!reason.contains(word), "{member}: {reason}");
                }
            }
        }
    }

    /// Reads a text as a request of one kind: the reason why it is none.
    type Fault = fn(&str) -> Option<String>;

    fn fault<T: DeserializeOwned>(text: &str) -> Option<String> {
        match read::<T>(text) {
            Err(Failure::InvalidArgument { reason, .. }) => Some(reason),
            _ => None,
        }
    }
}

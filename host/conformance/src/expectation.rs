//! The expectation of a case, and how an answer is held against it. Objects are compared field by field, only the
//! fields that are named; lists whole; `labels` whole; numbers bit for bit. `{"$…": …}` are rules.
//! Knows JSON, not metrics.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::interface::Interface;
use crate::rule::{Rule, parse_rules};

/// The most differences that are listed for one case: after these, the rest says nothing new.
pub(crate) const MISMATCHES: usize = 6;

/// The longest text of a value in a report.
const SHOWN_CHARACTERS: usize = 600;

/// One difference between what was expected and what came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The place in the answer, e.g. `result.series[0].values[3]`.
    pub at: String,
    /// The expected value.
    pub expected: String,
    /// The actual value.
    pub came: String,
    /// The interfaces of the component that came to this. Empty: it was not asked.
    pub interfaces: Vec<Interface>,
}

impl Mismatch {
    pub(crate) fn new(at: &str, expected: &str, came: &str) -> Self {
        Self {
            at: at.to_owned(),
            expected: shortened(expected),
            came: shortened(came),
            interfaces: Vec::new(),
        }
    }

    /// Returns true if both say the same, through whatever interfaces.
    pub(crate) fn says_as(&self, other: &Self) -> bool {
        (&self.at, &self.expected, &self.came) == (&other.at, &other.expected, &other.came)
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n  expected {}\n  came     {}",
            self.at, self.expected, self.came
        )?;
        let interfaces: Vec<_> = self
            .interfaces
            .iter()
            .map(|interface| interface.as_str())
            .collect();
        if interfaces.is_empty() {
            return Ok(());
        }
        write!(f, "\n  through  {}", interfaces.join(", "))
    }
}

/// The expectation at one place.
#[derive(Debug, Clone)]
pub(crate) enum Expectation {
    /// Exactly this.
    Exactly(Value),
    /// At least these fields.
    Fields(Vec<(String, Expectation)>),
    /// Exactly these elements, in this order.
    Elements(Vec<Expectation>),
    /// All of these rules.
    Rules(Vec<Rule>),
}

impl Expectation {
    /// Reads an expectation, and refuses those that would accept anything.
    pub(crate) fn parse(value: &Value) -> Result<Self, String> {
        match value {
            Value::Array(elements) => elements
                .iter()
                .map(Self::parse)
                .collect::<Result<_, _>>()
                .map(Self::Elements),
            Value::Object(fields) if fields.is_empty() => Err("`{}` accepts anything".to_owned()),
            Value::Object(fields) if fields.keys().any(|key| key.starts_with('$')) => {
                parse_rules(fields)
            }
            Value::Object(fields) => {
                let mut parsed = Vec::with_capacity(fields.len());
                for (key, value) in fields {
                    // All labels are kept, and none is added: they are compared whole.
                    let expectation = if key == "labels" {
                        Self::Exactly(value.clone())
                    } else {
                        Self::parse(value)?
                    };
                    parsed.push((key.clone(), expectation));
                }
                Ok(Self::Fields(parsed))
            }
            scalar => Ok(Self::Exactly(scalar.clone())),
        }
    }

    /// Holds a value against the expectation. `at` is where the value stands.
    pub(crate) fn compare(&self, at: &str, came: &Value) -> Vec<Mismatch> {
        let mut mismatches = Vec::new();
        self.collect(at, came, &mut mismatches);
        mismatches
    }

    pub(crate) fn collect(&self, at: &str, came: &Value, into: &mut Vec<Mismatch>) {
        if into.len() >= MISMATCHES {
            return;
        }
        match (self, came) {
            (Self::Exactly(expected), _) => {
                if !same(expected, came) {
                    into.push(mismatch(at, &show(expected), came));
                }
            }
            (Self::Fields(fields), Value::Object(object)) => {
                for (name, expected) in fields {
                    let place = if at.is_empty() {
                        name.clone()
                    } else {
                        format!("{at}.{name}")
                    };
                    match object.get(name) {
                        Some(value) => expected.collect(&place, value, into),
                        None => into.push(mismatch(at, &format!("`{name}`: {expected}"), came)),
                    }
                }
            }
            (Self::Elements(expected), Value::Array(elements))
                if expected.len() == elements.len() =>
            {
                for (index, (expected, element)) in expected.iter().zip(elements).enumerate() {
                    expected.collect(&format!("{at}[{index}]"), element, into);
                }
            }
            (Self::Rules(rules), _) => {
                for rule in rules {
                    rule.collect(at, came, into);
                }
            }
            (Self::Fields(_) | Self::Elements(_), _) => {
                into.push(mismatch(at, &self.to_string(), came));
            }
        }
    }

    pub(crate) fn accepts(&self, came: &Value) -> bool {
        self.compare("", came).is_empty()
    }
}

/// Equality where numbers count bit for bit, and a text may stand for the number it writes.
pub(crate) fn same(expected: &Value, came: &Value) -> bool {
    match (expected, came) {
        (Value::Number(expected), Value::Number(came)) => {
            match (expected.as_i64(), came.as_i64()) {
                (Some(expected), Some(came)) => expected == came,
                _ => expected.as_f64().map(f64::to_bits) == came.as_f64().map(f64::to_bits),
            }
        }
        (Value::String(expected), Value::Number(came)) => expected
            .parse::<f64>()
            .is_ok_and(|expected| Some(expected.to_bits()) == came.as_f64().map(f64::to_bits)),
        (Value::Array(expected), Value::Array(came)) => {
            expected.len() == came.len()
                && expected
                    .iter()
                    .zip(came)
                    .all(|(expected, came)| same(expected, came))
        }
        (Value::Object(expected), Value::Object(came)) => {
            expected.len() == came.len()
                && expected
                    .iter()
                    .all(|(key, expected)| came.get(key).is_some_and(|came| same(expected, came)))
        }
        (expected, came) => expected == came,
    }
}

pub(crate) fn mismatch(at: &str, expected: &str, came: &Value) -> Mismatch {
    Mismatch::new(at, expected, &came.to_string())
}

fn show(value: &Value) -> String {
    shortened(&value.to_string())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!(
            "{}… ({} bytes)",
            text.get(..end).unwrap_or_default(),
            text.len()
        ),
        None => text.to_owned(),
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(value) => write!(f, "{value}"),
            Self::Fields(fields) => {
                f.write_str("{ ")?;
                for (name, expectation) in fields {
                    write!(f, "`{name}`: {expectation}, ")?;
                }
                f.write_str("… }")
            }
            Self::Elements(elements) => {
                write!(f, "a list of {}: [", elements.len())?;
                list(f, elements, ", ")?;
                f.write_str("]")
            }
            Self::Rules(rules) => list(f, rules, " and "),
        }
    }
}

pub(crate) fn list(
    f: &mut fmt::Formatter<'_>,
    items: &[impl fmt::Display],
    between: &str,
) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn accepts(expected: &Value, came: &Value) -> bool {
        Expectation::parse(expected).unwrap().accepts(came)
    }

    #[test]
    fn named_fields_count_and_others_do_not() {
        let came =
            json!({"error": {"invalid-argument": {"field": "step", "reason": "0 is too short"}}});
        assert!(accepts(
            &json!({"error": {"invalid-argument": {"field": "step"}}}),
            &came
        ));
        assert!(!accepts(
            &json!({"error": {"invalid-argument": {"field": "end"}}}),
            &came
        ));
        assert!(!accepts(
            &json!({"error": {"denied": {"$not-empty": true}}}),
            &came
        ));
        assert!(!accepts(&json!({"result": []}), &came));
    }

    #[test]
    fn labels_are_compared_whole() {
        let came = json!({"labels": {"a": "1", "b": "2"}});
        assert!(accepts(&json!({"labels": {"b": "2", "a": "1"}}), &came));
        assert!(!accepts(&json!({"labels": {"a": "1"}}), &came));
        assert!(!accepts(
            &json!({"labels": {"a": "1", "b": "2", "c": "3"}}),
            &came
        ));
    }

    #[test]
    fn lists_are_compared_whole_and_in_order() {
        assert!(accepts(&json!([1, 2]), &json!([1, 2])));
        for came in [
            json!([2, 1]),
            json!([1]),
            json!([1, 2, 3]),
            json!({}),
            json!(null),
        ] {
            assert!(!accepts(&json!([1, 2]), &came), "{came}");
        }
    }

    #[test]
    fn numbers_are_compared_bit_for_bit() {
        assert!(accepts(&json!(5), &json!(5.0)));
        assert!(accepts(&json!("5e-324"), &json!(5e-324)));
        assert!(accepts(
            &json!("9007199254740993"),
            &json!(9_007_199_254_740_992.0)
        ));
        assert!(accepts(&json!(-0.0), &json!(-0.0)));
        assert!(!accepts(&json!(0.0), &json!(-0.0)));
        assert!(!accepts(&json!(0.3), &json!(0.1 + 0.2)));
        assert!(!accepts(&json!("NaN"), &json!(0)));
        assert!(!accepts(&json!("NaN"), &json!(null)));
        assert!(!accepts(
            &json!(1_767_225_600_781_i64),
            &json!(1_767_225_600_780_i64)
        ));
    }

    #[test]
    fn expectations_that_accept_anything_or_cannot_be_read_are_refused() {
        for value in [
            json!({}),
            json!({"result": {}}),
            json!({"$contain": "x"}),
            json!({"$contains": ""}),
            json!({"$contains": []}),
            json!({"$any-of": []}),
            json!({"$not-empty": false}),
            json!({"$length": "2"}),
            json!({"$generated": {"series": 1}}),
        ] {
            assert!(Expectation::parse(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn long_lists_of_differences_are_cut() {
        let expected = Expectation::parse(&json!((0..100).collect::<Vec<_>>())).unwrap();
        assert_eq!(
            expected.compare("", &json!(vec![-1; 100])).len(),
            MISMATCHES
        );
    }
}

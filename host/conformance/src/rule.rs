//! The rules of an expectation, written `{"$name": argument}`: where a case cannot, or should not, say the exact value.
//! Knows JSON, not metrics.

use std::fmt;

use serde_json::{Map, Value};

use crate::body::Matrix;
use crate::expectation::{Expectation, MISMATCHES, Mismatch, list, mismatch, same};

/// A rule, written `{"$name": argument}`.
#[derive(Debug, Clone)]
pub(crate) enum Rule {
    Contains(String),
    Lacks(String),
    NotEmpty,
    ShorterThan(usize),
    Length(usize),
    AtLeast(f64),
    AtMost(f64),
    AnyOf(Vec<Expectation>),
    Has(Vec<Expectation>),
    Generated(Matrix),
}

impl Rule {
    pub(crate) fn collect(&self, at: &str, came: &Value, into: &mut Vec<Mismatch>) {
        let length = || match came {
            Value::String(text) => Some(text.chars().count()),
            Value::Array(elements) => Some(elements.len()),
            _ => None,
        };
        let holds = match self {
            Self::Contains(part) => came.as_str().is_some_and(|text| text.contains(part)),
            Self::Lacks(part) => came.as_str().is_some_and(|text| !text.contains(part)),
            Self::NotEmpty => length().is_some_and(|length| length > 0),
            Self::ShorterThan(most) => length().is_some_and(|length| length < *most),
            Self::Length(exact) => length() == Some(*exact),
            Self::AtLeast(least) => came.as_f64().is_some_and(|number| number >= *least),
            Self::AtMost(most) => came.as_f64().is_some_and(|number| number <= *most),
            Self::AnyOf(choices) => choices.iter().any(|choice| choice.accepts(came)),
            Self::Has(wanted) => came.as_array().is_some_and(|elements| {
                wanted
                    .iter()
                    .all(|wanted| elements.iter().any(|element| wanted.accepts(element)))
            }),
            Self::Generated(matrix) => {
                let expected = matrix.to_series();
                match came {
                    Value::Array(series) if series.len() == expected.len() => {
                        for (index, (expected, series)) in expected.iter().zip(series).enumerate() {
                            generated(&format!("{at}[{index}]"), expected, series, into);
                        }
                        return;
                    }
                    _ => false,
                }
            }
        };
        if !holds {
            into.push(mismatch(at, &self.to_string(), came));
        }
    }
}

/// Points at the first difference within a generated series, not at its thousands of values.
fn generated(at: &str, expected: &Value, came: &Value, into: &mut Vec<Mismatch>) {
    if into.len() >= MISMATCHES || same(expected, came) {
        return;
    }
    match Expectation::parse(expected) {
        Ok(expectation) => expectation.collect(at, came, into),
        Err(reason) => into.push(mismatch(at, &reason, came)),
    }
}

pub(crate) fn parse_rules(fields: &Map<String, Value>) -> Result<Expectation, String> {
    let mut rules = Vec::new();
    for (name, argument) in fields {
        let wrong = || format!("`{name}` cannot take {argument}");
        let size = || {
            argument
                .as_u64()
                .and_then(|size| usize::try_from(size).ok())
                .ok_or_else(wrong)
        };
        let list = || match argument {
            Value::Array(elements) if !elements.is_empty() => elements
                .iter()
                .map(Expectation::parse)
                .collect::<Result<Vec<_>, _>>(),
            _ => Err(wrong()),
        };
        match name.as_str() {
            "$contains" => rules.extend(
                texts(argument)
                    .ok_or_else(wrong)?
                    .into_iter()
                    .map(Rule::Contains),
            ),
            "$lacks" => rules.extend(
                texts(argument)
                    .ok_or_else(wrong)?
                    .into_iter()
                    .map(Rule::Lacks),
            ),
            "$not-empty" if *argument == Value::Bool(true) => rules.push(Rule::NotEmpty),
            "$shorter-than" => rules.push(Rule::ShorterThan(size()?)),
            "$length" => rules.push(Rule::Length(size()?)),
            "$at-least" => rules.push(Rule::AtLeast(argument.as_f64().ok_or_else(wrong)?)),
            "$at-most" => rules.push(Rule::AtMost(argument.as_f64().ok_or_else(wrong)?)),
            "$any-of" => rules.push(Rule::AnyOf(list()?)),
            "$has" => rules.push(Rule::Has(list()?)),
            "$generated" => rules.push(Rule::Generated(
                serde_json::from_value(argument.clone())
                    .map_err(|error| format!("`$generated`: {error}"))?,
            )),
            _ => return Err(format!("`{name}` is not a rule, or cannot take {argument}")),
        }
    }
    Ok(Expectation::Rules(rules))
}

/// A non-empty text, or a list of them.
fn texts(argument: &Value) -> Option<Vec<String>> {
    let texts: Vec<String> = match argument {
        Value::String(text) => vec![text.clone()],
        Value::Array(texts) => texts
            .iter()
            .map(|text| text.as_str().map(str::to_owned))
            .collect::<Option<_>>()?,
        _ => return None,
    };
    (!texts.is_empty() && texts.iter().all(|text| !text.is_empty())).then_some(texts)
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contains(part) => write!(f, "a text with {part:?} in it"),
            Self::Lacks(part) => write!(f, "a text without {part:?}"),
            Self::NotEmpty => f.write_str("something not empty"),
            Self::ShorterThan(most) => write!(f, "something shorter than {most}"),
            Self::Length(exact) => write!(f, "something {exact} long"),
            Self::AtLeast(least) => write!(f, "at least {least}"),
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::AnyOf(choices) => list(f, choices, " or "),
            Self::Has(wanted) => {
                f.write_str("a list that has ")?;
                list(f, wanted, " and ")
            }
            Self::Generated(matrix) => write!(f, "the series of {matrix:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn accepts(expected: &Value, came: &Value) -> bool {
        Expectation::parse(expected).unwrap().accepts(came)
    }

    #[test]
    fn each_rule_accepts_and_refuses() {
        for (rule, good, bad) in [
            (json!({"$contains": ["a", "b"]}), json!("xaxb"), json!("xa")),
            (json!({"$lacks": "a"}), json!("b"), json!("a")),
            (json!({"$lacks": "a"}), json!("b"), json!(null)),
            (json!({"$not-empty": true}), json!("b"), json!("")),
            (json!({"$shorter-than": 3}), json!("éé"), json!("ééé")),
            (json!({"$length": 1}), json!([0]), json!([])),
            (json!({"$at-least": 2}), json!(2), json!(1)),
            (json!({"$at-most": 2}), json!(2), json!(3)),
            (json!({"$any-of": [1, 2]}), json!(2), json!(3)),
            (
                json!({"$has": [{"$contains": "x"}]}),
                json!(["a", "xy"]),
                json!(["a"]),
            ),
            (
                json!({"$length": 2, "$has": ["a"]}),
                json!(["a", "b"]),
                json!(["a"]),
            ),
        ] {
            assert!(accepts(&rule, &good), "{rule} refuses {good}");
            assert!(!accepts(&rule, &bad), "{rule} accepts {bad}");
        }
    }

    #[test]
    fn a_generated_expectation_points_at_the_first_wrong_value() {
        let rule = json!({"$generated": {"series": 2, "points": 3, "start": 0, "step": 60}});
        let matrix: Matrix = serde_json::from_value(rule["$generated"].clone()).unwrap();
        let expectation = Expectation::parse(&rule).unwrap();
        let mut came = json!(matrix.to_series());
        assert!(expectation.accepts(&came));
        came[1]["values"][2] = json!(7);
        let mismatches = expectation.compare("result.series", &came);
        assert_eq!(mismatches.len(), 1);
        assert_eq!(mismatches[0].at, "result.series[1].values[2]");
        came.as_array_mut().unwrap().pop();
        assert!(!expectation.accepts(&came));
    }
}

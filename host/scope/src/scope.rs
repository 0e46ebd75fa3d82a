//! A scope: at least one matcher, each of which leaves out series that lack the label.
//!
//! Knows nothing of queries.

use std::{fmt, str::FromStr, sync::Arc};

use regex::{Regex, RegexBuilder};

use crate::literal;

/// A compiled regular expression, in bytes. It is compiled once, to see what it matches.
const REGEX_BYTES: usize = 1 << 20;
/// The values of a label together, in bytes: each selector of a query is written with them. 440 UUIDs take about this.
const VALUES_BYTES: usize = 16 << 10;

/// The matchers that every selector of every query must carry: this user, these projects.
///
/// Never empty, and each matcher needs its label to be there. Clones are cheap. `Debug` and `Display` show the
/// matchers, which name a tenant.
#[derive(Clone, PartialEq, Eq)]
pub struct Scope {
    matchers: Arc<[Matcher]>,
}

/// A matcher of a [`Scope`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    label: String,
    operator: Operator,
    value: String,
}

/// The comparison of a [`Matcher`]. Negative ones are not offered: they match series that lack the label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `=~`, anchored at both ends as in PromQL.
    Matching,
}

/// The reason why a matcher cannot be part of a scope.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// The label's name is not one, or is the metric's name.
    #[error(
        "{0:?} cannot be a scope's label; accepted are names of letters, digits and _, not starting with a digit, \
         other than __name__"
    )]
    Label(String),
    /// The value matches the empty string, and so every series without the label.
    #[error(
        "the scope's value for {label} matches the empty string, and so every series that lacks the label"
    )]
    MatchesEmpty {
        /// The label.
        label: String,
    },
    /// The regular expression cannot be compiled, or is too large.
    #[error("the scope's regular expression for {label} cannot be used")]
    Regex {
        /// The label.
        label: String,
        /// The compiler's reason.
        source: regex::Error,
    },
    /// No value is allowed.
    #[error("the scope allows no value for {label}; at least one is needed")]
    NoValues {
        /// The label.
        label: String,
    },
    /// The values of a label are too long.
    #[error(
        "the scope's values for {label} are too long: together at most {maximum} bytes are accepted"
    )]
    TooManyValues {
        /// The label.
        label: String,
        /// In bytes, with what is escaped in a regular expression.
        maximum: usize,
    },
    /// The text is no matcher.
    #[error("{0:?} is no scope; accepted are label=value and label=~regex")]
    Text(String),
}

impl Scope {
    /// The series whose label has this value.
    ///
    /// # Errors
    /// [`ScopeError::Label`], [`ScopeError::MatchesEmpty`].
    pub fn equal(label: &str, value: &str) -> Result<Self, ScopeError> {
        Self::one(Matcher {
            label: label_name(label)?,
            operator: Operator::Equal,
            value: not_empty(label, value)?,
        })
    }

    /// The series whose label has one of these values.
    ///
    /// # Errors
    /// [`ScopeError::Label`], [`ScopeError::MatchesEmpty`], [`ScopeError::NoValues`], [`ScopeError::TooManyValues`].
    pub fn one_of<V: AsRef<str>>(
        label: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Result<Self, ScopeError> {
        let mut alternatives = Vec::new();
        for value in values {
            alternatives.push(not_empty(label, value.as_ref())?);
        }
        match alternatives.as_slice() {
            [] => Err(ScopeError::NoValues {
                label: label.to_owned(),
            }),
            [value] => Self::equal(label, value),
            values => {
                let escaped: Vec<_> = values.iter().map(|value| literal_regex(value)).collect();
                let value = escaped.join("|");
                if value.len() > VALUES_BYTES {
                    return Err(ScopeError::TooManyValues {
                        label: label.to_owned(),
                        maximum: VALUES_BYTES,
                    });
                }
                // Not compiled: of literals that are not empty, none matches the empty string.
                Self::one(Matcher {
                    label: label_name(label)?,
                    operator: Operator::Matching,
                    value,
                })
            }
        }
    }

    /// The series whose label matches this regular expression (RE2, anchored at both ends as in PromQL).
    ///
    /// # Errors
    /// [`ScopeError::Label`], [`ScopeError::Regex`], [`ScopeError::MatchesEmpty`].
    pub fn matching(label: &str, regex: &str) -> Result<Self, ScopeError> {
        let name = label_name(label)?;
        match compile(regex) {
            Err(source) => Err(ScopeError::Regex {
                label: name,
                source,
            }),
            Ok(compiled) if compiled.is_match("") => Err(ScopeError::MatchesEmpty { label: name }),
            Ok(_) => Self::one(Matcher {
                label: name,
                operator: Operator::Matching,
                value: regex.to_owned(),
            }),
        }
    }

    fn one(matcher: Matcher) -> Result<Self, ScopeError> {
        Ok(Self {
            matchers: Arc::new([matcher]),
        })
    }

    /// The series that are in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut matchers = self.matchers.to_vec();
        for matcher in other.matchers.iter() {
            if !matchers.contains(matcher) {
                matchers.push(matcher.clone());
            }
        }
        Self {
            matchers: matchers.into(),
        }
    }

    /// Its matchers, at least one.
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }
}

impl Matcher {
    /// The label's name.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The comparison.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The value, or the regular expression.
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// Compiles as the parser does, but within bounds. The wrapped expression must stand by itself: `a)|(b` does not.
fn compile(regex: &str) -> Result<Regex, regex::Error> {
    let builder = |pattern: &str| RegexBuilder::new(pattern).size_limit(REGEX_BYTES).build();
    builder(regex)?;
    builder(&format!("^(?:{regex})$"))
}

/// A regular expression that matches exactly `value`.
fn literal_regex(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn label_name(name: &str) -> Result<String, ScopeError> {
    let is_name = name
        .bytes()
        .enumerate()
        .all(|(i, b)| b == b'_' || b.is_ascii_alphabetic() || (i > 0 && b.is_ascii_digit()));
    match is_name && !name.is_empty() && name != promql_parser::label::METRIC_NAME {
        true => Ok(name.to_owned()),
        false => Err(ScopeError::Label(name.to_owned())),
    }
}

fn not_empty(label: &str, value: &str) -> Result<String, ScopeError> {
    match value.is_empty() {
        false => Ok(value.to_owned()),
        true => Err(ScopeError::MatchesEmpty {
            label: label.to_owned(),
        }),
    }
}

/// `label=value` or `label=~regex`, without quotes.
impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let refuse = || ScopeError::Text(text.to_owned());
        let (label, rest) = text.split_once('=').ok_or_else(refuse)?;
        if label.ends_with('!') {
            return Err(refuse());
        }
        match rest.strip_prefix('~') {
            Some(regex) => Self::matching(label, regex),
            None => Self::equal(label, rest),
        }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match self.operator {
            Operator::Equal => "=",
            Operator::Matching => "=~",
        };
        let mut value = String::new();
        literal::write(&mut value, &self.value);
        write!(f, "{}{operator}{value}", self.label)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (i, matcher) in self.matchers.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            write!(f, "{matcher}")?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_reads_as_a_selector() {
        let scope = Scope::equal("user", "a\"b").unwrap();
        let scope = scope.and(&Scope::one_of("project", ["p.1", "p|2"]).unwrap());
        assert_eq!(scope.to_string(), r#"{user="a\"b",project=~"p\\.1|p\\|2"}"#);
    }

    #[test]
    fn the_same_matcher_twice_is_one() {
        let scope = Scope::equal("user", "a").unwrap();
        assert_eq!(scope.and(&scope), scope);
        assert_eq!(Scope::one_of("user", ["a"]).unwrap(), scope);
    }

    #[test]
    fn names_that_are_no_label_are_refused() {
        for label in ["", "1a", "a-b", "a b", "é", "a\"", "__name__"] {
            assert_eq!(
                Scope::equal(label, "x"),
                Err(ScopeError::Label(label.to_owned()))
            );
            assert!(Scope::matching(label, "x").is_err());
            assert!(Scope::one_of(label, ["x", "y"]).is_err());
        }
    }

    #[test]
    fn what_matches_the_empty_string_is_refused() {
        assert!(Scope::equal("user", "").is_err());
        assert!(Scope::one_of("user", ["a", ""]).is_err());
        assert!(Scope::one_of("user", [""; 0]).is_err());
        for regex in [
            "", ".*", "a?", "a|", "|", "(a|b)*", "a{0}", "^$", "(?i)()", "\\z",
        ] {
            assert_eq!(
                Scope::matching("user", regex),
                Err(ScopeError::MatchesEmpty {
                    label: "user".into()
                }),
                "{regex}"
            );
        }
    }

    #[test]
    fn a_regex_that_cannot_be_used_is_refused() {
        for regex in ["(", "a)|(b", "a{bbb}", "\\", "(?:\\w{1000}){1000}"] {
            assert!(
                matches!(
                    Scope::matching("user", regex),
                    Err(ScopeError::Regex { .. })
                ),
                "{regex}"
            );
        }
    }

    #[test]
    fn a_scope_of_hundreds_of_ids_is_taken() {
        let ids = (0..300).map(|i| format!("6f1c2a34-0a58-4c5e-9c8e-{i:012}"));
        assert!(Scope::one_of("project", ids).is_ok());
        let ids = (0..500).map(|i| format!("6f1c2a34-0a58-4c5e-9c8e-{i:012}"));
        assert!(matches!(
            Scope::one_of("project", ids),
            Err(ScopeError::TooManyValues { .. })
        ));
    }

    #[test]
    fn a_text_is_read_as_a_matcher() {
        assert_eq!("user=a=~b".parse(), Scope::equal("user", "a=~b"));
        assert_eq!("user=~a|b".parse(), Scope::matching("user", "a|b"));
        for text in [
            "", "user", "user!=a", "user!~a", "=a", "user=", "user=~", "user =a",
        ] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }
}

//! PromQL string literals, written as Go's `strconv.Quote` writes them. The one encoder: every value
//! from a caller reaches a query through here and nowhere else.
//!
//! Rust's `{:?}`, `escape_default` and `escape_debug` emit escapes (`\u{7f}`, `\0`) that Prometheus rejects.
//! Everything beyond ASCII is escaped, because Prometheus rejects a raw U+FFFD and prints others back changed.

use std::fmt::Write as _;

/// A double-quoted literal whose value is exactly `value`.
pub fn quote(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        // Writing into a `String` cannot fail.
        let _ = match c {
            '"' | '\\' => write!(out, "\\{c}"),
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            '\0'..='\x1f' | '\x7f' => write!(out, "\\x{:02x}", u32::from(c)),
            ' '..='~' => write!(out, "{c}"),
            '\u{80}'..='\u{ffff}' => write!(out, "\\u{:04x}", u32::from(c)),
            '\u{10000}'.. => write!(out, "\\U{:08x}", u32::from(c)),
        };
    }
    out.push('"');
    out
}

/// A literal of a regular expression (RE2) that matches exactly `value`.
pub fn quote_regex(value: &str) -> String {
    quote_regex_any([value])
}

/// A literal of a regular expression (RE2) that matches exactly one of the values.
pub fn quote_regex_any<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let mut escaped = String::new();
    for (place, value) in values.into_iter().enumerate() {
        if place > 0 {
            escaped.push('|');
        }
        for c in value.chars() {
            if r"\.+*?()|[]{}^$".contains(c) {
                escaped.push('\\');
            }
            escaped.push(c);
        }
    }
    quote(&escaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use promql_parser::parser::{self, Expr};
    use proptest::prelude::*;

    fn parsed_value(literal: &str) -> String {
        match parser::parse(&format!("m{{l={literal}}}")).unwrap() {
            Expr::VectorSelector(selector) => selector.matchers.matchers[0].value.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn control_characters_are_written_as_go_writes_them() {
        assert_eq!(quote("a\"b\\c"), r#""a\"b\\c""#);
        assert_eq!(quote("\n\r\t\0\x1b\x7f"), r#""\n\r\t\x00\x1b\x7f""#);
    }

    #[test]
    fn everything_beyond_ascii_is_escaped() {
        assert_eq!(quote("é\u{fffd}한😀"), r#""\u00e9\ufffd\ud55c\U0001f600""#);
    }

    #[test]
    fn a_brace_or_a_comma_needs_no_escape() {
        assert_eq!(quote(r"a{b='c'},#`d`"), r#""a{b='c'},#`d`""#);
    }

    #[test]
    fn a_regex_literal_quotes_metacharacters_but_not_the_dash() {
        assert_eq!(quote_regex("a.b-c"), r#""a\\.b-c""#);
        assert_eq!(quote_regex(r"\.+*?()|[]{}^$"), {
            r#""\\\\\\.\\+\\*\\?\\(\\)\\|\\[\\]\\{\\}\\^\\$""#
        });
    }

    #[test]
    fn a_bar_between_alternatives_is_none_within_them() {
        assert_eq!(quote_regex_any(["a|b", "c"]), r#""a\\|b|c""#);
    }

    proptest! {
        #[test]
        fn an_alternative_matches_its_values_and_nothing_else(
            values in proptest::collection::vec("\\PC{1,6}|[.|(\\[a-c\\\\\n]{1,4}", 1..4),
            other in "\\PC{0,6}|[.|(\\[a-c\\\\\n]{1,4}",
        ) {
            let literal = quote_regex_any(values.iter().map(String::as_str));
            let regex = regex::Regex::new(&format!("^(?:{})$", parsed_value(&literal))).unwrap();
            for value in &values {
                prop_assert!(regex.is_match(value));
            }
            prop_assert_eq!(regex.is_match(&other), values.contains(&other));
        }

        #[test]
        fn a_literal_is_ascii_and_parses_back_to_the_value(value in any::<String>()) {
            let literal = quote(&value);
            prop_assert!(literal.bytes().all(|b| (0x20..0x7f).contains(&b)));
            prop_assert_eq!(parsed_value(&literal), value);
        }
    }
}

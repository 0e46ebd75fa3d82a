//! PromQL string literals, written as Go's `strconv.Quote` writes them.
//!
//! All that is not printable ASCII is escaped: servers disagree about the rest, and Prometheus refuses a raw U+FFFD.

use std::fmt::Write as _;

/// Appends a double-quoted literal whose value is exactly `value`.
pub(crate) fn write(out: &mut String, value: &str) {
    out.push('"');
    for c in value.chars() {
        // Writing into a `String` cannot fail.
        let _ = match c {
            '"' | '\\' => write!(out, "\\{c}"),
            '\n' => write!(out, "\\n"),
            '\r' => write!(out, "\\r"),
            '\t' => write!(out, "\\t"),
            '\0'..='\x1f' | '\x7f' => write!(out, "\\x{:02x}", u32::from(c)),
            ' '..='~' => {
                out.push(c);
                Ok(())
            }
            '\u{80}'..='\u{ffff}' => write!(out, "\\u{:04x}", u32::from(c)),
            '\u{10000}'.. => write!(out, "\\U{:08x}", u32::from(c)),
        };
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use promql_parser::util::unquote_string;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_literal_is_printable_ascii_and_reads_back_as_the_value(value in any::<String>()) {
            let mut literal = String::new();
            write(&mut literal, &value);
            prop_assert!(literal.bytes().all(|b| (b' '..=b'~').contains(&b)));
            prop_assert_eq!(unquote_string(&literal), Ok(value));
        }
    }

    #[test]
    fn escapes_are_those_of_go() {
        let mut literal = String::new();
        write(&mut literal, "\"\\\n\r\t\0\x7fé\u{fffd}😀");
        assert_eq!(literal, r#""\"\\\n\r\t\x00\x7f\u00e9\ufffd\U0001f600""#);
    }
}

//! A query of the service's, read letter by letter: what it selects, how it reads that, and what it tells apart.
//!
//! Strings are decoded here as the Go specification has interpreted string literals, so that neither the service's
//! encoder nor a parser's idea of an escape has a say. Spaces between words do not matter: Prometheus's own formatting
//! of a query reads the same.

use std::str::Chars;

use crate::times::read_duration;

/// What a query asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// `sum …`
    Sum(Side),
    /// `100 * sum … / (sum … > 0)`
    Percent {
        /// What is divided.
        part: Side,
        /// By what, where it is above zero.
        of: Side,
    },
}

/// A sum over one selector.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// The labels that are told apart, in the order in which they stand.
    pub by: Vec<String>,
    /// The function that reads the samples, and its window in milliseconds; a window of none is not known.
    pub function: Option<(String, Option<i64>)>,
    /// The metric's name.
    pub family: String,
    /// Labels and the values that they must equal, in the order in which they stand.
    pub matchers: Vec<(String, String)>,
}

impl Reading {
    /// Reads a query. None: it is none of the service's.
    pub fn of(query: &str) -> Option<Self> {
        let mut words = Words(query);
        let reading = words.query()?;
        words.rest().is_empty().then_some(reading)
    }

    /// The same without the lengths of windows.
    #[must_use]
    pub fn without_windows(mut self) -> Self {
        for side in self.sides_mut() {
            if let Some((_, window)) = &mut side.function {
                *window = None;
            }
        }
        self
    }

    /// The same with its matchers by label, as Prometheus prints them. All of them hold, so their order means nothing.
    #[must_use]
    pub fn with_sorted_matchers(mut self) -> Self {
        for side in self.sides_mut() {
            side.matchers.sort();
        }
        self
    }

    fn sides_mut(&mut self) -> Vec<&mut Side> {
        match self {
            Self::Sum(side) => vec![side],
            Self::Percent { part, of } => vec![part, of],
        }
    }
}

/// What is left to read.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn rest(&self) -> &'a str {
        self.0.trim_ascii_start()
    }

    fn query(&mut self) -> Option<Reading> {
        if self.take("100").is_none() {
            return Some(Reading::Sum(self.sum()?));
        }
        self.take("*")?;
        let part = self.sum()?;
        self.take("/")?;
        self.take("(")?;
        let of = self.sum()?;
        self.take(">")?;
        self.take("0")?;
        self.take(")")?;
        Some(Reading::Percent { part, of })
    }

    fn sum(&mut self) -> Option<Side> {
        self.word("sum")?;
        let mut by = Vec::new();
        if self.word("by").is_some() {
            self.take("(")?;
            loop {
                by.push(self.name()?.to_owned());
                if self.take(",").is_none() {
                    break;
                }
            }
            self.take(")")?;
        }
        self.take("(")?;
        let name = self.name()?.to_owned();
        let (function, family) = match self.take("(") {
            None => (None, name),
            Some(()) => (Some(name), self.name()?.to_owned()),
        };
        let matchers = self.matchers()?;
        let function = match function {
            None => None,
            Some(function) => {
                self.take("[")?;
                let (window, after) = self.rest().split_once(']')?;
                self.0 = after;
                self.take(")")?;
                Some((function, Some(read_duration(window)?)))
            }
        };
        self.take(")")?;
        Some(Side {
            by,
            function,
            family,
            matchers,
        })
    }

    fn matchers(&mut self) -> Option<Vec<(String, String)>> {
        self.take("{")?;
        let mut matchers = Vec::new();
        loop {
            let label = self.name()?.to_owned();
            self.take("=")?;
            matchers.push((label, self.string()?));
            if self.take(",").is_none() {
                break;
            }
        }
        self.take("}")?;
        Some(matchers)
    }

    /// Signs or digits.
    fn take(&mut self, sign: &str) -> Option<()> {
        self.0 = self.rest().strip_prefix(sign)?;
        Some(())
    }

    /// This word, and not the beginning of a longer one.
    fn word(&mut self, word: &str) -> Option<()> {
        let before = self.0;
        if self.name() == Some(word) {
            return Some(());
        }
        self.0 = before;
        None
    }

    fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        self.0 = after;
        (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
    }

    /// An interpreted string literal of Go's.
    fn string(&mut self) -> Option<String> {
        let mut letters = self.rest().strip_prefix('"')?.chars();
        let mut bytes = Vec::new();
        loop {
            match letters.next()? {
                '"' => break,
                '\n' => return None,
                '\\' => escape(&mut letters, &mut bytes)?,
                letter => bytes.extend(letter.encode_utf8(&mut [0; 4]).bytes()),
            }
        }
        self.0 = letters.as_str();
        String::from_utf8(bytes).ok()
    }
}

/// What stands after a backslash.
fn escape(letters: &mut Chars<'_>, bytes: &mut Vec<u8>) -> Option<()> {
    let byte = match letters.next()? {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        '"' => b'"',
        'x' => u8::try_from(number(letters, 2, 16)?).ok()?,
        'u' => return character(number(letters, 4, 16)?, bytes),
        'U' => return character(number(letters, 8, 16)?, bytes),
        digit @ '0'..='7' => {
            let high = digit.to_digit(8)? * 64;
            u8::try_from(high + number(letters, 2, 8)?).ok()?
        }
        _ => return None,
    };
    bytes.push(byte);
    Some(())
}

/// So many digits.
fn number(letters: &mut Chars<'_>, digits: u32, radix: u32) -> Option<u32> {
    (0..digits).try_fold(0_u32, |number, _| {
        let digit = letters.next()?.to_digit(radix)?;
        number.checked_mul(radix)?.checked_add(digit)
    })
}

fn character(code: u32, bytes: &mut Vec<u8>) -> Option<()> {
    bytes.extend(char::from_u32(code)?.encode_utf8(&mut [0; 4]).bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_go() {
        let read = |literal: &str| Words(literal).string();
        assert_eq!(read(r#""a\"\\b""#).as_deref(), Some("a\"\\b"));
        assert_eq!(
            read(r#""\a\b\f\n\r\t\v\x7f\101\u00e9\U0001f600é""#).as_deref(),
            Some("\u{7}\u{8}\u{c}\n\r\t\u{b}\u{7f}Aé😀é")
        );
        // Bytes that make up a character together.
        assert_eq!(read(r#""\xc3\xa9""#).as_deref(), Some("é"));
        for wrong in [
            r#""\xff""#,
            r#""\ud800""#,
            r#""\'""#,
            r#""\u{e9}""#,
            r#""\0""#,
            "\"\n\"",
            "'a'",
            "\"a",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_query_reads_the_same_however_it_is_laid_out() {
        let side = |function| Side {
            by: vec!["a".to_owned(), "b".to_owned()],
            function,
            family: "m".to_owned(),
            matchers: vec![("l".to_owned(), "v".to_owned())],
        };
        let part = side(Some(("rate".to_owned(), Some(75_000))));
        let percent = Reading::Percent {
            part: part.clone(),
            of: side(None),
        };
        assert_eq!(
            Reading::of(r#"sum by (a,b)(rate(m{l="v"}[1m15s]))"#),
            Some(Reading::Sum(part))
        );
        for text in [
            r#"100 * sum by (a,b)(rate(m{l="v"}[1m15s])) / (sum by (a,b)(m{l="v"}) > 0)"#,
            "  100\n*\n  sum by (a, b) (\n rate(m{l=\"v\"}[1m15s])\n )\n/\n  (\n sum by (a, b) (m{l=\"v\"})\n >\n 0\n )",
        ] {
            assert_eq!(Reading::of(text), Some(percent.clone()), "{text}");
        }
    }

    #[test]
    fn what_is_no_query_of_the_services_is_not_read() {
        for text in [
            "",
            "up",
            "sum(m{})",
            r#"sum(m{l="v"}) or up"#,
            r#"sum(m{l=~"v"})"#,
            r#"sum(m{l!="v"})"#,
            r#"sum(m{l="v" or l="w"})"#,
            r#"sum(m{l="v"} offset 1m)"#,
            r#"sum(rate(m{l="v"}[5m:1m]))"#,
            r#"sum without (a)(m{l="v"})"#,
            r#"summer(m{l="v"})"#,
        ] {
            assert_eq!(Reading::of(text), None, "{text}");
        }
    }
}

//! A query of the service's, read letter by letter: its words, in the order in which they stand.
//!
//! Strings are decoded here as the Go specification has interpreted string literals, so that neither the service's
//! encoder nor a parser's idea of an escape has a say. Spaces between words do not matter: Prometheus's own formatting
//! of a query reads the same.

use std::str::Chars;

use crate::times::read_duration;

/// The reading of a query, word by word.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading(pub(crate) Vec<Word>);

/// A word of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    /// The name of a function, an operator, a label or a metric.
    Name(String),
    /// A bracket or an operator.
    Sign(char),
    /// A number, by its bits.
    Number(u64),
    /// A duration in milliseconds; none: not known.
    Duration(Option<i64>),
    /// A string.
    Text(String),
    /// The matchers in braces.
    Matchers(Matchers),
}

/// Labels and the values of which each must equal one, in the order in which they stand.
pub type Matchers = Vec<(String, Vec<String>)>;

impl Reading {
    /// Reads a query. None: a word is none of the service's.
    pub fn of(query: &str) -> Option<Self> {
        let mut letters = Letters(query);
        let mut words = Vec::new();
        while !letters.rest().is_empty() {
            words.push(letters.word()?);
        }
        Some(Self(words))
    }

    /// The same without the lengths of windows.
    #[must_use]
    pub fn without_windows(mut self) -> Self {
        for word in &mut self.0 {
            if let Word::Duration(window) = word {
                *window = None;
            }
        }
        self
    }

    /// The same with its matchers by label, as Prometheus prints them. All of them hold, so their order means nothing.
    #[must_use]
    pub fn with_sorted_matchers(mut self) -> Self {
        for word in &mut self.0 {
            if let Word::Matchers(matchers) = word {
                matchers.sort();
            }
        }
        self
    }

    /// Each metric that is selected, with what must hold of its labels.
    pub fn selectors(&self) -> Vec<(&str, &Matchers)> {
        let pairs = self.0.iter().zip(self.0.iter().skip(1));
        pairs
            .filter_map(|pair| match pair {
                (Word::Name(family), Word::Matchers(matchers)) => Some((family.as_str(), matchers)),
                _ => None,
            })
            .collect()
    }
}

/// The rest of the text.
struct Letters<'a>(&'a str);

impl<'a> Letters<'a> {
    fn rest(&self) -> &'a str {
        self.0.trim_ascii_start()
    }

    fn word(&mut self) -> Option<Word> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        match first {
            '"' => self.string().map(Word::Text),
            '{' => self.matchers().map(Word::Matchers),
            '0'..='9' => self.number(),
            '(' | ')' | '[' | ']' | ',' | ':' | '*' | '/' | '>' => {
                self.take(first)?;
                Some(Word::Sign(first))
            }
            _ => self.name().map(|name| Word::Name(name.to_owned())),
        }
    }

    /// A number, or a duration, which ends in its unit.
    fn number(&mut self) -> Option<Word> {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let (text, after) = rest.split_at(end);
        self.0 = after;
        match text.parse::<f64>() {
            Ok(number) => Some(Word::Number(number.to_bits())),
            Err(_) => Some(Word::Duration(Some(read_duration(text)?))),
        }
    }

    fn matchers(&mut self) -> Option<Matchers> {
        self.take('{')?;
        let mut matchers = Vec::new();
        loop {
            let label = self.name()?.to_owned();
            self.take('=')?;
            let values = match self.take('~') {
                None => vec![self.string()?],
                Some(()) => any_of(&self.string()?)?,
            };
            matchers.push((label, values));
            if self.take(',').is_none() {
                break;
            }
        }
        self.take('}')?;
        Some(matchers)
    }

    fn take(&mut self, sign: char) -> Option<()> {
        self.0 = self.rest().strip_prefix(sign)?;
        Some(())
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

/// The values that a regular expression matches, where it is nothing but values.
pub(crate) fn any_of(pattern: &str) -> Option<Vec<String>> {
    let mut values = vec![String::new()];
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        let plain = match letter {
            '|' => {
                values.push(String::new());
                continue;
            }
            // A letter or a digit would be a class or a reference.
            '\\' => letters.next().filter(char::is_ascii_punctuation)?,
            special if ".+*?()[]{}^$".contains(special) => return None,
            letter => letter,
        };
        values.last_mut()?.push(plain);
    }
    Some(values)
}

/// Reads the character after a backslash.
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

/// Reads a number of so many digits.
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
        let read = |literal: &str| Letters(literal).string();
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
        let name = |name: &str| Word::Name(name.to_owned());
        let matchers = vec![("l".to_owned(), vec!["v".to_owned()])];
        let expected = Reading(vec![
            name("sum"),
            name("by"),
            Word::Sign('('),
            name("a"),
            Word::Sign(')'),
            Word::Sign('('),
            name("rate"),
            Word::Sign('('),
            name("m"),
            Word::Matchers(matchers),
            Word::Sign('['),
            Word::Duration(Some(75_000)),
            Word::Sign(']'),
            Word::Sign(')'),
            Word::Sign(')'),
            Word::Sign('/'),
            Word::Number(10.0_f64.to_bits()),
        ]);
        for text in [
            r#"sum by (a)(rate(m{l="v"}[1m15s])) / 10"#,
            "sum by (a) (\n  rate(\n m{l=\"v\"}[75s]\n )\n)\n/\n  10",
        ] {
            assert_eq!(Reading::of(text), Some(expected.clone()), "{text}");
        }
    }

    #[test]
    fn several_values_are_those_of_an_alternation_and_of_nothing_else() {
        let values = |pattern: &str| any_of(pattern).map(|values| values.join(" "));
        assert_eq!(values(r"a\.b|c\|d").as_deref(), Some("a.b c|d"));
        for wrong in ["a.b", "a|b*", r"\d", "(a|b)", "a\\"] {
            assert_eq!(values(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_query_of_the_services_is_not_read() {
        for text in [
            "sum(m{})",
            r#"sum(m{l!="v"})"#,
            r#"sum(m{l=~".*"})"#,
            r#"sum(m{l="v" or l="w"})"#,
            r#"m{l="v"} @ 5"#,
            r#"m{l="v"} == 1"#,
        ] {
            assert_eq!(Reading::of(text), None, "{text}");
        }
    }
}

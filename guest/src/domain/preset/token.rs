//! The words and signs of a template: PromQL's, as far as they decide what a placeholder stands in, and placeholders.
//!
//! Strings, comments and brackets are those of Prometheus's lexer:
//! <https://github.com/prometheus/prometheus/blob/main/promql/parser/lex.go>.

use std::ops::Range;

use super::error::TemplateFault;
use super::place::Place;

/// The beginning and the end of a placeholder.
const OPEN: &str = "${{";
const CLOSE: &str = "}}";

/// A placeholder, which the arguments of a call fill in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// Matchers of labels.
    Labels,
    /// A duration.
    Window,
    /// Names of labels.
    GroupBy,
}

impl Placeholder {
    const ALL: [Self; 3] = [Self::Labels, Self::Window, Self::GroupBy];

    /// As it is written between the braces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Labels => "labels",
            Self::Window => "window",
            Self::GroupBy => "group_by",
        }
    }
}

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Word,
    /// A number or a duration: it begins with a digit.
    Number,
    /// A quoted text.
    Text,
    /// `(`, `[` or `{`.
    Open(char),
    /// `)`, `]` or `}`.
    Close(char),
    /// Any other sign.
    Sign(char),
    /// A placeholder.
    Hole(Placeholder),
}

/// A token and its bytes in the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

/// The tokens of a template. White space and comments are none.
pub(super) fn tokens(template: &str) -> Result<Vec<Token>, TemplateFault> {
    no_control_character(template)?;
    let mut tokens = Vec::new();
    let mut open = Vec::new();
    let mut at = 0;
    while let Some(rest) = template.get(at..)
        && let Some(first) = rest.chars().next()
    {
        let place = || Place::of(template, at);
        let (kind, length) = match first {
            ' ' | '\t' | '\n' | '\r' => {
                at += 1;
                continue;
            }
            '#' => {
                let comment = rest.split(['\r', '\n']).next().unwrap_or(rest);
                no_placeholder(template, at, comment, "a comment")?;
                at += comment.len();
                continue;
            }
            '"' | '\'' | '`' => {
                let length = text(rest).ok_or_else(|| TemplateFault::OpenText(place()))?;
                let inside = rest.get(..length).unwrap_or(rest);
                no_placeholder(template, at, inside, "a string")?;
                (Kind::Text, length)
            }
            '$' => {
                let (placeholder, length) = placeholder(template, at, rest)?;
                (Kind::Hole(placeholder), length)
            }
            '(' | '[' | '{' => {
                if open.last() == Some(&'{') {
                    return Err(TemplateFault::Nested(first, place()));
                }
                open.push(first);
                (Kind::Open(first), 1)
            }
            ')' | ']' | '}' => {
                let opened = match first {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                if open.pop() != Some(opened) {
                    return Err(TemplateFault::Unopened(first, place()));
                }
                (Kind::Close(first), 1)
            }
            'a'..='z' | 'A'..='Z' | '_' => (Kind::Word, word(rest, open.last() != Some(&'['))),
            ':' if open.last() != Some(&'[') => (Kind::Word, word(rest, true)),
            '0'..='9' => (Kind::Number, number(rest)),
            _ => (Kind::Sign(first), first.len_utf8()),
        };
        tokens.push(Token {
            kind,
            span: at..at + length,
        });
        at += length;
    }
    match open.last() {
        None => Ok(tokens),
        Some(&bracket) => Err(TemplateFault::Unclosed(bracket)),
    }
}

fn no_control_character(template: &str) -> Result<(), TemplateFault> {
    let is_odd = |(at, c): (usize, char)| {
        let ends_line = c == '\r'
            && template
                .get(at + 1..)
                .is_some_and(|rest| rest.starts_with('\n'));
        c.is_ascii_control() && !matches!(c, '\n' | '\t') && !ends_line
    };
    match template.char_indices().find(|&found| is_odd(found)) {
        None => Ok(()),
        Some((at, _)) => Err(TemplateFault::Control(Place::of(template, at))),
    }
}

fn no_placeholder(
    template: &str,
    at: usize,
    part: &str,
    what: &'static str,
) -> Result<(), TemplateFault> {
    match part.find(OPEN) {
        None => Ok(()),
        Some(inside) => Err(TemplateFault::Inside {
            what,
            place: Place::of(template, at + inside),
        }),
    }
}

/// The length of a quoted text; none where it does not end.
fn text(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices();
    let (_, quote) = chars.next()?;
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Some(at + 1),
            '\n' if quote != '`' => return None,
            '\\' if quote != '`' && chars.next()?.1 == '\n' => return None,
            _ => {}
        }
    }
    None
}

fn word(rest: &str, has_colons: bool) -> usize {
    let is_in = |c: char| c.is_ascii_alphanumeric() || c == '_' || (has_colons && c == ':');
    rest.find(|c| !is_in(c)).unwrap_or(rest.len())
}

fn number(rest: &str) -> usize {
    let is_in = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    rest.find(|c| !is_in(c)).unwrap_or(rest.len())
}

fn placeholder(
    template: &str,
    at: usize,
    rest: &str,
) -> Result<(Placeholder, usize), TemplateFault> {
    let place = Place::of(template, at);
    let name = rest
        .strip_prefix(OPEN)
        .and_then(|inner| inner.split_once(CLOSE))
        .map(|(name, _)| name)
        .ok_or(TemplateFault::Dollar(place))?;
    let known = Placeholder::ALL
        .into_iter()
        .find(|known| known.name() == name.trim_matches(' '));
    match known {
        Some(known) => Ok((known, OPEN.len() + name.len() + CLOSE.len())),
        None => Err(TemplateFault::unknown(name, place)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(template: &str) -> Vec<(Kind, &str)> {
        let tokens = tokens(template).unwrap();
        let of = |token: &Token| (token.kind, &template[token.span.clone()]);
        tokens.iter().map(of).collect()
    }

    #[test]
    fn brackets_in_strings_and_comments_are_none() {
        assert_eq!(
            kinds("m{a=\"}\\\"{\",b='(',c=`\\`} # {[(\n+1"),
            [
                (Kind::Word, "m"),
                (Kind::Open('{'), "{"),
                (Kind::Word, "a"),
                (Kind::Sign('='), "="),
                (Kind::Text, "\"}\\\"{\""),
                (Kind::Sign(','), ","),
                (Kind::Word, "b"),
                (Kind::Sign('='), "="),
                (Kind::Text, "'('"),
                (Kind::Sign(','), ","),
                (Kind::Word, "c"),
                (Kind::Sign('='), "="),
                (Kind::Text, "`\\`"),
                (Kind::Close('}'), "}"),
                (Kind::Sign('+'), "+"),
                (Kind::Number, "1"),
            ]
        );
    }

    #[test]
    fn a_colon_is_part_of_a_name_but_not_of_a_range() {
        assert_eq!(kinds("a:b:c")[0], (Kind::Word, "a:b:c"));
        let range: Vec<_> = kinds("m[1h:5m]").into_iter().skip(2).take(3).collect();
        assert_eq!(
            range,
            [
                (Kind::Number, "1h"),
                (Kind::Sign(':'), ":"),
                (Kind::Number, "5m")
            ]
        );
    }

    #[test]
    fn a_placeholder_may_have_blanks_around_its_name_and_nothing_else() {
        for name in ["labels", " labels ", "  labels"] {
            let template = format!("m{{${{{{{name}}}}}}}");
            assert_eq!(kinds(&template)[2].0, Kind::Hole(Placeholder::Labels));
        }
        for name in ["Labels", "-labels-", "labels|upper", "", "window\n", "x"] {
            let fault = tokens(&format!("m{{${{{{{name}}}}}}}")).unwrap_err();
            assert!(matches!(fault, TemplateFault::Unknown { .. }), "{name}");
        }
    }

    #[test]
    fn what_does_not_end_or_was_not_begun_is_refused_with_its_place() {
        let place = |line, column| Place { line, column };
        for (template, fault) in [
            ("m # \r`", TemplateFault::Control(place(1, 5))),
            ("m{a=\"b}", TemplateFault::OpenText(place(1, 5))),
            ("m{a=\"b\n\"}", TemplateFault::OpenText(place(1, 5))),
            ("m{a='b\\'}", TemplateFault::OpenText(place(1, 5))),
            ("m{a=\"b\\\n\"}", TemplateFault::OpenText(place(1, 5))),
            ("sum(m", TemplateFault::Unclosed('(')),
            ("m)", TemplateFault::Unopened(')', place(1, 2))),
            ("(m]", TemplateFault::Unopened(']', place(1, 3))),
            ("m{a={}}", TemplateFault::Nested('{', place(1, 5))),
            ("m\n$", TemplateFault::Dollar(place(2, 1))),
            ("${{labels}", TemplateFault::Dollar(place(1, 1))),
            ("${labels}", TemplateFault::Dollar(place(1, 1))),
            (
                "m{a=\"${{labels}}\"}",
                TemplateFault::Inside {
                    what: "a string",
                    place: place(1, 6),
                },
            ),
            (
                "m # ${{window}}",
                TemplateFault::Inside {
                    what: "a comment",
                    place: place(1, 5),
                },
            ),
        ] {
            assert_eq!(tokens(template), Err(fault), "{template}");
        }
    }
}

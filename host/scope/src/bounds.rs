//! The bounds on a query before it is parsed, because parsing it would cost too much, go too deep, or make the parser panic.
//!
//! Looks at the parser's own lexemes, so that both see the same words.

use lrpar::{Lexeme as _, Lexer as _, NonStreamingLexer as _};
use promql_parser::{
    parser::{
        lexer,
        token::{
            T_ADD, T_AT, T_COLON, T_DURATION, T_EQL_REGEX, T_LEFT_BRACE, T_LEFT_BRACKET,
            T_LEFT_PAREN, T_NEQ_REGEX, T_NUMBER, T_OFFSET, T_RIGHT_BRACE, T_RIGHT_PAREN, T_STRING,
            T_SUB, TokenId, TokenType,
        },
    },
    util::{parse_str_radix, unquote_string},
};

use crate::refusal::ScopeRefusal;

/// A query's text, in bytes. The service's own have some hundreds.
pub(crate) const TEXT_BYTES: usize = 64 << 10;
/// A query's text under the scope, in bytes: what a server takes without further ado.
pub(crate) const SCOPED_TEXT_BYTES: usize = 1 << 20;
/// Words and signs. The parser looks through all that stands left of an operator again for each operator.
const PARTS: usize = 4096;
/// Levels: a tree is walked by recursion, on stacks of 2 MiB.
const LEVELS: usize = 128;
/// Selectors and their alternatives: each gets the scope.
pub(crate) const SELECTORS: usize = 64;
/// Matchers by regular expression. The server compiles each; here they are only read (`regexes.rs`).
const REGEXES: usize = 64;
/// Seconds of a time or a duration, 3,000 years. The parser panics on some that do not fit its types, and bends others.
const SECONDS: f64 = 1e11;
/// Digits of a number in a duration: the parser takes one that does not fit 32 bits for nothing.
const DURATION_DIGITS: usize = 9;

/// Refuses a text that must not be parsed.
pub(crate) fn check(text: &str) -> Result<(), ScopeRefusal> {
    if text.len() > TEXT_BYTES {
        let maximum = TEXT_BYTES;
        return Err(ScopeRefusal::TooLong { maximum });
    }
    let lexer = lexer(text).map_err(|_| ScopeRefusal::NotPromql)?;
    let mut depth = Depth::default();
    let mut regexes = 0;
    let mut before = Before::default();
    for (i, lexeme) in lexer.iter().enumerate() {
        if i >= PARTS {
            return Err(ScopeRefusal::TooManyParts { maximum: PARTS });
        }
        let lexeme = lexeme.map_err(|_| ScopeRefusal::NotPromql)?;
        let (token, word) = (lexeme.tok_id(), lexer.span_str(lexeme.span()));
        depth.take(token)?;
        match token {
            T_STRING => {
                string(word)?;
                regexes += usize::from(matches!(before.last, T_EQL_REGEX | T_NEQ_REGEX));
                if regexes > REGEXES {
                    return Err(ScopeRefusal::TooManyRegexes { maximum: REGEXES });
                }
            }
            T_NUMBER if before.expects_seconds => seconds(word)?,
            T_DURATION => digits(word)?,
            _ => {}
        }
        before.take(token);
    }
    Ok(())
}

/// The word before, as far as it matters to the next.
#[derive(Default)]
struct Before {
    last: TokenId,
    expects_seconds: bool,
}

impl Before {
    fn take(&mut self, token: TokenId) {
        self.expects_seconds = match token {
            T_LEFT_BRACKET | T_COLON | T_OFFSET | T_AT => true,
            T_ADD | T_SUB => self.expects_seconds,
            _ => false,
        };
        self.last = token;
    }
}

/// The greatest depth that the tree can have: what is inside parentheses is under them, and under each operator beside
/// them, since `a + b + c` is a tree that leans to one side.
#[derive(Default)]
struct Depth {
    levels: Vec<Level>,
    here: Level,
    in_braces: bool,
}

#[derive(Default)]
struct Level {
    operators: usize,
    deepest_inside: usize,
}

impl Level {
    fn depth(&self) -> usize {
        1 + self.operators + self.deepest_inside
    }
}

impl Depth {
    fn take(&mut self, token: TokenId) -> Result<(), ScopeRefusal> {
        match token {
            T_LEFT_BRACE => self.in_braces = true,
            T_RIGHT_BRACE => self.in_braces = false,
            _ if self.in_braces => {}
            T_LEFT_PAREN => self.levels.push(std::mem::take(&mut self.here)),
            T_RIGHT_PAREN => {
                let inside = self.here.depth();
                self.here = self.levels.pop().unwrap_or_default();
                self.here.deepest_inside = self.here.deepest_inside.max(inside);
            }
            T_LEFT_BRACKET => self.here.operators += 1,
            _ if TokenType::new(token).is_operator() => self.here.operators += 1,
            _ => {}
        }
        if self.levels.len() + self.here.depth() > LEVELS {
            return Err(ScopeRefusal::TooDeep { maximum: LEVELS });
        }
        Ok(())
    }
}

/// Refuses a literal that is read in two ways. The parser reads `\xff` as U+00FF, and Go as a byte.
fn string(literal: &str) -> Result<(), ScopeRefusal> {
    unquote_string(literal).map_err(|_| ScopeRefusal::NotPromql)?;
    match !literal.starts_with('`') && escapes_a_byte(literal) {
        true => Err(ScopeRefusal::ByteEscape),
        false => Ok(()),
    }
}

fn escapes_a_byte(literal: &str) -> bool {
    let mut bytes = literal.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            continue;
        }
        let high = match bytes.next() {
            Some(b'x') => bytes
                .next()
                .is_some_and(|digit| !digit.is_ascii_digit() || digit > b'7'),
            Some(digit) => matches!(digit, b'2' | b'3'),
            None => false,
        };
        if high {
            return true;
        }
    }
    false
}

fn seconds(number: &str) -> Result<(), ScopeRefusal> {
    let value = parse_str_radix(number).map_err(|_| ScopeRefusal::NotPromql)?;
    match (0.0..SECONDS).contains(&value) {
        true => Ok(()),
        false => Err(ScopeRefusal::Duration),
    }
}

fn digits(duration: &str) -> Result<(), ScopeRefusal> {
    let runs = duration.split(|c: char| !c.is_ascii_digit());
    match runs.map(str::len).max() {
        Some(length) if length > DURATION_DIGITS => Err(ScopeRefusal::Duration),
        _ => Ok(()),
    }
}

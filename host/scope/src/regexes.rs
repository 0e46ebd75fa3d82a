//! Regular expressions, kept from the parser. It compiles each one that it reads, which takes milliseconds and
//! megabytes for some that are a few bytes long. The matches of an expression are no concern of the scope's: it narrows
//! by matchers beside it. So the parser reads a short placeholder for each, and the tree gets the texts back.

use std::panic;

use lrpar::{Lexeme as _, Lexer as _, NonStreamingLexer as _};
use promql_parser::{
    label::{MatchOp, Matcher},
    parser::{
        self, Expr, lexer,
        token::{T_EQL_REGEX, T_NEQ_REGEX, T_STRING},
    },
    util::unquote_string,
};
use regex::Regex;

use crate::{
    refusal::ScopeRefusal,
    scope::{self, Operator},
    selectors,
};

/// The regular expressions of a query and of its scope, each text once. A placeholder is the position of its text, so
/// that trees which were read with the same list are equal where their texts are.
#[derive(Debug, Default)]
pub(crate) struct Regexes(Vec<String>);

impl Regexes {
    /// The tree of a query. Its matchers have their own texts as values, and placeholders as operators.
    pub(crate) fn parse(&mut self, text: &str) -> Result<Expr, ScopeRefusal> {
        let mut expr = parse(&self.replaced(text)?)?;
        let mut all_known = true;
        selectors::visit(&mut expr, &mut |matchers| {
            for matcher in selectors::alternatives(matchers).flatten() {
                all_known &= self.restore(matcher);
            }
        })?;
        match all_known {
            true => Ok(expr),
            false => Err(ScopeRefusal::Unfaithful),
        }
    }

    /// A scope's matcher, as the parser makes it.
    pub(crate) fn matcher(&mut self, matcher: &scope::Matcher) -> Result<Matcher, ScopeRefusal> {
        let operator = match matcher.operator() {
            Operator::Equal => MatchOp::Equal,
            Operator::Matching => {
                let placeholder = placeholder(self.position(matcher.value()));
                let regex = Regex::new(&format!("^(?:{placeholder})$"));
                MatchOp::Re(regex.map_err(|_| ScopeRefusal::Unfaithful)?)
            }
        };
        Ok(Matcher::new(operator, matcher.label(), matcher.value()))
    }

    /// The query with a placeholder in the place of each regular expression.
    fn replaced(&mut self, text: &str) -> Result<String, ScopeRefusal> {
        let lexer = lexer(text).map_err(|_| ScopeRefusal::NotPromql)?;
        let mut replaced = String::with_capacity(text.len());
        let (mut copied, mut before) = (0, None);
        for lexeme in lexer.iter() {
            let lexeme = lexeme.map_err(|_| ScopeRefusal::NotPromql)?;
            let (token, span) = (lexeme.tok_id(), lexeme.span());
            if let (T_STRING, Some(T_EQL_REGEX | T_NEQ_REGEX)) = (token, before) {
                let value =
                    unquote_string(lexer.span_str(span)).map_err(|_| ScopeRefusal::NotPromql)?;
                // The parser refuses selectors that match what has no labels. Under a scope none does, so each
                // placeholder lets its selector pass: `r0` leaves out the empty string, and so does not matching `r0|`.
                let alternative = if before == Some(T_NEQ_REGEX) { "|" } else { "" };
                replaced.push_str(text.get(copied..span.start()).unwrap_or_default());
                replaced.push('"');
                replaced.push_str(&placeholder(self.position(&value)));
                replaced.push_str(alternative);
                replaced.push('"');
                copied = span.end();
            }
            before = Some(token);
        }
        replaced.push_str(text.get(copied..).unwrap_or_default());
        Ok(replaced)
    }

    fn position(&mut self, regex: &str) -> usize {
        let known = self.0.iter().position(|known| known == regex);
        known.unwrap_or_else(|| {
            self.0.push(regex.to_owned());
            self.0.len() - 1
        })
    }

    /// Gives a matcher its own text back. Returns false if there is none.
    fn restore(&self, matcher: &mut Matcher) -> bool {
        if let MatchOp::Equal | MatchOp::NotEqual = matcher.op {
            return true;
        }
        let position = matcher.value.strip_prefix(PREFIX);
        let position = position.and_then(|rest| rest.trim_end_matches('|').parse().ok());
        let text = position.and_then(|position: usize| self.0.get(position));
        text.is_some_and(|text| {
            matcher.value.clone_from(text);
            true
        })
    }
}

const PREFIX: char = 'r';

fn placeholder(position: usize) -> String {
    format!("{PREFIX}{position}")
}

/// The parser panics on some numbers. Those that are known are refused before; of the others, this makes refusals.
fn parse(text: &str) -> Result<Expr, ScopeRefusal> {
    panic::catch_unwind(|| parser::parse(text))
        .ok()
        .and_then(Result::ok)
        .ok_or(ScopeRefusal::NotPromql)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_reads_placeholders_alone() {
        let mut regexes = Regexes::default();
        let replaced =
            regexes.replaced(r#"a{x=~"b.*",y!~'c',z="d"} / {x=~`b.*`, y!="r0"} # =~"e""#);
        assert_eq!(
            replaced.as_deref(),
            Ok(r#"a{x=~"r0",y!~"r1|",z="d"} / {x=~"r0", y!="r0"} # =~"e""#)
        );
        assert_eq!(regexes.0, ["b.*", "c"]);
    }

    #[test]
    fn trees_of_one_list_are_equal_where_their_texts_are() {
        let mut regexes = Regexes::default();
        let mut parse = |text| regexes.parse(text).unwrap();
        let one = parse(r#"up{x=~"r1",y!~"b"}"#);
        assert_eq!(one, parse(r#"up{x=~'r1',y!~`b`}"#));
        assert_ne!(one, parse(r#"up{x=~"b",y!~"r1"}"#));
        assert_ne!(one, parse(r#"up{x=~"r0",y!~"b"}"#));
        assert_ne!(one, parse(r#"up{x="r1",y!~"b"}"#));
    }
}

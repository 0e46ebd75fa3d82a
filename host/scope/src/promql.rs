//! One PromQL text under a scope: bounded, parsed, narrowed, written, and read back.

use std::panic;

use promql_parser::{
    label::{Matcher, Matchers},
    parser::{self, Expr},
};

use crate::{
    bounds::{self, SCOPED_TEXT_BYTES, SELECTORS},
    refusal::ScopeRefusal,
    scope::Scope,
    selectors, write,
};

impl Scope {
    /// The query, with the scope in every alternative of every selector.
    ///
    /// # Errors
    /// [`ScopeRefusal`]: it cannot be read, is too large, or cannot be narrowed with certainty.
    pub fn enforce_query(&self, promql: &str) -> Result<String, ScopeRefusal> {
        self.narrow(read(promql)?)
    }

    /// The selector, as `match[]` takes it, with the scope in every alternative.
    ///
    /// # Errors
    /// [`ScopeRefusal`], as for [`enforce_query`](Self::enforce_query), or because it is another expression.
    pub fn enforce_selector(&self, selector: &str) -> Result<String, ScopeRefusal> {
        let expr = read(selector)?;
        match &expr {
            Expr::VectorSelector(plain) if plain.at.is_none() && plain.offset.is_none() => {
                self.narrow(expr)
            }
            _ => Err(ScopeRefusal::NotASelector),
        }
    }

    fn narrow(&self, mut expr: Expr) -> Result<String, ScopeRefusal> {
        let scope = self.as_promql()?;
        let mut count = 0;
        selectors::visit(&mut expr, &mut |matchers| {
            for alternative in selectors::alternatives(matchers) {
                count += 1;
                if count <= SELECTORS {
                    narrow_alternative(alternative, &scope);
                }
            }
        })?;
        if count > SELECTORS {
            let maximum = SELECTORS;
            return Err(ScopeRefusal::TooManySelectors { maximum });
        }
        let text = write::to_text(&expr);
        if text.len() > SCOPED_TEXT_BYTES {
            let maximum = SCOPED_TEXT_BYTES;
            return Err(ScopeRefusal::TooLong { maximum });
        }
        let mut read_back = parse(&text)?;
        if read_back != expr || !carries(&mut read_back, &scope)? {
            return Err(ScopeRefusal::Unfaithful);
        }
        Ok(text)
    }

    fn as_promql(&self) -> Result<Vec<Matcher>, ScopeRefusal> {
        let matchers = self.matchers().iter();
        matchers
            .map(|matcher| matcher.to_promql().map_err(|_| ScopeRefusal::Regex))
            .collect()
    }
}

fn narrow_alternative(alternative: &mut Vec<Matcher>, scope: &[Matcher]) {
    for matcher in scope {
        if !alternative.contains(matcher) {
            alternative.push(matcher.clone());
        }
    }
}

fn carries(expr: &mut Expr, scope: &[Matcher]) -> Result<bool, ScopeRefusal> {
    let mut all = true;
    selectors::visit(expr, &mut |matchers: &mut Matchers| {
        all &= selectors::alternatives(matchers)
            .all(|alternative| scope.iter().all(|matcher| alternative.contains(matcher)));
    })?;
    Ok(all)
}

fn read(text: &str) -> Result<Expr, ScopeRefusal> {
    bounds::check(text)?;
    parse(text)
}

/// The parser panics on some numbers. Those that are known are refused before; of the others, this makes refusals.
fn parse(text: &str) -> Result<Expr, ScopeRefusal> {
    panic::catch_unwind(|| parser::parse(text))
        .ok()
        .and_then(Result::ok)
        .ok_or(ScopeRefusal::NotPromql)
}

#[cfg(test)]
#[path = "promql_tests.rs"]
mod tests;

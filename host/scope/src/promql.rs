//! One PromQL text under a scope: bounded, parsed, narrowed, written, and read back.

use promql_parser::{
    label::{Matcher, Matchers},
    parser::Expr,
};

use crate::{
    bounds::{self, SCOPED_TEXT_BYTES, SELECTORS},
    refusal::ScopeRefusal,
    regexes::Regexes,
    scope::Scope,
    selectors, write,
};

impl Scope {
    /// The query, with the scope in every alternative of every selector.
    ///
    /// # Errors
    /// [`ScopeRefusal`]: it cannot be read, is too large, or cannot be narrowed with certainty.
    pub fn enforce_query(&self, promql: &str) -> Result<String, ScopeRefusal> {
        let mut regexes = Regexes::default();
        let expr = read(promql, &mut regexes)?;
        self.narrow(expr, regexes)
    }

    /// The selector, as `match[]` takes it, with the scope in every alternative.
    ///
    /// # Errors
    /// [`ScopeRefusal`], as for [`enforce_query`](Self::enforce_query), or because it is another expression.
    pub fn enforce_selector(&self, selector: &str) -> Result<String, ScopeRefusal> {
        let mut regexes = Regexes::default();
        let expr = read(selector, &mut regexes)?;
        match &expr {
            Expr::VectorSelector(plain) if plain.at.is_none() && plain.offset.is_none() => {
                self.narrow(expr, regexes)
            }
            _ => Err(ScopeRefusal::NotASelector),
        }
    }

    /// `regexes` are those that the tree was read with.
    fn narrow(&self, mut expr: Expr, mut regexes: Regexes) -> Result<String, ScopeRefusal> {
        let matchers = self.matchers().iter();
        let scope: Vec<Matcher> = matchers
            .map(|matcher| regexes.matcher(matcher))
            .collect::<Result<_, _>>()?;
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
        let mut read_back = regexes.parse(&text)?;
        if read_back != expr || !carries(&mut read_back, &scope)? {
            return Err(ScopeRefusal::Unfaithful);
        }
        Ok(text)
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

fn read(text: &str, regexes: &mut Regexes) -> Result<Expr, ScopeRefusal> {
    bounds::check(text)?;
    regexes.parse(text)
}

#[cfg(test)]
#[path = "promql_tests.rs"]
mod tests;

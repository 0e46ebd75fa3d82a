//! Which series the selectors of a query select, out of a few: what a server would read, worked out here.
//!
//! Shares nothing with the enforcement but the parser: its own walk over the tree, its own evaluation of matchers.

use promql_parser::{
    label::{MatchOp, Matcher},
    parser::{self, Expr, VectorSelector},
};
use std::collections::BTreeSet;

/// A series: its labels, `__name__` among them.
pub(crate) type Series = Vec<(&'static str, &'static str)>;

/// Series of two users, of none, and of users whose names are close to theirs.
pub(crate) fn series() -> Vec<Series> {
    let users = [
        None,
        Some("a"),
        Some("b"),
        Some("aa"),
        Some("A"),
        Some("a\"b\\\n"),
    ];
    let others = [None, Some("1"), Some("a")];
    let mut all = Vec::new();
    for name in ["up", "other", "sum", "http.requests"] {
        for user in users {
            for other in others {
                let mut series = vec![("__name__", name)];
                series.extend(user.map(|user| ("user", user)));
                series.extend(other.map(|other| ("x", other)));
                all.push(series);
            }
        }
    }
    all
}

/// What each selector of a query selects, in the order in which they stand: indices into [`series`]. None where the
/// text is not PromQL.
pub(crate) fn selected(query: &str, series: &[Series]) -> Option<Vec<BTreeSet<usize>>> {
    let mut selections = Vec::new();
    walk(&parser::parse(query).ok()?, &mut |selector| {
        let selects = predicate(selector);
        selections.push((0..series.len()).filter(|&i| selects(&series[i])).collect());
    });
    Some(selections)
}

/// Whether a selector selects a series.
fn predicate(selector: &VectorSelector) -> impl Fn(&Series) -> bool {
    let all = |matchers: &[Matcher]| {
        let predicates: Vec<_> = matchers.iter().map(holds).collect();
        move |series: &Series| predicates.iter().all(|holds| holds(series))
    };
    let name = selector.name.clone();
    let first = all(&selector.matchers.matchers);
    let alternatives: Vec<_> = selector
        .matchers
        .or_matchers
        .iter()
        .map(|m| all(m))
        .collect();
    move |series| {
        name.as_ref()
            .is_none_or(|name| value(series, "__name__") == name)
            && first(series)
            && (alternatives.is_empty() || alternatives.iter().any(|all| all(series)))
    }
}

/// Whether a matcher holds for a series. Regular expressions are anchored anew, from the text and not from what the
/// parser compiled.
fn holds(matcher: &Matcher) -> Box<dyn Fn(&Series) -> bool> {
    let (label, wanted) = (matcher.name.clone(), matcher.value.clone());
    let regex = || regex::Regex::new(&format!("^(?:{wanted})$")).expect("the parser took it");
    match matcher.op {
        MatchOp::Equal => Box::new(move |series| value(series, &label) == wanted),
        MatchOp::NotEqual => Box::new(move |series| value(series, &label) != wanted),
        MatchOp::Re(_) => {
            let regex = regex();
            Box::new(move |series| regex.is_match(value(series, &label)))
        }
        MatchOp::NotRe(_) => {
            let regex = regex();
            Box::new(move |series| !regex.is_match(value(series, &label)))
        }
    }
}

/// A label that is not there has the empty value.
pub(crate) fn value<'a>(series: &'a Series, label: &str) -> &'a str {
    series
        .iter()
        .find(|(name, _)| *name == label)
        .map_or("", |(_, value)| value)
}

fn walk(expr: &Expr, visit: &mut impl FnMut(&VectorSelector)) {
    match expr {
        Expr::VectorSelector(selector) => visit(selector),
        Expr::MatrixSelector(matrix) => visit(&matrix.vs),
        Expr::Aggregate(aggregate) => {
            if let Some(param) = &aggregate.param {
                walk(param, visit);
            }
            walk(&aggregate.expr, visit);
        }
        Expr::Binary(binary) => {
            walk(&binary.lhs, visit);
            walk(&binary.rhs, visit);
        }
        Expr::Unary(unary) => walk(&unary.expr, visit),
        Expr::Paren(paren) => walk(&paren.expr, visit),
        Expr::Subquery(subquery) => walk(&subquery.expr, visit),
        Expr::Call(call) => call
            .args
            .args
            .iter()
            .for_each(|argument| walk(argument, visit)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => {}
        Expr::Extension(_) => panic!("the parser makes none"),
    }
}

/// Holds a query that has passed against the one that was asked: each selector selects the same, less what is outside
/// the scope.
pub(crate) fn assert_narrowed(asked: &str, narrowed: &str, within: impl Fn(&Series) -> bool) {
    let series = series();
    let before = selected(asked, &series).expect("what has passed can be read");
    let after = selected(narrowed, &series).expect("what goes out can be read");
    assert_eq!(before.len(), after.len(), "{asked:?} became {narrowed:?}");
    for (mut before, after) in before.into_iter().zip(after) {
        before.retain(|&i| within(&series[i]));
        assert_eq!(before, after, "{asked:?} became {narrowed:?}");
    }
    assert!(
        narrowed.bytes().all(|b| (b' '..=b'~').contains(&b)),
        "{narrowed:?}"
    );
}

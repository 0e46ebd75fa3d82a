//! The series that the selectors of a query select, out of a few: what a server would read, worked out here.
//!
//! Shares nothing with the enforcement but the parser: its own walk over the tree, its own evaluation of matchers.

use promql_parser::{
    label::{MatchOp, Matcher},
    parser::{self, Expr, VectorSelector},
};
use std::collections::BTreeSet;

/// A series: its labels, `__name__` among them.
pub(crate) type Series = Vec<(&'static str, &'static str)>;

/// The test that a series is among those that are meant.
type Predicate = Box<dyn Fn(&Series) -> bool>;

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

/// Finds the series that each selector of a query selects, in the order in which they stand: indices into [`series`].
/// None where the text is not PromQL, or has a regular expression that cannot be compiled here.
pub(crate) fn selected(query: &str, series: &[Series]) -> Option<Vec<BTreeSet<usize>>> {
    let mut selections = Some(Vec::new());
    walk(&parser::parse(query).ok()?, &mut |selector| {
        let select = |selects: &dyn Fn(&Series) -> bool| {
            (0..series.len()).filter(|&i| selects(&series[i])).collect()
        };
        let selection = predicate(selector).map(|selects| select(&selects));
        selections = selections
            .take()
            .zip(selection)
            .map(|(mut all, selection)| {
                all.push(selection);
                all
            });
    });
    selections
}

/// Makes the test of a selector; none: a regular expression cannot be compiled here.
fn predicate(selector: &VectorSelector) -> Option<impl Fn(&Series) -> bool> {
    let all = |matchers: &[Matcher]| {
        let predicates: Vec<_> = matchers.iter().map(holds).collect::<Option<_>>()?;
        Some(move |series: &Series| predicates.iter().all(|holds| holds(series)))
    };
    let name = selector.name.clone();
    let first = all(&selector.matchers.matchers)?;
    let alternatives = selector.matchers.or_matchers.iter().map(|m| all(m));
    let alternatives: Vec<_> = alternatives.collect::<Option<_>>()?;
    Some(move |series: &Series| {
        name.as_ref()
            .is_none_or(|name| value(series, "__name__") == name)
            && first(series)
            && (alternatives.is_empty() || alternatives.iter().any(|all| all(series)))
    })
}

/// Makes the test of a matcher; none: its regular expression cannot be compiled here. Regular expressions are anchored
/// anew, from the text and not from what the parser compiled.
fn holds(matcher: &Matcher) -> Option<Predicate> {
    let (label, wanted) = (matcher.name.clone(), matcher.value.clone());
    let regex = || regex::Regex::new(&format!("^(?:{wanted})$")).ok();
    Some(match matcher.op {
        MatchOp::Equal => Box::new(move |series| value(series, &label) == wanted),
        MatchOp::NotEqual => Box::new(move |series| value(series, &label) != wanted),
        MatchOp::Re(_) => {
            let regex = regex()?;
            Box::new(move |series| regex.is_match(value(series, &label)))
        }
        MatchOp::NotRe(_) => {
            let regex = regex()?;
            Box::new(move |series| !regex.is_match(value(series, &label)))
        }
    })
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

/// Holds a query that goes out against the scope. Returns what its selectors select, where this can be said.
pub(crate) fn assert_within(
    narrowed: &str,
    within: impl Fn(&Series) -> bool,
) -> Option<Vec<BTreeSet<usize>>> {
    let series = series();
    let Some(selections) = selected(narrowed, &series) else {
        assert!(has_regex(narrowed), "{narrowed:?} cannot be read");
        return None;
    };
    for selection in &selections {
        assert!(
            selection.iter().all(|&i| within(&series[i])),
            "{narrowed:?}"
        );
    }
    Some(selections)
}

/// Returns true if there may be a regular expression that a server reads and the parser here does not, or one that
/// matches the empty string, without which a selector stands only under a scope.
fn has_regex(query: &str) -> bool {
    query.contains('~')
}

/// Holds a query that has passed against the one that was asked: each selector selects the same, less what is outside
/// the scope.
pub(crate) fn assert_narrowed(asked: &str, narrowed: &str, within: impl Fn(&Series) -> bool) {
    assert!(
        narrowed.bytes().all(|b| (b' '..=b'~').contains(&b)),
        "{narrowed:?}"
    );
    let series = series();
    let Some(after) = assert_within(narrowed, &within) else {
        return;
    };
    let Some(before) = selected(asked, &series) else {
        assert!(has_regex(asked), "{asked:?} passed and cannot be read");
        return;
    };
    assert_eq!(before.len(), after.len(), "{asked:?} became {narrowed:?}");
    for (mut before, after) in before.into_iter().zip(after) {
        before.retain(|&i| within(&series[i]));
        assert_eq!(before, after, "{asked:?} became {narrowed:?}");
    }
}

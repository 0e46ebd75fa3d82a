//! A query as the tree that `promql-parser` makes of it, in the words of a [`Reading`].

use promql_parser::label::MatchOp;
use promql_parser::parser::{
    self, AggregateExpr, Expr, LabelModifier, NumberLiteral, VectorSelector, token,
};

use crate::reading::{Reading, Side};

impl Reading {
    /// Reads a query by the tree that `promql-parser` makes of it.
    ///
    /// # Errors
    /// It does not parse, or the tree has anything that no query of the service's has.
    pub fn of_tree(query: &str) -> Result<Self, String> {
        let tree = parser::parse(query)?;
        of(&tree).ok_or_else(|| format!("none of the service's: {tree:?}"))
    }
}

fn of(tree: &Expr) -> Option<Reading> {
    match tree {
        Expr::Aggregate(aggregate) => Some(Reading::Sum(sum(aggregate)?)),
        // `100 * part / (of > 0)` leans to the left.
        Expr::Binary(division) if division.op.id() == token::T_DIV => {
            let (Expr::Binary(product), Expr::Paren(above)) = (&*division.lhs, &*division.rhs)
            else {
                return None;
            };
            let Expr::Binary(above) = &*above.expr else {
                return None;
            };
            let (Expr::Aggregate(part), Expr::Aggregate(of)) = (&*product.rhs, &*above.lhs) else {
                return None;
            };
            let plain = [&product.modifier, &above.modifier, &division.modifier]
                .into_iter()
                .all(Option::is_none);
            let as_expected = plain
                && product.op.id() == token::T_MUL
                && above.op.id() == token::T_GTR
                && is_number(&product.lhs, 100.0)
                && is_number(&above.rhs, 0.0);
            as_expected.then_some(Reading::Percent {
                part: sum(part)?,
                of: sum(of)?,
            })
        }
        _ => None,
    }
}

fn is_number(expr: &Expr, number: f64) -> bool {
    matches!(expr, Expr::NumberLiteral(NumberLiteral { val }) if val.to_bits() == number.to_bits())
}

fn sum(aggregate: &AggregateExpr) -> Option<Side> {
    if aggregate.op.id() != token::T_SUM || aggregate.param.is_some() {
        return None;
    }
    let by = match &aggregate.modifier {
        None => Vec::new(),
        Some(LabelModifier::Include(labels)) => labels.labels.clone(),
        Some(LabelModifier::Exclude(_)) => return None,
    };
    let (function, selector) = match &*aggregate.expr {
        Expr::VectorSelector(selector) => (None, selector),
        Expr::Call(call) => match call.args.args.as_slice() {
            [argument] => match &**argument {
                Expr::MatrixSelector(matrix) => {
                    let window = i64::try_from(matrix.range.as_millis()).ok()?;
                    let function = (call.func.name.to_owned(), Some(window));
                    (Some(function), &matrix.vs)
                }
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    };
    let VectorSelector {
        name,
        matchers,
        offset: None,
        at: None,
    } = selector
    else {
        return None;
    };
    if !matchers.or_matchers.is_empty() {
        return None;
    }
    let equalities = matchers.matchers.iter().map(|matcher| {
        let pair = (matcher.name.clone(), matcher.value.clone());
        (matcher.op == MatchOp::Equal).then_some(pair)
    });
    Some(Side {
        by,
        function,
        family: name.clone()?,
        matchers: equalities.collect::<Option<_>>()?,
    })
}

//! The selection of a query by the tree that `promql-parser` makes of it, in the words of a [`Reading`].

use promql_parser::label::MatchOp;
use promql_parser::parser::{self, Expr, Offset, VectorSelector};

use crate::reading::{Matchers, Reading, any_of};

impl Reading {
    /// The metrics that a query selects, in the order in which they stand, each with what must hold of its labels.
    ///
    /// # Errors
    /// It does not parse, or the tree has anything that no query of the service's has.
    pub fn selectors_of_tree(query: &str) -> Result<Vec<(String, Matchers)>, String> {
        let tree = parser::parse(query)?;
        let mut found = Vec::new();
        collect(&tree, &mut found).ok_or_else(|| format!("none of the service's: {tree:?}"))?;
        Ok(found)
    }
}

fn collect(tree: &Expr, found: &mut Vec<(String, Matchers)>) -> Option<()> {
    match tree {
        Expr::Aggregate(aggregate) => {
            if let Some(parameter) = &aggregate.param {
                collect(parameter, found)?;
            }
            collect(&aggregate.expr, found)
        }
        Expr::Binary(binary) => {
            collect(&binary.lhs, found)?;
            collect(&binary.rhs, found)
        }
        Expr::Paren(paren) => collect(&paren.expr, found),
        Expr::Subquery(subquery) if subquery.offset.is_none() && subquery.at.is_none() => {
            collect(&subquery.expr, found)
        }
        Expr::Call(call) => call
            .args
            .args
            .iter()
            .try_for_each(|argument| collect(argument, found)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => Some(()),
        Expr::VectorSelector(selector) => {
            found.push(selected(selector)?);
            Some(())
        }
        Expr::MatrixSelector(matrix) => {
            found.push(selected(&matrix.vs)?);
            Some(())
        }
        _ => None,
    }
}

fn selected(selector: &VectorSelector) -> Option<(String, Matchers)> {
    let VectorSelector {
        name,
        matchers,
        // Into the past, as what counters grew by is asked.
        offset: None | Some(Offset::Pos(_)),
        at: None,
    } = selector
    else {
        return None;
    };
    if !matchers.or_matchers.is_empty() {
        return None;
    }
    let values = matchers.matchers.iter().map(|matcher| {
        let values = match &matcher.op {
            MatchOp::Equal => vec![matcher.value.clone()],
            MatchOp::Re(_) => any_of(&matcher.value)?,
            _ => return None,
        };
        Some((matcher.name.clone(), values))
    });
    Some((name.clone()?, values.collect::<Option<_>>()?))
}

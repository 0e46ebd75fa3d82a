//! Every selector of a tree, wherever it stands.
//!
//! Each kind of node and each of its fields is named here: one that a later parser adds does not compile, rather than
//! being passed over.

use promql_parser::{
    label::Matchers,
    parser::{
        AggregateExpr, BinModifier, BinaryExpr, Call, Expr, LabelModifier, MatrixSelector,
        NumberLiteral, ParenExpr, StringLiteral, SubqueryExpr, UnaryExpr, VectorMatchCardinality,
        VectorSelector,
    },
};

use crate::{functions, refusal::ScopeRefusal};

/// Hands the matchers of each selector to `visit_matchers`, and refuses a tree with a node whose reach is unknown, or
/// with a label that has no name.
pub(crate) fn visit(
    expr: &mut Expr,
    visit_matchers: &mut impl FnMut(&mut Matchers),
) -> Result<(), ScopeRefusal> {
    match expr {
        Expr::Aggregate(AggregateExpr {
            op: _,
            expr,
            param,
            modifier,
        }) => {
            modifier.iter().try_for_each(labels_are_named)?;
            if let Some(param) = param {
                visit(param, visit_matchers)?;
            }
            visit(expr, visit_matchers)
        }
        Expr::Binary(BinaryExpr {
            op: _,
            lhs,
            rhs,
            modifier,
        }) => {
            modifier.iter().try_for_each(sides_are_named)?;
            visit(lhs, visit_matchers)?;
            visit(rhs, visit_matchers)
        }
        Expr::Unary(UnaryExpr { expr })
        | Expr::Paren(ParenExpr { expr })
        | Expr::Subquery(SubqueryExpr {
            expr,
            offset: _,
            at: _,
            range: _,
            step: _,
        }) => visit(expr, visit_matchers),
        Expr::Call(Call { func, args }) => {
            if !functions::is_pure(func.name) {
                return Err(ScopeRefusal::Function(func.name));
            }
            args.args
                .iter_mut()
                .try_for_each(|argument| visit(argument, visit_matchers))
        }
        Expr::VectorSelector(selector)
        | Expr::MatrixSelector(MatrixSelector {
            vs: selector,
            range: _,
        }) => {
            let VectorSelector {
                name: _,
                matchers,
                offset: _,
                at: _,
            } = selector;
            if alternatives(matchers)
                .flatten()
                .any(|matcher| matcher.name.is_empty())
            {
                return Err(ScopeRefusal::EmptyLabel);
            }
            visit_matchers(matchers);
            Ok(())
        }
        Expr::NumberLiteral(NumberLiteral { val: _ })
        | Expr::StringLiteral(StringLiteral { val: _ }) => Ok(()),
        Expr::Extension(_) => Err(ScopeRefusal::UnknownPart),
    }
}

fn sides_are_named(modifier: &BinModifier) -> Result<(), ScopeRefusal> {
    modifier.matching.iter().try_for_each(labels_are_named)?;
    match &modifier.card {
        VectorMatchCardinality::ManyToOne(included)
        | VectorMatchCardinality::OneToMany(included) => are_named(&included.labels),
        VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany => Ok(()),
    }
}

fn labels_are_named(modifier: &LabelModifier) -> Result<(), ScopeRefusal> {
    are_named(&modifier.labels().labels)
}

fn are_named(labels: &[String]) -> Result<(), ScopeRefusal> {
    match labels.iter().any(String::is_empty) {
        true => Err(ScopeRefusal::EmptyLabel),
        false => Ok(()),
    }
}

/// The alternatives of a selector, `{a="1" or b="2"}`, of which there is one where it has no `or`.
pub(crate) fn alternatives(
    matchers: &mut Matchers,
) -> impl Iterator<Item = &mut Vec<promql_parser::label::Matcher>> {
    let Matchers {
        matchers: first,
        or_matchers,
    } = matchers;
    // The parser moves the first alternative to the others; a tree that has both is taken as having them all.
    let first = (or_matchers.is_empty() || !first.is_empty()).then_some(first);
    first.into_iter().chain(or_matchers)
}

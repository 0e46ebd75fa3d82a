//! Trees as text that every server reads alike.
//!
//! Of all spellings it takes the oldest and plainest: `__name__=` for a quoted name, double quotes, ASCII alone, whole
//! milliseconds, a modifier always with its parentheses. A tree that it cannot write exactly, it writes wrongly: the
//! caller reads the text back and compares.

use std::{
    fmt::Write as _,
    time::{Duration, SystemTime},
};

use promql_parser::{
    label::{Labels, MatchOp, Matcher, Matchers},
    parser::{
        AtModifier, BinModifier, Expr, LabelModifier, NumberLiteral, Offset,
        VectorMatchCardinality, VectorMatchFillValues, VectorSelector,
    },
    util::display_duration,
};

use crate::literal;

/// The tree as text.
pub(crate) fn to_text(expr: &Expr) -> String {
    let mut text = String::new();
    write(&mut text, expr);
    text
}

fn write(out: &mut String, expr: &Expr) {
    match expr {
        Expr::Aggregate(aggregate) => {
            push(out, aggregate.op);
            if let Some(modifier) = &aggregate.modifier {
                let word = match modifier {
                    LabelModifier::Include(_) => "by",
                    LabelModifier::Exclude(_) => "without",
                };
                push(out, format_args!(" {word} "));
                labels(out, modifier.labels());
                out.push(' ');
            }
            out.push('(');
            if let Some(param) = &aggregate.param {
                write(out, param);
                out.push_str(", ");
            }
            write(out, &aggregate.expr);
            out.push(')');
        }
        Expr::Unary(unary) => {
            out.push('-');
            write(out, &unary.expr);
        }
        Expr::Binary(binary) => {
            write(out, &binary.lhs);
            push(out, format_args!(" {} ", binary.op));
            if let Some(modifier) = &binary.modifier {
                bin_modifier(out, modifier);
            }
            write(out, &binary.rhs);
        }
        Expr::Paren(paren) => {
            out.push('(');
            write(out, &paren.expr);
            out.push(')');
        }
        Expr::Subquery(subquery) => {
            write(out, &subquery.expr);
            push(out, format_args!("[{}:", duration(&subquery.range)));
            if let Some(step) = &subquery.step {
                out.push_str(&duration(step));
            }
            out.push(']');
            times(out, subquery.at.as_ref(), subquery.offset.as_ref());
        }
        Expr::NumberLiteral(NumberLiteral { val }) => out.push_str(&number(*val)),
        Expr::StringLiteral(string) => literal::write(out, &string.val),
        Expr::VectorSelector(selector) => {
            series(out, selector);
            times(out, selector.at.as_ref(), selector.offset.as_ref());
        }
        Expr::MatrixSelector(matrix) => {
            series(out, &matrix.vs);
            push(out, format_args!("[{}]", duration(&matrix.range)));
            times(out, matrix.vs.at.as_ref(), matrix.vs.offset.as_ref());
        }
        Expr::Call(call) => {
            push(out, format_args!("{}(", call.func.name));
            for (i, argument) in call.args.args.iter().enumerate() {
                separate(out, i, ", ");
                write(out, argument);
            }
            out.push(')');
        }
        // Refused before it comes here.
        Expr::Extension(_) => {}
    }
}

/// The selector without its times.
fn series(out: &mut String, selector: &VectorSelector) {
    out.push_str(selector.name.as_deref().unwrap_or_default());
    let Matchers {
        matchers: first,
        or_matchers,
    } = &selector.matchers;
    out.push('{');
    matchers(out, first);
    for (i, alternative) in or_matchers.iter().enumerate() {
        separate(out, i, " or ");
        matchers(out, alternative);
    }
    out.push('}');
}

fn matchers(out: &mut String, matchers: &[Matcher]) {
    for (i, matcher) in matchers.iter().enumerate() {
        separate(out, i, ",");
        label(out, &matcher.name);
        out.push_str(match matcher.op {
            MatchOp::Equal => "=",
            MatchOp::NotEqual => "!=",
            MatchOp::Re(_) => "=~",
            MatchOp::NotRe(_) => "!~",
        });
        literal::write(out, &matcher.value);
    }
}

fn bin_modifier(out: &mut String, modifier: &BinModifier) {
    let BinModifier {
        card,
        matching,
        return_bool,
        fill_values: VectorMatchFillValues { lhs, rhs },
    } = modifier;
    if *return_bool {
        out.push_str("bool ");
    }
    if let Some(matching) = matching {
        out.push_str(match matching {
            LabelModifier::Include(_) => "on ",
            LabelModifier::Exclude(_) => "ignoring ",
        });
        labels(out, matching.labels());
        out.push(' ');
    }
    let side = match card {
        VectorMatchCardinality::ManyToOne(included) => Some(("group_left ", included)),
        VectorMatchCardinality::OneToMany(included) => Some(("group_right ", included)),
        VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany => None,
    };
    if let Some((word, included)) = side {
        out.push_str(word);
        labels(out, included);
        out.push(' ');
    }
    if let Some(value) = lhs {
        push(out, format_args!("fill_left ({}) ", number(*value)));
    }
    if let Some(value) = rhs {
        push(out, format_args!("fill_right ({}) ", number(*value)));
    }
}

fn times(out: &mut String, at: Option<&AtModifier>, offset: Option<&Offset>) {
    match at {
        None => {}
        Some(AtModifier::Start) => out.push_str(" @ start()"),
        Some(AtModifier::End) => out.push_str(" @ end()"),
        Some(AtModifier::At(time)) => push(out, format_args!(" @ {}", timestamp(*time))),
    }
    match offset {
        None => {}
        Some(Offset::Pos(by)) => push(out, format_args!(" offset {}", duration(by))),
        Some(Offset::Neg(by)) => push(out, format_args!(" offset -{}", duration(by))),
    }
}

/// Unix seconds, to the millisecond.
fn timestamp(time: SystemTime) -> String {
    let (sign, distance) = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => ("", after),
        Err(before) => ("-", before.duration()),
    };
    format!(
        "{sign}{}.{:03}",
        distance.as_secs(),
        distance.subsec_millis()
    )
}

fn duration(duration: &Duration) -> String {
    display_duration(duration)
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value == f64::INFINITY {
        "Inf".to_owned()
    } else if value == f64::NEG_INFINITY {
        "-Inf".to_owned()
    } else {
        value.to_string()
    }
}

fn labels(out: &mut String, Labels { labels }: &Labels) {
    out.push('(');
    for (i, name) in labels.iter().enumerate() {
        separate(out, i, ",");
        label(out, name);
    }
    out.push(')');
}

/// A label's name: bare where that is what it has always been, else quoted.
fn label(out: &mut String, name: &str) {
    let mut bytes = name.bytes();
    let starts = bytes
        .next()
        .is_some_and(|b| b == b'_' || b.is_ascii_alphabetic());
    if starts && bytes.all(|b| b == b'_' || b.is_ascii_alphanumeric()) {
        out.push_str(name);
    } else {
        literal::write(out, name);
    }
}

fn separate(out: &mut String, index: usize, separator: &str) {
    if index > 0 {
        out.push_str(separator);
    }
}

fn push(out: &mut String, what: impl std::fmt::Display) {
    // Writing into a `String` cannot fail.
    let _ = write!(out, "{what}");
}

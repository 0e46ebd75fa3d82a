//! For any template that is accepted and any arguments that are, the query's tree has the shape of the tree with harmless
//! arguments, and all that is new in it are the texts that were given.

use std::fmt::Write as _;

use promql_parser::label::Matchers;
use promql_parser::parser::{self, Expr, LabelModifier, VectorSelector};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{ArgumentsInput, LabelValues, Preset, PresetInput};

/// A tree without the texts that a call fills in: matchers and labels are counted, durations are there or not.
fn shape(expr: &Expr) -> String {
    match expr {
        Expr::Aggregate(aggregate) => format!(
            "{}<{}>({};{})",
            aggregate.op,
            match &aggregate.modifier {
                None => String::new(),
                Some(LabelModifier::Include(labels)) => format!("by {}", labels.labels.len()),
                Some(LabelModifier::Exclude(labels)) => format!("without {}", labels.labels.len()),
            },
            aggregate.param.as_deref().map(shape).unwrap_or_default(),
            shape(&aggregate.expr)
        ),
        Expr::Unary(unary) => format!("-({})", shape(&unary.expr)),
        Expr::Binary(binary) => format!(
            "({}){}{:?}({})",
            shape(&binary.lhs),
            binary.op,
            binary.modifier,
            shape(&binary.rhs)
        ),
        Expr::Paren(paren) => format!("({})", shape(&paren.expr)),
        Expr::Subquery(subquery) => format!(
            "({})[:{}]{}",
            shape(&subquery.expr),
            subquery.step.is_some(),
            subquery.offset.is_some()
        ),
        Expr::NumberLiteral(number) => number.val.to_string(),
        Expr::StringLiteral(string) => format!("{:?}", string.val),
        Expr::VectorSelector(selector) => vector(selector),
        Expr::MatrixSelector(matrix) => format!("{}[]", vector(&matrix.vs)),
        Expr::Call(call) => {
            let mut text = format!("{}(", call.func.name);
            for argument in &call.args.args {
                let _ = write!(text, "{},", shape(argument));
            }
            text + ")"
        }
        Expr::Extension(_) => "extension".to_owned(),
    }
}

fn vector(selector: &VectorSelector) -> String {
    let Matchers {
        matchers,
        or_matchers,
    } = &selector.matchers;
    format!(
        "{:?}{{{}|{}}}{}{}",
        selector.name,
        matchers.len(),
        or_matchers.len(),
        selector.offset.is_some(),
        selector.at.is_some()
    )
}

/// All matchers of a tree, as label and value.
fn matchers(promql: &str) -> Vec<(String, String)> {
    #[derive(Default)]
    struct Collector(Vec<(String, String)>);
    impl promql_parser::util::ExprVisitor for Collector {
        type Error = ();
        fn pre_visit(&mut self, expr: &Expr) -> Result<bool, ()> {
            let selector = match expr {
                Expr::VectorSelector(selector) => selector,
                Expr::MatrixSelector(matrix) => &matrix.vs,
                _ => return Ok(true),
            };
            let found = selector.matchers.matchers.iter();
            self.0
                .extend(found.map(|matcher| (matcher.name.clone(), matcher.value.clone())));
            Ok(true)
        }
    }
    let mut collector = Collector::default();
    let expr = parser::parse(promql).unwrap();
    promql_parser::util::walk_expr(&mut collector, &expr).unwrap();
    collector.0
}

fn harmless(filters: usize, group_by: usize) -> ArgumentsInput {
    ArgumentsInput {
        filters: (0..filters)
            .map(|n| LabelValues {
                label: format!("l{n}"),
                values: vec!["v".into()],
            })
            .collect(),
        group_by: (0..group_by).map(|n| format!("g{n}")).collect(),
        window: Some("5m".into()),
    }
}

/// Pieces of templates, some of which lie in wait for what is filled in.
fn template() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "m",
        "sum",
        "rate",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        ",",
        "a=\"b\"",
        "a='",
        "\"",
        "`",
        "\\",
        " by ",
        " without ",
        "# x\n",
        "#",
        "\n",
        "\r",
        ":",
        "5m",
        "1",
        " offset ",
        " - ",
        " or ",
        "@",
        "${{labels}}",
        "${{window}}",
        "${{group_by}}",
        "${{ labels }}",
        "m{${{labels}}}",
        "m{a=\"b\",${{labels}}}",
        "{${{labels}},a=\"b\"}",
        "[${{window}}]",
        "[${{window}}:1m]",
        " offset ${{window}}",
        " by (${{group_by}})",
        "(m{${{labels}}}[${{window}}])",
        "sum(",
        "_",
        "1h",
    ]);
    vec(piece, 1..10).prop_map(|pieces| pieces.concat())
}

/// Templates that are PromQL more often.
fn sound_template() -> impl Strategy<Value = String> {
    let matcher = select(vec![
        "a=\"b\"",
        "a=~'x}|y'",
        "b!=`{`",
        "${{labels}}",
        "# }\n c=\"d\"",
    ]);
    let selector = (select(vec!["m", "x:y", "by", ""]), vec(matcher, 1..4))
        .prop_map(|(name, matchers)| format!("{name}{{{}}}", matchers.join(" , ")));
    let call = select(vec![
        ("", ""),
        ("abs", ""),
        ("rate", "[${{window}}]"),
        ("max_over_time", "[1h:${{window}}]"),
        ("rate", "[5m]"),
    ]);
    let offset = select(vec![
        "",
        "",
        " offset ${{window}}",
        " offset -${{window}}",
        " @ end()",
    ]);
    let called = (call, selector, offset).prop_map(|((function, range), selector, offset)| {
        format!("{function}({selector}{range}{offset})")
    });
    let by = select(vec![
        "",
        " by (${{group_by}})",
        " by (le , ${{group_by}})",
        " WITHOUT (${{group_by}} # )\n, x)",
    ]);
    let grouped = (select(vec!["sum", "max"]), by, called)
        .prop_map(|(name, by, inner)| format!("{name}{by}({inner})"));
    (
        grouped.clone(),
        select(vec!["", " + ", " / on (a) group_left ", " and "]),
        grouped,
    )
        .prop_map(|(left, operator, right)| match operator {
            "" => left,
            _ => format!("{left}{operator}{right}"),
        })
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>().prop_filter("empty", |value| !value.is_empty()),
        "[\"\\\\'`{}()\\[\\],=~#$\n\r ]{1,8}",
        Just("\"} or {x=\"".to_owned()),
        Just("${{labels}}".to_owned()),
    ]
}

fn arguments() -> impl Strategy<Value = ArgumentsInput> {
    let label = "[a-z_][a-z0-9_]{0,5}|by|or|offset|bool|sum|on|le";
    let filter =
        (label, vec(value(), 1..3)).prop_map(|(label, values)| LabelValues { label, values });
    let window = select(vec![
        None,
        Some("5m"),
        Some("1h30m"),
        Some("1y1ms"),
        Some("0s"),
        Some("5m]"),
        Some("m"),
    ]);
    (vec(filter, 0..3), vec(label, 0..3), window).prop_map(|(filters, group_by, window)| {
        ArgumentsInput {
            filters,
            group_by,
            window: window.map(Into::into),
        }
    })
}

fn holds(template: String, arguments: &ArgumentsInput) -> Result<(), TestCaseError> {
    let input = PresetInput {
        template,
        ..PresetInput::default()
    };
    let Ok(preset) = Preset::new(input) else {
        return Ok(());
    };
    let Ok(query) = preset.render(arguments, None) else {
        return Ok(());
    };
    let mut labels = arguments.group_by.clone();
    labels.sort_unstable();
    labels.dedup();
    let plain = harmless(arguments.filters.len(), labels.len());
    let plain = preset.render(&plain, None).unwrap();
    let (found, expected) = (parser::parse(&query.promql), parser::parse(&plain.promql));
    match (found, expected) {
        (Ok(found), Ok(expected)) => {
            prop_assert_eq!(shape(&found), shape(&expected), "{}", query.promql);
        }
        (Err(_), Err(_)) => return Ok(()),
        (found, expected) => {
            prop_assert!(
                false,
                "{:?}\n{:?}\n{}\n{}",
                found,
                expected,
                query.promql,
                plain.promql
            );
        }
    }
    // The leaves that are new are those that were given, each in every place.
    let uses = matchers(&plain.promql)
        .iter()
        .filter(|(label, _)| label == "l0")
        .count();
    let found = matchers(&query.promql);
    for LabelValues { label, values } in &arguments.filters {
        let is_given = |(name, text): &&(String, String)| {
            name == label
                && match values
                    .iter()
                    .collect::<std::collections::BTreeSet<_>>()
                    .len()
                {
                    1 => text == &values[0],
                    _ => {
                        let regex = regex::Regex::new(&format!("^(?:{text})$"));
                        values
                            .iter()
                            .all(|value| regex.as_ref().is_ok_and(|r| r.is_match(value)))
                    }
                }
        };
        prop_assert!(
            found.iter().filter(is_given).count() >= uses,
            "{}",
            query.promql
        );
    }
    for selector in &query.selectors {
        prop_assert!(query.promql.contains(selector.as_str()));
        prop_assert!(
            matches!(parser::parse(selector), Ok(Expr::VectorSelector(_))),
            "{}",
            selector
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn whatever_is_filled_in_the_tree_keeps_its_shape(template in sound_template(), arguments in arguments()) {
        holds(template, &arguments)?;
    }

    #[test]
    fn whatever_the_template_the_tree_keeps_its_shape(template in template(), arguments in arguments()) {
        holds(template, &arguments)?;
    }
}

#[test]
fn the_sound_templates_of_the_property_are_mostly_accepted_and_parsed() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut parsed = 0;
    for _ in 0..500 {
        let template = sound_template().new_tree(&mut runner).unwrap().current();
        let input = PresetInput {
            template,
            ..PresetInput::default()
        };
        let query = Preset::new(input).and_then(|preset| preset.render(&harmless(2, 1), None));
        parsed += usize::from(query.is_ok_and(|query| parser::parse(&query.promql).is_ok()));
    }
    assert!(parsed > 100, "{parsed} of 500");
}

//! Families that are described by anyone: what comes of it is a query with exactly the names, labels and values that went
//! in, read by a parser that is not ours, or a refusal.

use std::cell::Cell;
use std::collections::BTreeSet;

use metric_callers::{text, trials};
use metric_service::domain::family::{
    Family, FamilyKind, FamilyQuery, FamilyStatistic, OverTime, plan_family,
};
use metric_service::domain::preset::LabelValues;
use metric_service::domain::{Over, Settings, Statistic};
use promql_parser::parser::{Expr, LabelModifier, parse};
use promql_parser::util::{ExprVisitor, walk_expr};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        "[a-zA-Z_:][a-zA-Z0-9_:]{0,8}",
        prop::sample::select(vec![
            "sum", "by", "Inf", "nan", "offset", "on", "start", "a_bucket"
        ])
        .prop_map(str::to_owned),
    ]
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => text(),
        4 => "[a-zA-Z_][a-zA-Z0-9_]{0,6}",
        1 => prop::sample::select(vec!["le", "__name__", "bool", "by", "nan", "inf"])
            .prop_map(str::to_owned),
    ]
}

fn family() -> impl Strategy<Value = Family> {
    let kinds = vec![
        FamilyKind::Gauge,
        FamilyKind::Counter,
        FamilyKind::Histogram,
        FamilyKind::NativeHistogram,
    ];
    let labels = prop_oneof![3 => Just(Vec::new()), 1 => vec(label(), 0..4)];
    (
        name(),
        vec(name(), 0..3),
        prop::sample::select(kinds),
        labels,
        any::<bool>(),
    )
        .prop_map(|(name, former_names, kind, labels, intensive)| Family {
            name,
            former_names,
            kind,
            labels,
            intensive,
            ..Family::default()
        })
}

fn query() -> impl Strategy<Value = FamilyQuery> {
    let statistic = prop_oneof![
        Just(None),
        prop::sample::select(vec![
            FamilyStatistic::Sum,
            FamilyStatistic::Avg,
            FamilyStatistic::Max,
            FamilyStatistic::Rate,
        ])
        .prop_map(Some),
        any::<f64>().prop_map(|q| Some(FamilyStatistic::Quantile(q))),
        (0.0..=1.0).prop_map(|q| Some(FamilyStatistic::Quantile(q))),
    ];
    let over = prop::option::weighted(
        0.3,
        (
            prop::sample::select(vec![
                Statistic::Avg,
                Statistic::Max,
                Statistic::Quantile(0.5),
            ]),
            prop_oneof![
                3 => Just(Over::Time),
                1 => label().prop_map(Over::Members),
                1 => label().prop_map(Over::Both),
            ],
            prop::option::of(any::<u32>()),
        ),
    );
    let filter =
        (label(), vec(text(), 0..3)).prop_map(|(label, values)| LabelValues { label, values });
    (
        family(),
        vec(filter, 0..3),
        vec(label(), 0..3),
        statistic,
        over,
    )
        .prop_map(|(family, filters, group_by, statistic, over)| FamilyQuery {
            family,
            filters,
            group_by,
            statistic,
            over_time: over.map(|(statistic, over, window)| OverTime {
                statistic,
                over,
                window,
            }),
            start: "0".to_owned(),
            end: "3600".to_owned(),
            ..FamilyQuery::default()
        })
}

/// All that stands in a query: its selectors with their matchers, and what it groups by.
#[derive(Debug, Default)]
struct Seen {
    names: BTreeSet<String>,
    matchers: Vec<BTreeSet<(String, String)>>,
    groups: Vec<Vec<String>>,
}

impl ExprVisitor for Seen {
    type Error = ();

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, ()> {
        let selector = match expr {
            Expr::VectorSelector(selector) => selector,
            Expr::MatrixSelector(matrix) => &matrix.vs,
            Expr::Aggregate(aggregate) => {
                if let Some(LabelModifier::Include(labels)) = &aggregate.modifier {
                    self.groups.push(labels.labels.clone());
                }
                return Ok(true);
            }
            _ => return Ok(true),
        };
        assert!(selector.offset.is_none() && selector.at.is_none());
        self.names.extend(selector.name.clone());
        let matchers = selector.matchers.matchers.iter();
        self.matchers.push(
            matchers
                .map(|one| (one.name.clone(), one.value.clone()))
                .collect(),
        );
        Ok(true)
    }
}

#[test]
fn a_query_of_a_family_holds_exactly_what_went_in_or_is_refused_by_its_field() {
    let (queries, refusals) = (Cell::new(0_u32), Cell::new(0_u32));
    trials(8_000, query(), |query| {
        let plan = match plan_family(&Settings::default(), &query) {
            Ok(plan) => plan,
            Err(error) => {
                refusals.set(refusals.get() + 1);
                prop_assert!(!error.field().is_empty());
                prop_assert!(error.to_string().len() < 8_000, "{error}");
                return Ok(());
            }
        };
        queries.set(queries.get() + 1);
        let promql = &plan.promql;
        prop_assert!(
            promql.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            "{promql}"
        );
        let tree = match parse(promql) {
            Ok(tree) => tree,
            Err(error) => return Err(TestCaseError::fail(format!("{promql}: {error}"))),
        };
        let mut seen = Seen::default();
        let _ = walk_expr(&mut seen, &tree);
        let names = std::iter::once(&query.family.name).chain(&query.family.former_names);
        let bases: BTreeSet<&str> = names.map(String::as_str).collect();
        let of_a_histogram = query.family.kind == FamilyKind::Histogram;
        for name in &seen.names {
            let base = match of_a_histogram {
                false => Some(name.as_str()),
                true => ["_bucket", "_sum", "_count"]
                    .iter()
                    .find_map(|suffix| name.strip_suffix(suffix)),
            };
            prop_assert!(base.is_some_and(|base| bases.contains(base)), "{promql}");
        }
        // One value is an equality, and comes back as it was; several are a regular expression.
        for matchers in &seen.matchers {
            prop_assert_eq!(matchers.len(), query.filters.len(), "{}", promql);
            for filter in &query.filters {
                let distinct: BTreeSet<&String> = filter.values.iter().collect();
                let found = matchers.iter().find(|(name, _)| *name == filter.label);
                prop_assert!(found.is_some(), "{promql}");
                if let ([only], Some((_, value))) =
                    (&distinct.iter().collect::<Vec<_>>()[..], found)
                {
                    prop_assert_eq!(value, **only, "{}", promql);
                }
            }
        }
        let member = query.over_time.as_ref().and_then(|over| match &over.over {
            Over::Time => None,
            Over::Members(member) | Over::Both(member) => Some(member),
        });
        let labels = |more: Option<&String>| -> Vec<String> {
            let all: BTreeSet<&String> = query.group_by.iter().chain(more).collect();
            all.into_iter().cloned().collect()
        };
        // Members are told apart besides, until they are groups.
        let wanted = [labels(None), labels(member)];
        for group in &seen.groups {
            let without_bounds: Vec<String> = group
                .iter()
                .filter(|label| !(of_a_histogram && *label == "le"))
                .cloned()
                .collect();
            prop_assert!(wanted.contains(&without_bounds), "{promql}");
        }
        Ok(())
    });
    let (queries, refusals) = (queries.get(), refusals.get());
    assert!(
        queries > 200 && refusals > queries,
        "{queries} queries, {refusals} refusals"
    );
}

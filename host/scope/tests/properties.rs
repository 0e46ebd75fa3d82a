//! For queries of any shape: what goes out selects what was asked, less what is outside the scope.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what tests have in common fails as tests do"
)]

mod queries;
mod scopes;
mod selection;

use metric_callers::trials;
use metric_scope::ScopeRefusal;
use proptest::prelude::*;
use scopes::scopes;
use selection::assert_narrowed;

#[test]
fn a_query_of_any_shape_is_narrowed_and_means_the_same() {
    trials(500, queries::vector(), |query| {
        // Types and many-to-one are checked by the parser; few of what is generated offends them.
        prop_assume!(promql_parser::parser::parse(&query).is_ok());
        for (scope, within) in scopes() {
            match scope.enforce_query(&query) {
                Ok(narrowed) => {
                    assert_narrowed(&query, &narrowed, within);
                    prop_assert_eq!(
                        scope.enforce_query(&narrowed),
                        Ok(narrowed),
                        "the second time"
                    );
                }
                Err(
                    ScopeRefusal::TooManySelectors { .. } | ScopeRefusal::TooManyRegexes { .. },
                ) => {}
                Err(refusal) => {
                    prop_assert!(false, "{:?} was refused: {}", query, refusal);
                }
            }
        }
        Ok(())
    });
}

#[test]
fn alternatives_are_narrowed_each_by_itself() {
    let alternatives = prop::collection::vec(queries::series(), 1..5);
    trials(500, alternatives, |alternatives| {
        // The inside of each selector, put side by side as VictoriaMetrics reads it.
        let inside = alternatives
            .iter()
            .filter_map(|s| s.split_once('{')?.1.rsplit_once('}'));
        let inside: Vec<_> = inside
            .map(|(all, _)| all.trim())
            .filter(|all| !all.is_empty())
            .collect();
        let query = format!("up{{{}}}", inside.join(" or "));
        for (scope, within) in scopes() {
            if let Ok(narrowed) = scope.enforce_query(&query) {
                assert_narrowed(&query, &narrowed, within);
            }
        }
        Ok(())
    });
}

#[test]
fn any_text_is_narrowed_or_refused() {
    let text = "[a-z(){}\\[\\]\"'`=~!,@# \\\\\\n0-9.+*^/-]{0,60}";
    trials(500, text, |text| {
        for (scope, within) in scopes() {
            if let Ok(narrowed) = scope.enforce_query(&text) {
                assert_narrowed(&text, &narrowed, within);
            }
        }
        Ok(())
    });
}

//! Scopes to try, each with what it allows, said a second time in Rust.

use metric_scope::Scope;

use super::selection::{Series, value};

/// The test that a scope allows a series.
pub(crate) type Allows = fn(&Series) -> bool;

/// By value, by a value that has to be escaped, by a list, and by a regular expression with a second matcher.
pub(crate) fn scopes() -> Vec<(Scope, Allows)> {
    vec![
        (Scope::equal("user", "a").unwrap(), |s| {
            value(s, "user") == "a"
        }),
        (Scope::equal("user", "a\"b\\\n").unwrap(), |s| {
            value(s, "user") == "a\"b\\\n"
        }),
        (Scope::one_of("user", ["a", "aa"]).unwrap(), |s| {
            ["a", "aa"].contains(&value(s, "user"))
        }),
        (
            Scope::matching("user", "(?i)a+")
                .unwrap()
                .and(&Scope::equal("x", "1").unwrap()),
            |s| ["a", "aa", "A"].contains(&value(s, "user")) && value(s, "x") == "1",
        ),
    ]
}

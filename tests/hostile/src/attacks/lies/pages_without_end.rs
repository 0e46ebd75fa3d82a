//! Pages that go on into the future, each where the one before ended.

use crate::bindings::exports::backendai::metric::range_service::Page;
use crate::kit::{Attack, HARMLESS, nothing, range_answer};

/// Milliseconds between the first instants of two pages: a day.
const PAGE: i64 = 86_400_000;

pub(crate) const ATTACK: Attack = Attack {
    query_page: |cursor| {
        let start = cursor.and_then(|start| start.parse().ok()).unwrap_or(0);
        let mut answer = nothing();
        (answer.start, answer.end) = (start, start + PAGE - 60_000);
        Page {
            answer: range_answer(answer),
            next: Some((start + PAGE).to_string()),
        }
    },
    ..HARMLESS
};

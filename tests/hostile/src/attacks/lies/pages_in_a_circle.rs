//! Two pages, each of which is followed by the other one.

use crate::bindings::exports::backendai::metric::range_service::Page;
use crate::kit::{Attack, HARMLESS, nothing, range_answer};

pub(crate) const ATTACK: Attack = Attack {
    query_page: |cursor| {
        let is_second = cursor.as_deref() == Some("second");
        let (start, next) = match is_second {
            true => (120_000, "first"),
            false => (0, "second"),
        };
        let mut answer = nothing();
        (answer.start, answer.end) = (start, start + 60_000);
        Page {
            answer: range_answer(answer),
            next: Some(next.to_owned()),
        }
    },
    ..HARMLESS
};

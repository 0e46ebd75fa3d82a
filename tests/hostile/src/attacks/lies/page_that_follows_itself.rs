//! A page after which the same page comes.

use crate::bindings::exports::backendai::metric::range_service::Page;
use crate::kit::{Attack, HARMLESS, nothing, range_answer};

pub(crate) const ATTACK: Attack = Attack {
    query_page: |cursor| Page {
        answer: range_answer(nothing()),
        next: cursor,
    },
    ..HARMLESS
};

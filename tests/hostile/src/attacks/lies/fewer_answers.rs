//! One answer less than there are queries.

use crate::kit::{Attack, HARMLESS, nothing, range_answer};

pub(crate) const ATTACK: Attack = Attack {
    query_batch: |queries| (1..queries).map(|_| range_answer(nothing())).collect(),
    ..HARMLESS
};

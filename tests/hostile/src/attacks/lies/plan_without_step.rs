//! A plan of steps of nothing.

use crate::bindings::exports::backendai::metric::range_service::RangePlan;
use crate::kit::{Attack, HARMLESS, empty_plan};

pub(crate) const ATTACK: Attack = Attack {
    plan: || RangePlan {
        step: 0,
        ..empty_plan()
    },
    ..HARMLESS
};

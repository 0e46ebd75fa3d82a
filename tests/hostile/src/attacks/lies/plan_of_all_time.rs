//! A plan whose range has no beginning and no end, for a stream that need not come to one.

use crate::bindings::exports::backendai::metric::range_service::{RangePlan, Span};
use crate::kit::{Attack, HARMLESS, empty_plan};

pub(crate) const ATTACK: Attack = Attack {
    plan: || RangePlan {
        span: Span {
            start: i64::MIN,
            end: i64::MAX,
        },
        ..empty_plan()
    },
    ..HARMLESS
};

//! Has the caller send a request that the host would not let out: to another port.

use crate::kit::{Attack, HARMLESS, request_to};

pub(crate) const ATTACK: Attack = Attack {
    metric_request: |order| request_to(&order.other_port),
    ..HARMLESS
};

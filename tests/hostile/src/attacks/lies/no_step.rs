//! A step of nothing, by which a caller would divide.

use crate::bindings::exports::backendai::metric::types::MetricResult;
use crate::kit::{Attack, nothing};

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    Ok(MetricResult {
        step: 0,
        ..nothing()
    })
});

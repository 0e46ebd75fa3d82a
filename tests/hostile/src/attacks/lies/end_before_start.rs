//! A range that ends before it begins.

use crate::bindings::exports::backendai::metric::types::MetricResult;
use crate::kit::{Attack, nothing};

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    Ok(MetricResult {
        start: i64::MAX,
        end: i64::MIN,
        ..nothing()
    })
});

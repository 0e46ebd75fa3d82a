//! A text that is no UTF-8.

use crate::bindings::exports::backendai::metric::types::MetricResult;
use crate::kit::{Attack, nothing};

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    Ok(MetricResult {
        // SAFETY: there is none.
        promql: unsafe { String::from_utf8_unchecked(vec![0xff, 0xfe, 0xc0]) },
        ..nothing()
    })
});

//! A text that lies behind the end of its memory.

use crate::bindings::exports::backendai::metric::types::MetricResult;
use crate::kit::{Attack, nothing};

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    let behind = std::hint::black_box(0xffff_0000_usize) as *mut u8;
    Ok(MetricResult {
        // SAFETY: there is none.
        promql: unsafe { String::from_raw_parts(behind, 0x1_0000, 0x1_0000) },
        ..nothing()
    })
});

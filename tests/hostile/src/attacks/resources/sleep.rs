//! Waits for something that never comes.

use wasip2::clocks::monotonic_clock::subscribe_duration;

use crate::kit::{Attack, nothing};

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    subscribe_duration(u64::MAX).block();
    Ok(nothing())
});

//! Sets timers, each for later than any call lasts, and gives none back.

use wasip2::clocks::monotonic_clock::subscribe_duration;

use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    loop {
        std::mem::forget(subscribe_duration(u64::MAX));
    }
});

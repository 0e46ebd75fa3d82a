//! Asks for the time, for ever: the time is spent in the host.

use wasip2::clocks::monotonic_clock::now;

use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    loop {
        std::hint::black_box(now());
    }
});

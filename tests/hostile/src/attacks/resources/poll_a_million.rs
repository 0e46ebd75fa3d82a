//! Waits for the same timer a million times at once, again and again.

use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::io::poll::poll;

use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    let never = subscribe_duration(u64::MAX);
    let now = subscribe_duration(0);
    let mut all = vec![&never; 1_000_000];
    all.push(&now);
    loop {
        std::hint::black_box(poll(&all));
    }
});

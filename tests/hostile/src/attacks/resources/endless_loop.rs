//! Computes for ever.

use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    let mut round = 0_u64;
    loop {
        round = std::hint::black_box(round.wrapping_add(1));
    }
});

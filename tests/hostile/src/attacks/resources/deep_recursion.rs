//! Calls itself for ever.

use crate::kit::{Attack, nothing};

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    std::hint::black_box(deeper(1));
    Ok(nothing())
});

#[allow(unconditional_recursion, reason = "the attack")]
fn deeper(depth: u64) -> u64 {
    // The addition after the call keeps it from becoming a loop.
    std::hint::black_box(depth) + deeper(std::hint::black_box(depth + 1))
}

//! Takes memory for ever.

use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    let mut all: Vec<Vec<u8>> = Vec::new();
    loop {
        all.push(std::hint::black_box(vec![1; 1 << 20]));
    }
});

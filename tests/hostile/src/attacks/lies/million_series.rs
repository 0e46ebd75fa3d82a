//! A million series without a sample.

use crate::kit::{Attack, result, series};

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    Ok(result(
        (0..1_000_000)
            .map(|_| series(Vec::new(), Vec::new()))
            .collect(),
    ))
});

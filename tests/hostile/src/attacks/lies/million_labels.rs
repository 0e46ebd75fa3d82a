//! A series of a million labels.

use crate::bindings::exports::backendai::metric::types::Series;
use crate::kit::{Attack, result, series};

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    Ok(result(vec![Series {
        labels: (0..1_000_000)
            .map(|n| (format!("{n}"), String::new()))
            .collect(),
        ..series(vec![0], vec![1.0])
    }]))
});

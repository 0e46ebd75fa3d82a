//! A label that has two values: whoever makes a map of them keeps one, and nobody knows which.

use crate::bindings::exports::backendai::metric::types::Series;
use crate::kit::{Attack, result, series};

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    let label = |value: &str| ("owner_user_id".to_owned(), value.to_owned());
    Ok(result(vec![Series {
        labels: vec![label("tenant-a"), label("tenant-b")],
        ..series(vec![0], vec![1.0])
    }]))
});

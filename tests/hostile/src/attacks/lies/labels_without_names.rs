//! A label that has no name, beside ones of line breaks, terminal codes and `NaN`, which are names as good as any.

use crate::bindings::exports::backendai::metric::types::Series;
use crate::kit::{Attack, result, series};

pub(crate) const ATTACK: Attack = Attack::of_query(|_| {
    let labels = ["NaN", "\r\n", "\u{1b}[2J", "\0", "\u{202e}", ""];
    Ok(result(vec![Series {
        labels: labels
            .map(|label| (label.to_owned(), label.to_owned()))
            .to_vec(),
        ..series(vec![0], vec![1.0])
    }]))
});

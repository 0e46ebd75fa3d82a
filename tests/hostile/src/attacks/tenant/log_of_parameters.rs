//! Writes a text of its own into the parameters and queries that the scope denies, for the log to repeat.

use super::ask::{ALL, TIME, encoded, get, post};
use crate::kit::{Attack, told};

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let text = "alice-uses-31337-bytes";
    let name = "alice_uses_31337_bytes";
    let asked = format!("query={ALL}&time={TIME}");
    for _ in 0..10 {
        get(order, &format!("query?{asked}&{text}=1"));
        post(
            order,
            "query",
            &format!("{asked}&{}=1", text.repeat(20_000)),
        );
    }
    let queries = [
        format!("{name}(up)"),
        format!("up{{{name}=\"{text}\""),
        format!("info(up{{{name}=\"{text}\"}})"),
    ];
    told(
        queries
            .map(|query| get(order, &format!("query?query={}", encoded(&query))))
            .into_iter()
            .chain([get(order, &format!("query?{asked}&{text}=1"))]),
    )
});

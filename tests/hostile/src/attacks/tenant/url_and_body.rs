//! Asks one thing in the URL and another in the body, which Prometheus reads first.

use super::ask::{ALL, THEIRS, TIME, get, post};
use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let of_a_get = Message::get(
        &order.authority,
        format!("/api/v1/query?query={THEIRS}&time={TIME}"),
    )
    .content_type("application/x-www-form-urlencoded")
    .body("query=up");
    told([
        post(
            order,
            &format!("query?query=up&time={TIME}"),
            &format!("query={THEIRS}"),
        ),
        post(
            order,
            &format!("query?query={THEIRS}&time={TIME}"),
            "query=up",
        ),
        post(order, &format!("query?query={ALL}&time={TIME}"), ""),
        of_a_get.send(),
        get(order, &format!("query?query={ALL}&time={TIME}#&query=up")),
    ])
});

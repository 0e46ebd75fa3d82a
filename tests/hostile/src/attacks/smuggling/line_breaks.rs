//! Breaks the line in a name, a value, the path and the authority.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let at = &order.authority;
    let query = "/api/v1/query?query=up";
    let smuggled = " HTTP/1.1\r\nhost: x\r\n\r\nGET /-/quit";
    let (_, other) = order.other_port.split_once(':').unwrap_or_default();
    told([
        Message::get(at, query)
            .field("accept", "a\r\nauthorization: stolen")
            .send(),
        Message::get(at, query)
            .field("accept", "a\nauthorization: stolen")
            .send(),
        Message::get(at, query).field("accept", "a\0b").send(),
        Message::get(at, query)
            .field("accept\r\nauthorization", "stolen")
            .send(),
        Message::get(at, query)
            .field("accept:authorization", "stolen")
            .send(),
        Message::get(at, query).field("accept ", "x").send(),
        Message::get(at, query).field("", "x").send(),
        Message::get(at, format!("{query}{smuggled}")).send(),
        Message::get(at, format!("{query} /-/quit")).send(),
        Message::get(at, format!("{query}\0")).send(),
        Message::get(format!("{at}\r\nx: y"), query).send(),
        Message::get(format!("{at} {other}"), query).send(),
    ])
});

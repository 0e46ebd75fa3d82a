//! Sends a thousand headers.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let message = Message::get(&order.authority, "/api/v1/query?query=up");
    told([(0..1000)
        .fold(message, |message, n| message.field(&format!("x-{n}"), b"1"))
        .send()])
});

//! Sends a body of megabytes.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let mut form = b"query=".to_vec();
    form.resize(4 << 20, b'x');
    told([Message::post(&order.authority, "/api/v1/query", form).send()])
});

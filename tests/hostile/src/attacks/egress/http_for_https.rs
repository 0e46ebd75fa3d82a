//! Asks in plain text where the address says `https`: credentials would go out readable.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let plain = Message::get(&order.authority, "/api/v1/query?query=up");
    let form = Message::post(&order.authority, "/api/v1/query", "query=up");
    told([plain.send(), form.send()])
});

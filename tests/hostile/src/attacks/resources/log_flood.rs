//! Fills the host's log: sends what is denied, many times more often than a call may send.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let message = Message::get(&order.authority, "/-/quit");
    for _ in 0..2_000 {
        message.send();
    }
    told([message.send()])
});

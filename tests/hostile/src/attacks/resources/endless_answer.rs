//! Asks for an answer that never ends, and keeps all of it.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let endless = || Message::get(&order.authority, "/api/v1/query?query=endless").send();
    told(std::iter::repeat_with(endless).take(40))
});

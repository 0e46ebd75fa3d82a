//! Sends requests for ever, each of them in order.

use crate::kit::{Attack, told};
use crate::message::{Fate, Message};

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    loop {
        let fate = Message::get(&order.authority, "/api/v1/query?query=up").send();
        if matches!(fate, Fate::Denied) {
            return told([fate]);
        }
    }
});

//! Is sent elsewhere by an answer, and goes there.

use crate::kit::{Attack, told};
use crate::message::{Fate, Message};

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let first = Message::get(&order.authority, "/api/v1/query?query=elsewhere").send();
    match first {
        // The host has not followed it; the plugin does.
        Fate::Answered(302, _) => {
            told([Message::get(&order.other_port, "/api/v1/query?query=up").send()])
        }
        other => told([other]),
    }
});

//! Asks Prometheus's host at another port.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    told([Message::get(&order.other_port, "/api/v1/query?query=up").send()])
});

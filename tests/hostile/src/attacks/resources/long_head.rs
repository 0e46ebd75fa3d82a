//! Sends a query of a megabyte in the URL.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let lengths = [17 << 10, 60 << 10, 1 << 20];
    told(lengths.map(|length| {
        let target = format!("/api/v1/query?query={}", "x".repeat(length));
        Message::get(&order.authority, target).send()
    }))
});

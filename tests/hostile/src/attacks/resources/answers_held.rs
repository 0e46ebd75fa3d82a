//! Starts as many requests as it can have handles for, and reads none of the answers, which are too long to be buffered.

use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::http::outgoing_handler::handle;

use crate::kit::{Attack, told};
use crate::message::{Fate, Message};

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let message = Message::get(&order.authority, "/api/v1/query?query=endless");
    let mut held = Vec::new();
    for _ in 0..900 {
        match message.outgoing().map(|request| handle(request, None)) {
            Ok(Ok(pending)) => held.push(pending),
            Ok(Err(code)) => return told([Fate::of(&code)]),
            Err(fate) => return told([fate]),
        }
    }
    subscribe_duration(u64::MAX).block();
    told([])
});

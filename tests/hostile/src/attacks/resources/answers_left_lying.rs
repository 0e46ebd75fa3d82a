//! Has answers without end sent, and reads none.

use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::http::outgoing_handler::handle;

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let message = Message::get(&order.authority, "/api/v1/query?query=endless");
    let mut lying = Vec::new();
    for _ in 0..16 {
        match message.outgoing().map(|request| handle(request, None)) {
            Ok(Ok(pending)) => {
                pending.subscribe().block();
                lying.push((pending.get(), pending));
            }
            Ok(Err(code)) => return told([crate::message::Fate::of(&code)]),
            Err(fate) => return told([fate]),
        }
    }
    subscribe_duration(u64::MAX).block();
    told([])
});

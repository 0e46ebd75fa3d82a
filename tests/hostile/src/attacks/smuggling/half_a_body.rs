//! Announces a body and drops it half-way: what was sent of it must not be taken for the whole.

use wasip2::http::outgoing_handler::handle;

use crate::kit::{Attack, told};
use crate::message::{Fate, Message, answer, write};

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let message =
        Message::post(&order.authority, "/api/v1/query", "").field("content-length", "999");
    let request = match message.outgoing() {
        Ok(request) => request,
        Err(fate) => return told([fate]),
    };
    let Ok(body) = request.body() else {
        return told([Fate::NotTaken("the body".to_owned())]);
    };
    let pending = match handle(request, None) {
        Ok(pending) => pending,
        Err(code) => return told([Fate::of(&code)]),
    };
    if let Ok(stream) = body.write() {
        let _ = write(&stream, b"query=half");
    }
    drop(body);
    told([answer(&pending)])
});

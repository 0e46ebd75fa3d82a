//! Sends headers after the body, where nobody looks any more, and the body a byte a write, each of which waits for the
//! one before to be taken.

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{Fields, OutgoingBody};

use crate::kit::{Attack, told};
use crate::message::{Fate, Message, answer};

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let message = Message::post(&order.authority, "/api/v1/query", "");
    let request = match message.outgoing() {
        Ok(request) => request,
        Err(fate) => return told([fate]),
    };
    let trailers = [
        ("authorization".to_owned(), b"stolen".to_vec()),
        ("query".to_owned(), b"up".to_vec()),
    ];
    let (Ok(body), Ok(trailers)) = (request.body(), Fields::from_list(&trailers)) else {
        return told([Fate::NotTaken("the trailers".to_owned())]);
    };
    let pending = match handle(request, None) {
        Ok(pending) => pending,
        Err(code) => return told([Fate::of(&code)]),
    };
    if let Ok(stream) = body.write() {
        for byte in b"query=up" {
            let _ = stream.blocking_write_and_flush(std::slice::from_ref(byte));
        }
    }
    let _ = OutgoingBody::finish(body, Some(trailers));
    told([answer(&pending)])
});

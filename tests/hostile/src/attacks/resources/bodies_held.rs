//! Starts many requests with bodies as large as they may be, and finishes none of them.

use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::http::outgoing_handler::handle;

use crate::kit::{Attack, told};
use crate::message::{Fate, Message};

/// Four of them are less than a body may have.
const PIECE: usize = 240 << 10;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let message = Message::post(&order.authority, "/api/v1/query", "");
    let piece = vec![b'x'; PIECE];
    let mut held = Vec::new();
    for _ in 0..150 {
        let request = match message.outgoing() {
            Ok(request) => request,
            Err(fate) => return told([fate]),
        };
        let Ok(body) = request.body() else { continue };
        let Ok(stream) = body.write() else { continue };
        match handle(request, None) {
            Ok(pending) => held.push((stream, body, pending)),
            Err(code) => return told([Fate::of(&code)]),
        }
    }
    for _ in 0..4 {
        for (stream, ..) in &held {
            // As far as there is room, so that none waits for another.
            if stream.check_write().is_ok_and(|room| room >= PIECE as u64) {
                let _ = stream.write(&piece);
            }
        }
        subscribe_duration(50_000_000).block();
    }
    subscribe_duration(u64::MAX).block();
    told([])
});

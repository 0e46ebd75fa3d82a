//! Has the host write more zeroes than it has memory.

use crate::kit::{Attack, told};
use crate::message::{Fate, Message};

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let message = Message::post(&order.authority, "/api/v1/query", "");
    let request = match message.outgoing() {
        Ok(request) => request,
        Err(fate) => return told([fate]),
    };
    let written = request.body().ok().and_then(|body| {
        let stream = body.write().ok()?;
        stream.write_zeroes(1 << 40).ok()
    });
    told([Fate::Failed(format!("{written:?}"))])
});

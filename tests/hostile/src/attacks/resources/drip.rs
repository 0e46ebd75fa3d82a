//! Sends its body a byte a tenth of a second, for ever, and keeps whoever reads it waiting.

use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::http::outgoing_handler::handle;

use crate::kit::{Attack, told};
use crate::message::{Fate, Message, write};

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let message = Message::post(&order.authority, "/api/v1/query", "");
    let request = match message.outgoing() {
        Ok(request) => request,
        Err(fate) => return told([fate]),
    };
    let Ok(body) = request.body() else {
        return told([Fate::NotTaken("the body".to_owned())]);
    };
    let pending = handle(request, None);
    let stream = body.write();
    loop {
        subscribe_duration(100_000_000).block();
        if let (Ok(_), Ok(stream)) = (&pending, &stream)
            && write(stream, b"x").is_err()
        {
            return told([Fate::Failed("nobody reads it".to_owned())]);
        }
    }
});

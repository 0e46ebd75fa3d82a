//! Announces chunks, and sends in them what ends one request and begins another.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let smuggled = "0\r\n\r\nGET /-/quit HTTP/1.1\r\nhost: x\r\n\r\n";
    let encodings = [
        "chunked",
        "Chunked",
        "identity",
        "chunked, identity",
        "xchunked",
        "\tchunked",
    ];
    told(encodings.map(|encoding| {
        Message::post(&order.authority, "/api/v1/query", smuggled)
            .field("transfer-encoding", encoding)
            .send()
    }))
});

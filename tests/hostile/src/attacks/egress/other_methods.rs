//! Asks with a method that changes something, opens a tunnel, or is none.

use wasip2::http::types::Method;

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let other = |name: &str| Method::Other(name.to_owned());
    let methods = [
        Method::Put,
        Method::Delete,
        Method::Patch,
        Method::Head,
        Method::Options,
        Method::Trace,
        Method::Connect,
        other("get"),
        other("PROPFIND"),
        other("GET /-/quit HTTP/1.1\r\nx:"),
        other("G ET"),
        other(""),
    ];
    told(methods.map(|method| {
        Message::get(&order.authority, "/api/v1/query?query=up")
            .method(method)
            .send()
    }))
});

//! Asks with another scheme than the configured one.

use wasip2::http::types::Scheme;

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let other = |name: &str| Some(Scheme::Other(name.to_owned()));
    let schemes = [
        Some(Scheme::Https),
        None,
        other("file"),
        other("ftp"),
        other("ws"),
        other("HTTPS"),
        other("http+unix"),
        other("http://x"),
        other(""),
    ];
    told(schemes.map(|scheme| {
        Message::get(&order.authority, "/api/v1/query?query=up")
            .scheme(scheme)
            .send()
    }))
});

//! Writes the port, or leaves it out, in ways that two readers may read differently.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let (host, port) = order.authority.split_once(':').unwrap_or_default();
    let (_, other) = order.other_port.split_once(':').unwrap_or_default();
    let authorities = [
        host.to_owned(),
        format!("{host}:"),
        format!("{host}:0"),
        format!("{host}:65536"),
        format!("{host}:+{other}"),
        format!("{host}:-1"),
        format!("{host}:{other}:{port}"),
        format!("{host}:{port}:{other}"),
        format!("{host}:{port}{other}"),
        format!("{host}:{port} {other}"),
        format!("{host}:{port},{host}:{other}"),
        format!(":{port}"),
        String::new(),
    ];
    told(authorities.map(|authority| Message::get(authority, "/api/v1/query?query=up").send()))
});

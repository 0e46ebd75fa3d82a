//! Separates, names and encodes parameters in ways that not everybody reads alike.

use super::ask::{ALL, THEIRS, TIME, get, post};
use crate::kit::{Attack, told};

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let time = format!("time={TIME}");
    told([
        get(order, &format!("query?query={ALL}&{time}&tenant=tenant-b")),
        get(
            order,
            &format!("query?query={ALL}&{time}&extra_label=owner_user_id=tenant-b"),
        ),
        get(
            order,
            &format!("query?query={ALL}&{time}&extra_filters[]={THEIRS}"),
        ),
        get(order, &format!("query?query=up;query={THEIRS}&{time}")),
        get(order, &format!("query?{time}&&&query={ALL}&")),
        get(order, &format!("query?query=%ff{ALL}&{time}")),
        get(order, &format!("query?query={ALL}%00&{time}")),
        get(order, &format!("query?query=+%0a%09{ALL}%0a&{time}")),
        get(order, &format!("query?Query=up&query={THEIRS}&{time}")),
        post(order, "query", &format!("{time}\r\n&query={THEIRS}")),
    ])
});

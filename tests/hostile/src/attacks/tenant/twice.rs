//! Gives a parameter twice: a guard may judge the one, and Prometheus read the other.

use super::ask::{ALL, THEIRS, TIME, get, post};
use crate::kit::{Attack, told};

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    told([
        get(order, &format!("query?query={THEIRS}&query=up&time={TIME}")),
        get(order, &format!("query?query=up&query={THEIRS}&time={TIME}")),
        get(order, &format!("query?%71uery={ALL}&query=up&time={TIME}")),
        post(
            order,
            "query",
            &format!("query={THEIRS}&query=up&time={TIME}"),
        ),
        post(
            order,
            "query",
            &format!("query=up&query={THEIRS}&time={TIME}"),
        ),
        get(order, &format!("series?match[]=up&match[]={THEIRS}")),
    ])
});

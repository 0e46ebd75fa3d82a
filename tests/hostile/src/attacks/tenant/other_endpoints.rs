//! Asks for names, labels and series instead of samples.

use super::ask::{ALL, THEIRS, get, post};
use crate::kit::{Attack, told};

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    told([
        get(order, &format!("series?match[]={ALL}")),
        get(order, &format!("series?match[]={THEIRS}&start=0")),
        post(order, "series", &format!("match[]={ALL}")),
        get(order, "label/kernel_id/values"),
        get(order, "label/owner_user_id/values"),
        get(
            order,
            &format!("label/owner_user_id/values?match[]={THEIRS}"),
        ),
        post(order, "label/owner_user_id/values", "match[]=up"),
        get(order, "labels"),
        get(order, &format!("labels?match[]={THEIRS}")),
        get(order, "metadata"),
        get(order, "status/buildinfo"),
    ])
});

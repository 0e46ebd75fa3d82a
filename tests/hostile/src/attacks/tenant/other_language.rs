//! Uses what only other servers, or later versions, understand.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            "WITH (x = backendai_container_utilization) x",
            "info(backendai_container_utilization, {owner_user_id=\"tenant-b\"})",
            "union(backendai_container_utilization, up)",
            "limitk(5, backendai_container_utilization)",
            "backendai_container_utilization keep_metric_names",
            "backendai_container_utilization[5m:1m] smoothed",
            "up + fill(0) backendai_container_utilization{owner_user_id=\"tenant-b\"}",
            "backendai_container_utilization{owner_user_id=\"tenant-a\"}{owner_user_id=\"tenant-b\"}",
            "{__name__=~\"(?i)BACKENDAI.*\"}",
        ],
    )
});

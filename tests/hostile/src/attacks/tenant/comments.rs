//! Hides in comments what it asks for, or what would narrow it.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            "backendai_container_utilization # {owner_user_id=\"tenant-a\"}\n{owner_user_id=\"tenant-b\"}",
            "backendai_container_utilization{ # }\n owner_user_id=\"tenant-b\" # }\r\n}",
            "backendai_container_utilization{owner_user_id=\"tenant-b\",kernel_id!=\"#\"} # ",
            "# nothing\nbackendai_container_utilization",
        ],
    )
});

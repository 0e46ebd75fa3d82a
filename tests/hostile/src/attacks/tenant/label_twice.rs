//! Gives the scope's own label, with other values beside it.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"backendai_container_utilization{owner_user_id=~".*"}"#,
            r#"backendai_container_utilization{owner_user_id=~"tenant-a|tenant-b",owner_user_id!="tenant-a"}"#,
        ],
    )
});

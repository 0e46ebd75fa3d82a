//! Multiplies its own series by the other tenant's.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"sum(backendai_container_utilization{owner_user_id="tenant-a"}) * on () group_right backendai_container_utilization{owner_user_id="tenant-b"}"#,
            r#"backendai_container_utilization{owner_user_id="tenant-b"} and on () vector(1)"#,
            r#"backendai_container_utilization unless backendai_container_utilization{owner_user_id="tenant-a"}"#,
        ],
    )
});

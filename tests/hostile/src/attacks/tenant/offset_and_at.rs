//! Moves the selector in time.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"backendai_container_utilization{owner_user_id="tenant-b"} offset 1m"#,
            r#"backendai_container_utilization{owner_user_id="tenant-b"} offset -1m"#,
            r#"backendai_container_utilization{owner_user_id="tenant-b"} @ 1767573000"#,
            r#"backendai_container_utilization{owner_user_id="tenant-b"} @ end()"#,
            r#"max_over_time(backendai_container_utilization{owner_user_id="tenant-b"}[5m] @ start() offset -1m)"#,
        ],
    )
});

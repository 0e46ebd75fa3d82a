//! Names selectors as keywords are named, and functions as no one writes them.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"sum_over_time(backendai_container_utilization{owner_user_id="tenant-b"}[1m]) + on () group_left SUM (backendai_container_utilization)"#,
            r#"Sum by () (backendai_container_utilization{owner_user_id="tenant-b"})"#,
            r#"backendai_container_utilization{owner_user_id="tenant-b"} == bool backendai_container_utilization{owner_user_id="tenant-b"}"#,
            r#"-(-(backendai_container_utilization{owner_user_id="tenant-b"}))"#,
            r#"(((((((((((((((((((((((((((((((((((backendai_container_utilization{owner_user_id="tenant-b"})))))))))))))))))))))))))))))))))))"#,
        ],
    )
});

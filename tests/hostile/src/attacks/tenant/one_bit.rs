//! Asks for one bit: whether the other tenant has a series, or a high value.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"absent(backendai_container_utilization{owner_user_id="tenant-b"})"#,
            r#"absent_over_time(backendai_container_utilization{owner_user_id="tenant-b"}[5m])"#,
            r#"vector(scalar(backendai_container_utilization{owner_user_id="tenant-b"}))"#,
            r#"vector(1) and on () (backendai_container_utilization{owner_user_id="tenant-b"} > 1000)"#,
            r#"count(backendai_container_utilization{owner_user_id="tenant-b"}) or vector(0)"#,
        ],
    )
});

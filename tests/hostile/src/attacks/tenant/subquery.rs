//! Hides the selector in a subquery.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"max_over_time(backendai_container_utilization{owner_user_id="tenant-b"}[10m:1m])"#,
            r#"sum_over_time((max_over_time(rate(backendai_container_utilization{owner_user_id="tenant-b"}[5m])[5m:1m]) + on () group_right backendai_container_utilization{owner_user_id="tenant-b"})[5m:1m])"#,
        ],
    )
});

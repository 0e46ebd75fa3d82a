//! Asks for no series, but for a number made of all of them.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"sum(backendai_container_utilization)"#,
            r#"topk(1, backendai_container_utilization)"#,
            r#"count_values("v", backendai_container_utilization)"#,
            r#"quantile(1, backendai_container_utilization)"#,
            r#"max by (kernel_id) (backendai_container_utilization)"#,
            r#"stddev(backendai_container_utilization) + count(backendai_container_utilization)"#,
        ],
    )
});

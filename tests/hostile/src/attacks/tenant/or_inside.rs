//! Uses VictoriaMetrics's `or` between the matchers of one selector.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"backendai_container_utilization{owner_user_id="tenant-a" or owner_user_id="tenant-b"}"#,
            r#"{owner_user_id="tenant-a",kernel_id!="" OR __name__="backendai_container_utilization"}"#,
        ],
    )
});

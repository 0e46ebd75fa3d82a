//! Asks for everybody who is not itself, or lacks what nobody lacks.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"backendai_container_utilization{owner_user_id!="tenant-a"}"#,
            r#"backendai_container_utilization{owner_user_id!~"tenant-a|"}"#,
            r#"backendai_container_utilization{nothing=""}"#,
        ],
    )
});

//! Adds the other tenant's series to its own.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"backendai_container_utilization{owner_user_id="tenant-a"} or backendai_container_utilization{owner_user_id="tenant-b"}"#,
            r#"backendai_container_utilization{owner_user_id="tenant-a"} or on () vector(0) or backendai_container_utilization"#,
        ],
    )
});

//! Gives the other tenant's series its own name.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"label_replace(backendai_container_utilization{owner_user_id="tenant-b"}, "owner_user_id", "tenant-a", "", "")"#,
            r#"label_join(backendai_container_utilization, "owner_user_id", "", "nothing")"#,
        ],
    )
});

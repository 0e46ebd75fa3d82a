//! Asks for the other tenant's series as if they were its own.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"backendai_container_utilization{owner_user_id="tenant-b"}"#,
            r#"backendai_container_utilization{kernel_id="secret-of-b"}"#,
            r#"backendai_container_utilization"#,
        ],
    )
});

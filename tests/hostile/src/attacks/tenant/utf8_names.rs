//! Writes names in quotes.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"{"backendai_container_utilization", "owner_user_id"="tenant-b"}"#,
            r#"{"owner_user_id"=~".+"}"#,
            r#"{'owner_user_id'="tenant-b"}"#,
        ],
    )
});

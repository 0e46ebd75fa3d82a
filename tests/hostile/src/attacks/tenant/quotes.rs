//! Quotes with backticks and apostrophes, escapes letters, and closes what is not open.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"backendai_container_utilization{owner_user_id=~`tenant-.*`}"#,
            r#"backendai_container_utilization{owner_user_id='tenant-b'}"#,
            r#"backendai_container_utilization{owner_user_id="\x74enant-b"}"#,
            r#"backendai_container_utilization{owner_user_id="\u0074enant-\142"}"#,
            r#"backendai_container_utilization{container_metric_name="mem\\",owner_user_id=""} or backendai_container_utilization{owner_user_id="tenant-b"}"#,
        ],
    )
});

//! Names the metric by a regular expression, and so every metric.

use super::ask::each;
use crate::kit::Attack;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    each(
        order,
        &[
            r#"{__name__=~".+"}"#,
            r#"{__name__!=""}"#,
            r#"{__name__="backendai_container_utilization",owner_user_id=~".*b"}"#,
        ],
    )
});

//! No attack: what those on another tenant's series have in common. The data are the test's.

use crate::kit::{Answer, told};
use crate::message::{Fate, Message};
use crate::order::Order;

/// An instant at which both tenants have samples.
pub(crate) const TIME: &str = "1767573000";

/// All series of both tenants, and those of the other one, encoded.
pub(crate) const ALL: &str = "backendai_container_utilization";
pub(crate) const THEIRS: &str =
    "backendai_container_utilization%7Bowner_user_id%3D%22tenant-b%22%7D";

/// Asks each query by `query`, in the URL, and by `query_range`, in a form.
pub(crate) fn each(order: &Order, queries: &[&str]) -> Answer {
    told(queries.iter().flat_map(|query| {
        let query = encoded(query);
        [
            get(order, &format!("query?query={query}&time={TIME}")),
            post(
                order,
                "query_range",
                &format!("query={query}&start={TIME}&end=1767573060&step=30"),
            ),
        ]
    }))
}

pub(crate) fn get(order: &Order, target: &str) -> Fate {
    Message::get(&order.authority, format!("/api/v1/{target}")).send()
}

pub(crate) fn post(order: &Order, target: &str, form: &str) -> Fate {
    Message::post(&order.authority, format!("/api/v1/{target}"), form).send()
}

/// For a URL or a form.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte.is_ascii_alphanumeric() {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02x}"),
        })
        .collect()
}

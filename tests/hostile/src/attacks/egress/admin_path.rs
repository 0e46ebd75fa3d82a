//! Asks for what a service has no business with: deleting, stopping, writing, secrets in the configuration.

use wasip2::http::types::Method;

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let paths = [
        "/api/v1/admin/tsdb/delete_series?match[]=%7B__name__=~%22.%2B%22%7D",
        "/api/v1/admin/tsdb/snapshot",
        "/api/v1/admin/tsdb/clean_tombstones",
        "/-/quit",
        "/-/reload",
        "/api/v1/write",
        "/api/v1/read",
        "/api/v1/import",
        "/api/v1/export?match[]=up",
        "/api/v1/status/config",
        "/api/v1/status/flags",
        "/api/v1/status/tsdb",
        "/api/v1/targets",
        "/api/v1/rules",
        "/api/v1/alerts",
        "/api/v1/query_exemplars?query=up",
        "/federate?match[]=%7B__name__=~%22.%2B%22%7D",
        "/metrics",
        "/debug/pprof/heap",
        "/",
    ];
    told(paths.into_iter().flat_map(|path| {
        let get = Message::get(&order.authority, path).send();
        let post = Message::post(&order.authority, path, "")
            .method(Method::Post)
            .send();
        [get, post]
    }))
});

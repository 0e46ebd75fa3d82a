//! Sets headers that are the host's: who asks, for which tenant, on whose behalf, and how long an answer is kept.

use crate::kit::{Attack, told};
use crate::message::Message;

pub(crate) const ATTACK: Attack = Attack::of_query(|order| {
    let fields = [
        ("authorization", "Bearer stolen"),
        ("proxy-authorization", "Basic c3RvbGVu"),
        ("cookie", "session=stolen"),
        ("x-scope-orgid", "tenant-b"),
        ("thanos-tenant", "tenant-b"),
        ("accountid", "1"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-host", "elsewhere"),
        ("forwarded", "for=10.0.0.1"),
        ("x-original-url", "/-/quit"),
        ("x-rewrite-url", "/-/quit"),
        ("x-http-method-override", "DELETE"),
        ("x-metric-cache", "final-at=0"),
        ("x-prometheus-remote-write-version", "0.1.0"),
        ("range", "bytes=0-"),
        ("origin", "http://elsewhere"),
        ("referer", "http://elsewhere"),
        ("via", "1.1 elsewhere"),
    ];
    told(fields.map(|(name, value)| {
        Message::get(&order.authority, "/api/v1/query?query=up")
            .field(name, value)
            .send()
    }))
});

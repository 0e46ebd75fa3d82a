//! Generated from `wit/`.
#![allow(
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::semicolon_if_nothing_returned,
    reason = "generated"
)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "metric-plugin-full",
});

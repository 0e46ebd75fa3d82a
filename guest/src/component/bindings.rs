//! Generated from `wit/`.
#![allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::semicolon_if_nothing_returned,
    reason = "generated"
)]

#[cfg(not(feature = "codec-only"))]
wit_bindgen::generate!({
    path: "../wit",
    world: "metric-plugin-decisions",
});

// Seen from `guest/codec`, the package that has the feature.
#[cfg(feature = "codec-only")]
wit_bindgen::generate!({
    path: "../../wit",
    world: "metric-codec-decisions",
});

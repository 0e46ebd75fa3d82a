//! Access over HTTP: two tenants in one Prometheus, tried at every door of `metric-host serve`.
//!
//! [`setting`] starts it twice, before a Prometheus that holds both tenants' series and before one that holds those of the
//! first alone: within the first one's scope nobody may see a difference. [`doors`] has what is asked at each path.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what tests have in common fails as tests do"
)]

mod client;
mod doors;
mod setting;

mod cache;
mod headers;
mod limits;
mod log;
mod origins;
mod paths;
mod roles;
mod tenants;

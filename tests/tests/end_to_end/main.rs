//! The plugin, the host and a real Prometheus, together.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what tests have in common fails as tests do"
)]

mod cache;
mod codec;
mod command_line;
mod component;
mod decisions;
mod doctor;
mod failover;
mod failures;
mod families;
mod family;
mod family_data;
mod files;
mod gauges;
mod insight;
mod limits;
mod literals;
mod many;
mod metadata;
mod native_histograms;
mod ranges;
mod rates;
mod restarts;
mod schemas;
mod secrets;
mod times;
mod tls_server;
mod truths;
mod victoria;

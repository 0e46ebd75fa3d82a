//! The HTTP API: real servers, real connections, a real Prometheus.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what tests have in common fails as tests do"
)]

mod answers;
mod client;
mod connections;
mod executable;
mod kept;
mod refusals;
mod served;
mod sockets;
mod stops;

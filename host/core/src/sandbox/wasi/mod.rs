//! The WASI of a plugin: a clock, and the outgoing side of `wasi:http`.
//!
//! `hooks.rs` is the one file that knows the sandbox and the way out of it.

pub(crate) mod clock;
pub(crate) mod error_code;
pub(crate) mod future_response;
pub(crate) mod hooks;
pub(crate) mod in_flight;
pub(crate) mod outgoing_handler;

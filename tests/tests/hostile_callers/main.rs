//! Hostile callers, through the whole: the plugin in its sandbox, asked through every door with the worst values in
//! every field, and its queries put before a real Prometheus. The values, and the results that they must have, are in
//! the crate `metric-callers`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "what tests have in common fails as tests do"
)]

mod accepted;
mod convert;
mod decisions;
mod doors;
mod families;
mod files;
mod json_door;
mod stack;
mod verbs;

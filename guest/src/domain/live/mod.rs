//! Live stats: what subjects use at the moment, and used within a short window, computed from raw samples. A subject is
//! a kernel, or the sum of its kernels.

mod group;
mod query;
mod stats;
mod track;

pub use query::{LiveError, LiveInput, LiveQuery};
pub use stats::{LiveAnswer, LiveStat, Sampled, Side, SubjectStats};

#[cfg(test)]
mod brute_force_tests;

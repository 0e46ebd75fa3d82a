//! Shared parts of the unit tests: bodies, and a log that is read.

pub(crate) mod body;
pub(crate) mod log;

//! What the unit tests share: bodies, and a log that is read.

pub(crate) mod body;
pub(crate) mod log;

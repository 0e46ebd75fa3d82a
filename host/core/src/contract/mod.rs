//! The contract `wit/` in Rust: its records and errors, and what the errors of the system say.
//!
//! Knows nothing of how a plugin is loaded or asked.

pub(crate) mod bindings;
pub mod decisions;
pub(crate) mod defaults;
pub(crate) mod deny_reason;
pub mod documents;
pub(crate) mod error;
pub(crate) mod error_document;
pub mod families;
pub(crate) mod insight;
pub mod names;
pub(crate) mod range;
pub(crate) mod scarcity;
pub(crate) mod types;

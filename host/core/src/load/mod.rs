//! From a plugin's file to what the engine runs: read within bounds, inspected, weighed, compiled or found compiled.
//!
//! Runs nothing of the plugin.

pub(crate) mod compile;
pub(crate) mod compile_cache;
pub(crate) mod compile_cost;
pub(crate) mod compiled_plugins;
pub(crate) mod complexity;
pub(crate) mod digest;
pub(crate) mod error;
pub(crate) mod inspect;
pub(crate) mod metadata;
pub(crate) mod plugin_file;

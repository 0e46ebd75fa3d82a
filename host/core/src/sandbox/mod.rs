//! What a host's plugins and services have in common. Fields only; `host.rs` makes it.

pub(crate) mod component;
pub(crate) mod concurrency;
pub(crate) mod engine;
#[cfg(test)]
mod freshness_tests;
pub(crate) mod instance;
pub(crate) mod store;
pub(crate) mod wasi;

use std::sync::{Arc, Mutex};

use wasmtime::{Engine, component::Linker};

use self::{concurrency::Places, store::CallState};
use crate::{
    config::limits::Limits, load::compile::Compiler, observe::Metrics, timers::epoch::Ticker,
};

/// What plugins and services keep alive.
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    pub(crate) compiler: Compiler,
    pub(crate) places: Places,
    /// Held while a plugin that is being loaded makes its first instance: the pool has one slot for that.
    pub(crate) rehearsal: Mutex<()>,
    pub(crate) linker: Linker<CallState>,
    pub(crate) ticker: Ticker,
    pub(crate) metrics: Arc<Metrics>,
}

//! The state that a host's plugins and services share. Fields only; `host.rs` makes it.

pub(crate) mod component;
pub(crate) mod concurrency;
pub(crate) mod engine;
#[cfg(test)]
mod freshness_tests;
pub(crate) mod instance;
pub(crate) mod memory;
pub(crate) mod ready;
#[cfg(test)]
mod ready_tests;
pub(crate) mod store;
pub(crate) mod wasi;

use std::sync::{Arc, Mutex};

use wasmtime::{Engine, component::Linker};

use self::{
    concurrency::ConcurrencyLimit, memory::MemoryPool, ready::ReadyInstances, store::CallState,
};
use crate::{
    config::limits::Limits, load::compile::Compiler, observe::Metrics, timers::epoch::EpochTicker,
};

/// The shared state of a host, kept alive by its plugins and services.
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    pub(crate) compiler: Compiler,
    pub(crate) concurrency: ConcurrencyLimit,
    pub(crate) ready: ReadyInstances,
    pub(crate) memory: Arc<MemoryPool>,
    /// Held while a plugin that is being loaded makes its first instance: the pool has one slot for that.
    pub(crate) trial_slot: Mutex<()>,
    pub(crate) linker: Linker<CallState>,
    pub(crate) ticker: EpochTicker,
    pub(crate) metrics: Arc<Metrics>,
}

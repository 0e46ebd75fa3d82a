//! What a host's plugins and services have in common. Fields only; `host.rs` makes it.

use std::sync::{Arc, Mutex};

use wasmtime::{Engine, component::Linker};

use crate::{
    compiling::Compiler, limits::Limits, observation::Metrics, places::Places, store::CallState,
    ticker::Ticker,
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

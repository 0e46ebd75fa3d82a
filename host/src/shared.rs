//! What a host's plugins and services have in common. Fields only; `host.rs` makes it.

use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;
use wasmtime::{Engine, component::Linker};

use crate::{limits::Limits, store::CallState, ticker::Ticker};

/// What plugins and services keep alive.
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    /// One permit a running call, or a stream. Fair: first come, first served.
    pub(crate) places: Arc<Semaphore>,
    /// Held while a plugin that is being loaded makes its first instance: the pool has one slot for that.
    pub(crate) rehearsal: Mutex<()>,
    pub(crate) linker: Linker<CallState>,
    pub(crate) ticker: Ticker,
}

//! The store of one call with its limits, and the linker that decides what the call can reach.
//!
//! Made fresh for each call, dropped after it. Knows neither the contract's verbs nor where requests go.

use std::sync::Arc;

use wasmtime::{
    Engine, ResourceLimiter, Result, Store, StoreLimits, StoreLimitsBuilder, UpdateDeadline,
    component::{HasData, Linker, ResourceTable},
};
use wasmtime_wasi::p2::bindings::{clocks, io};
use wasmtime_wasi_http::{
    WasiHttp, WasiHttpCtx, WasiHttpCtxView, WasiHttpView,
    p2::bindings::{LinkOptions, http},
};

use super::wasi::{
    clock::{Clock, ClockView},
    error_code, future_response,
    hooks::{Hooks, Requests},
    outgoing_handler::{self, HandlerView},
};
use crate::{
    config::limits::Limits, contract::deny_reason::DenyReason, egress::Egress, timers::Timers,
};

/// The data of a call's store.
pub(crate) struct CallState {
    table: ResourceTable,
    clock: Clock,
    http: WasiHttpCtx,
    hooks: Hooks,
    limiter: CallLimiter,
}

impl CallState {
    /// The requests that are to be moved on while the plugin waits.
    pub(crate) fn in_flight(&self) -> &Requests {
        self.hooks.in_flight()
    }

    /// Whether the plugin was refused memory or a larger table.
    pub(crate) fn was_refused_memory(&self) -> bool {
        self.limiter.refused
    }
}

/// A fresh store for one call, in which a plugin that computes gives way at each epoch.
pub(crate) fn store(
    engine: &Engine,
    limits: &Limits,
    timers: &Timers,
    egress: Arc<Egress>,
) -> Store<CallState> {
    let mut table = ResourceTable::new();
    table.set_max_capacity(limits.handles);
    let mut store = Store::new(
        engine,
        CallState {
            table,
            clock: Clock::start(timers.clone()),
            http: WasiHttpCtx::new(),
            hooks: Hooks::new(egress, limits),
            limiter: CallLimiter::new(limits),
        },
    );
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(limits.hostcall_bytes);
    store.set_max_component_handles(limits.handles);
    store.set_epoch_deadline(1);
    // Not wasmtime's own yield, which wakes the call at once: between two of those the runtime looks at its other tasks,
    // but at the network only now and then.
    store.epoch_deadline_callback(|_| {
        Ok(UpdateDeadline::YieldCustom(
            1,
            Box::pin(tokio::task::yield_now()),
        ))
    });
    store
}

/// A linker with `wasi:io`, the monotonic clock and the outgoing side of `wasi:http`, and nothing else.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    let l = &mut linker;
    io::error::add_to_linker::<_, Table>(l, table_of)?;
    io::poll::add_to_linker::<_, Table>(l, table_of)?;
    io::streams::add_to_linker::<_, Table>(l, table_of)?;
    clocks::monotonic_clock::add_to_linker::<_, Clock>(l, clock_of)?;
    http::types::add_to_linker::<_, WasiHttp>(
        l,
        &(&LinkOptions::default()).into(),
        CallState::http,
    )?;
    future_response::add_to_linker(l)?;
    outgoing_handler::add_to_linker(l)?;
    error_code::add_to_linker(l)?;
    Ok(linker)
}

struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}

fn table_of(state: &mut CallState) -> &mut ResourceTable {
    &mut state.table
}

fn clock_of(state: &mut CallState) -> ClockView<'_> {
    ClockView {
        clock: &state.clock,
        table: &mut state.table,
    }
}

impl WasiHttpView for CallState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.hooks,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

impl HandlerView for CallState {
    fn count_denial(&self, reason: DenyReason) {
        self.hooks.count_denial(reason);
    }
}

/// wasmtime's limits, and a note of whether they were run into: the plugin only sees an allocation fail, and
/// its crash afterwards does not say why.
struct CallLimiter {
    limits: StoreLimits,
    refused: bool,
}

impl CallLimiter {
    fn new(limits: &Limits) -> Self {
        Self {
            limits: StoreLimitsBuilder::new()
                .memory_size(limits.memory_bytes)
                .table_elements(limits.table_elements)
                // As many as the pool has for one call; there may be none.
                .memories(1)
                .tables(limits.core_modules as usize)
                .instances(limits.core_modules as usize)
                .build(),
            refused: false,
        }
    }
}

impl ResourceLimiter for CallLimiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let granted = self.limits.memory_growing(current, desired, maximum)?;
        self.refused |= !granted;
        Ok(granted)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        self.refused = true;
        self.limits.memory_grow_failed(error)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        let granted = self.limits.table_growing(current, desired, maximum)?;
        self.refused |= !granted;
        Ok(granted)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
        self.refused = true;
        self.limits.table_grow_failed(error)
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
    }
}

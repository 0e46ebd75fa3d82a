//! The store of one call with its limits, and the linker that decides what the call can reach.
//!
//! Made fresh for each call, dropped after it. Knows neither the contract's verbs nor where requests go.

use std::sync::Arc;

use http::Request;
use wasmtime::{
    Engine, ResourceLimiter, Result, Store, StoreLimits, StoreLimitsBuilder, UpdateDeadline,
    component::{HasData, Linker, ResourceTable},
};
use wasmtime_wasi::p2::bindings::{clocks, io};
use wasmtime_wasi_http::{
    RequestOptions, WasiBody, WasiHttp, WasiHttpCtx, WasiHttpCtxView, WasiHttpView,
    p2::bindings::{LinkOptions, http as wasi_http},
};

use super::wasi::{
    clock::{Clock, ClockView},
    error_code,
    future_response::{self, FutureResponse},
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

    /// Returns true if the plugin was refused memory or a larger table.
    pub(crate) fn was_refused_memory(&self) -> bool {
        self.limiter.refused
    }

    /// The size of its memory, in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.limiter.memory
    }

    /// Returns true if the plugin has neither sent anything nor read the clock, holds nothing, and was refused nothing:
    /// one that does such a thing as it is instantiated does it for its call.
    pub(crate) fn is_untouched(&self) -> bool {
        self.table.is_empty()
            && !self.clock.was_read()
            && self.hooks.is_unused()
            && !self.limiter.refused
    }

    /// Ends a call: drops what it holds and tells what it was denied.
    pub(crate) fn end(&mut self) {
        self.table = ResourceTable::new();
        self.hooks.end();
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
    // Not wasmtime's own yield, which wakes the call at once: between two of those the runtime looks at its other tasks,
    // but at the network only now and then.
    store.epoch_deadline_callback(|_| {
        Ok(UpdateDeadline::YieldCustom(
            1,
            Box::pin(tokio::task::yield_now()),
        ))
    });
    grant(&mut store, limits);
    store
}

/// Puts a call into the store of an instance that was made ahead: it has the time, the limits and the way out that it
/// would have in a store of its own making.
pub(crate) fn begin(
    store: &mut Store<CallState>,
    limits: &Limits,
    timers: &Timers,
    egress: Arc<Egress>,
) {
    let state = store.data_mut();
    state.clock = Clock::start(timers.clone());
    state.hooks = Hooks::new(egress, limits);
    grant(store, limits);
}

/// The limits that are counted from the beginning of a call.
fn grant(store: &mut Store<CallState>, limits: &Limits) {
    store.set_hostcall_fuel(limits.hostcall_bytes);
    store.set_max_component_handles(limits.handles);
    store.set_epoch_deadline(1);
}

/// A linker with `wasi:io`, the monotonic clock and the outgoing side of `wasi:http`, and nothing else.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    let l = &mut linker;
    io::error::add_to_linker::<_, Table>(l, table_of)?;
    io::poll::add_to_linker::<_, Table>(l, table_of)?;
    io::streams::add_to_linker::<_, Table>(l, table_of)?;
    clocks::monotonic_clock::add_to_linker::<_, Clock>(l, clock_of)?;
    wasi_http::types::add_to_linker::<_, WasiHttp>(
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
        clock: &mut state.clock,
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
    fn send(&self, request: Request<WasiBody>, options: Option<RequestOptions>) -> FutureResponse {
        self.hooks.send(request, options)
    }

    fn count_denial(&self, reason: DenyReason) {
        self.hooks.count_denial(reason);
    }
}

/// wasmtime's limits, and a note of whether they were run into: the plugin only sees an allocation fail, and
/// its crash afterwards does not say why.
struct CallLimiter {
    limits: StoreLimits,
    /// The size of the plugin's memory.
    memory: usize,
    refused: bool,
}

impl CallLimiter {
    fn new(limits: &Limits) -> Self {
        Self {
            limits: StoreLimitsBuilder::new()
                .memory_size(limits.memory_bytes)
                .table_elements(limits.table_elements)
                // The numbers are those that the pool has for one call; there may be none.
                .memories(1)
                .tables(limits.core_modules as usize)
                .instances(limits.core_modules as usize)
                .build(),
            memory: 0,
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
        match granted {
            true => self.memory = desired,
            false => self.refused = true,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use clocks::monotonic_clock::Host as _;
    use std::time::{Duration, Instant};
    use wasmtime::Config;

    #[test]
    fn whatever_an_instance_does_while_it_is_made_is_seen() {
        let limits = Limits::default();
        let engine = Engine::new(Config::new().epoch_interruption(true)).unwrap();
        let timers = Timers::default();
        let request = || Request::new(WasiBody::default());
        type Deed = fn(&mut CallState, Request<WasiBody>);
        let deeds: [(&str, Deed); 6] = [
            ("nothing", |_, _| {}),
            ("reads the clock", |state, _| {
                clock_of(state).now().unwrap();
            }),
            ("holds something", |state, _| {
                state.table.push(()).unwrap();
            }),
            ("sends and forgets", |state, request| {
                drop(HandlerView::send(state, request, None));
            }),
            ("is denied", |state, _| state.count_denial(DenyReason::Head)),
            ("asks for too much", |state, _| {
                let granted = state.limiter.memory_growing(0, usize::MAX, None);
                assert!(!granted.unwrap());
            }),
        ];
        for (what, deed) in deeds {
            let egress = Arc::new(Egress::denied());
            let mut store = store(&engine, &limits, &timers, egress);
            deed(store.data_mut(), request());
            assert_eq!(store.data().is_untouched(), what == "nothing", "{what}");
        }
    }

    #[test]
    fn a_call_that_takes_a_store_made_ahead_has_its_own_time_and_its_own_way_out() {
        let limits = Limits::default();
        let engine = Engine::new(Config::new().epoch_interruption(true)).unwrap();
        let timers = Timers::default();
        let egress = [(); 2].map(|()| Arc::new(Egress::denied()));
        let mut store = store(&engine, &limits, &timers, Arc::clone(&egress[0]));
        let lay_ready = Duration::from_millis(200);
        std::thread::sleep(lay_ready);
        let begun = Instant::now();
        begin(&mut store, &limits, &timers, Arc::clone(&egress[1]));
        let since = Duration::from_nanos(clock_of(store.data_mut()).now().unwrap());
        assert!(since <= begun.elapsed(), "{since:?}");
        store.data().count_denial(DenyReason::Head);
        let denied = egress.each_ref().map(|egress| egress.denials().total());
        assert_eq!(denied, [0, 1]);
    }
}

//! wasmtime's engine, set up for many short calls of code that is not trusted.
//!
//! Knows nothing of metrics, of HTTP, or of any one plugin.

use wasmtime::{
    Cache, Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result,
};

use crate::{config::limits::Limits, contract::scarcity};

/// Memory of a slot, from its beginning, that is wiped by hand between calls rather than given back to the system and
/// faulted in again. The plugin's layout is 128 KiB of stack and then data and heap, of which a small query touches
/// about 64 KiB; as much again is for what other queries need. Measured for an instance, a call that reads an answer of
/// 61 points, and the instance's end: 81 µs with 128 KiB, 72 with 192, 75 with 256, 81 with 384.
const RESIDENT_BYTES: usize = 256 << 10;

/// An engine with a pool of instances if the address space allows it, else one that allocates on demand.
pub(crate) fn engine(limits: &Limits, cache: Option<&Cache>) -> Result<Engine> {
    // The pool reserves its address space when it is made, so making it is the probe.
    pooled(limits, cache).or_else(|error| {
        tracing::debug!(
            error = format!("{error:#}"),
            "no pool of instances, allocating on demand"
        );
        on_demand(limits, cache)
    })
}

/// Returns true if the engine has a pool.
pub(crate) fn is_pooled(engine: &Engine) -> bool {
    engine.get_pooling_config().is_some()
}

/// Instances come from slots that were reserved beforehand: some microseconds each.
pub(crate) fn pooled(limits: &Limits, cache: Option<&Cache>) -> Result<Engine> {
    from_pool(pool(limits), limits, cache)
}

/// An engine whose instances come from this pool.
pub(crate) fn from_pool(
    pool: PoolingAllocationConfig,
    limits: &Limits,
    cache: Option<&Cache>,
) -> Result<Engine> {
    let mut config = base(limits, cache);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config)
}

/// The pool of instances: as many slots as calls may run and instances lie ready, and how a slot is wiped between two.
pub(crate) fn pool(limits: &Limits) -> PoolingAllocationConfig {
    // One more, for a plugin that is being loaded.
    let instances = limits
        .concurrent_calls
        .saturating_add(limits.ready_instances)
        .saturating_add(1);
    let modules = instances.saturating_mul(limits.core_modules);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(modules)
        .total_memories(instances)
        .total_tables(modules)
        .total_stacks(instances)
        // The proposal that needs them is off.
        .total_gc_heaps(0)
        .max_core_instances_per_component(limits.core_modules)
        .max_memories_per_component(1)
        .max_tables_per_component(limits.core_modules)
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements)
        .linear_memory_keep_resident(RESIDENT_BYTES)
        .table_keep_resident(RESIDENT_BYTES)
        // The scan for written pages misses those that the kernel has swapped out or is moving: the next instance
        // in the slot would read what the former call wrote (wasmtime pull request 14357, mended in 50.0.1 and in
        // no 48 or 49). `cargo xtask freshness` shows it.
        .pagemap_scan(Enabled::No);
    pool
}

/// Instances are allocated one by one, and their memories where there is room.
pub(crate) fn on_demand(limits: &Limits, cache: Option<&Cache>) -> Result<Engine> {
    let mut config = base(limits, cache);
    // No 4 GiB for each memory: where the pool did not fit, they would not either. Bounds are
    // then checked in code.
    config
        .memory_reservation(0)
        .memory_guard_size(0)
        .memory_reservation_for_growth(16 << 20)
        .allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Engine::new(&config)
}

fn base(limits: &Limits, cache: Option<&Cache>) -> Config {
    let mut config = Config::new();
    config
        // The contract's functions are synchronous: no tasks to keep track of.
        .concurrency_support(false)
        .wasm_component_model_async(false)
        .epoch_interruption(true)
        .max_wasm_stack(limits.wasm_stack_bytes)
        // The stack of wasm, and 1 MiB more for the host functions that it calls, on the same stack.
        .async_stack_size(limits.wasm_stack_bytes.saturating_add(1 << 20))
        // Not needed by any language that compiles to WASI 0.2 today, so not offered.
        .wasm_threads(false)
        .shared_memory(false)
        .wasm_gc(false)
        .wasm_function_references(false)
        .wasm_memory64(false)
        .wasm_exceptions(false)
        .memory_init_cow(has_memory_files())
        .cache(cache.cloned());
    config
}

/// Returns true if the system lets us make the files in memory that fresh instances are copied from when they are
/// written to. A seccomp profile may forbid it, and wasmtime then makes no instance at all; without such files the data
/// of a plugin are copied as a whole, into each instance.
#[cfg(target_os = "linux")]
fn has_memory_files() -> bool {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

    // As wasmtime makes them.
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let tried = memfd_create(c"metric-host-probe", flags)
        .and_then(|file| fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::SEAL));
    match tried {
        Ok(()) => true,
        // Of this moment, not of the system.
        Err(error) if scarcity::is_scarcity(&error) => true,
        Err(error) => {
            tracing::debug!(%error, "no files in memory, going on without copy-on-write");
            false
        }
    }
}

/// Elsewhere wasmtime makes none.
#[cfg(not(target_os = "linux"))]
fn has_memory_files() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_space_too_small_for_the_pool_leads_to_allocation_on_demand() {
        let limits = Limits {
            // 4 PiB at 4 GiB a call, more than any address space that there is.
            concurrent_calls: 1 << 20,
            ..Limits::default()
        };
        assert!(pooled(&limits, None).is_err());
        assert!(!is_pooled(&engine(&limits, None).unwrap()));
    }

    #[test]
    fn what_a_call_wrote_is_wiped_without_asking_the_kernel_which_pages_those_are() {
        for limits in [
            Limits::default(),
            Limits {
                concurrent_calls: 1,
                memory_bytes: 64 << 20,
                ..Limits::default()
            },
        ] {
            let engine = engine(&limits, None).unwrap();
            // As the allocator has it, not as somebody asked for it.
            let pool = engine.get_pooling_config().unwrap();
            assert_eq!(pool.get_pagemap_scan(), Enabled::No);
        }
    }

    #[test]
    fn proposals_that_plugins_do_not_need_are_refused() {
        let engine = engine(&Limits::default(), None).unwrap();
        for (proposal, text) in [
            ("gc", "(module (type (struct (field i32))))"),
            ("threads", "(module (memory 1 1 shared))"),
            ("memory64", "(module (memory i64 1))"),
            ("exceptions", "(module (tag))"),
        ] {
            assert!(
                wasmtime::Module::validate(&engine, &wat::parse_str(text).unwrap()).is_err(),
                "{proposal}"
            );
        }
    }
}

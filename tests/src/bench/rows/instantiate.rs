//! An instance from the pool, and nothing else: wasmtime itself, with the settings of the host's engine
//! and imports that are never called.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Config, Engine, PoolingAllocationConfig, Store};

use super::{Measurement, Row};
use crate::race::{Contender, Race};
use crate::setting::Setting;

pub(super) const ROW: Row = Row {
    name: "instantiate",
    measure,
};

fn measure(setting: &Setting) -> Measurement<'_> {
    Box::pin(async move {
        let instance = Arc::new(instance(setting).map_err(boxed)?);
        let instantiate = Contender::new("wasmtime, pooled", move || {
            let instance = Arc::clone(&instance);
            async move {
                let mut store = Store::new(instance.engine(), ());
                store.set_epoch_deadline(1);
                instance
                    .instantiate_async(&mut store)
                    .await
                    .map_err(boxed)?;
                Ok(store)
            }
        });
        Race {
            baseline: None,
            contenders: vec![instantiate],
            warm_up: 200,
            least_rounds: 1000,
            time: Duration::from_secs(1),
        }
        .run()
        .await
    })
}

/// The plugin, compiled. Instances come from a pool.
fn instance(setting: &Setting) -> wasmtime::Result<InstancePre<()>> {
    let mut pool = PoolingAllocationConfig::new();
    // One lives at a time.
    pool.total_component_instances(2)
        .total_memories(2)
        .max_memory_size(512 << 20)
        .linear_memory_keep_resident(256 << 10)
        .table_keep_resident(256 << 10);
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .wasm_component_model_async(false)
        .epoch_interruption(true)
        .allocation_strategy(pool);
    let engine = Engine::new(&config)?;
    let component = Component::from_file(&engine, &setting.plugin_file)?;
    let mut linker = Linker::new(&engine);
    linker.define_unknown_imports_as_traps(&component)?;
    linker.instantiate_pre(&component)
}

/// wasmtime's errors are no `std::error::Error`.
fn boxed(error: wasmtime::Error) -> anyhow::Error {
    anyhow::Error::from_boxed(error.into())
}

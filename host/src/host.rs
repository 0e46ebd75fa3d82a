//! The host: one engine, its ticker, its linker and its limits, shared by all plugins of a process.
//!
//! Loads plugins. Knows neither their configuration nor their calls.

use std::{
    fmt,
    path::{Path, PathBuf},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use tokio::sync::Semaphore;
use wasmtime::{
    Cache, CacheConfig, Engine,
    component::{Component, InstancePre, Linker},
};

use crate::{
    audit,
    bindings::MetricPluginIndices,
    engine,
    error::{HostError, LoadError},
    functions::Functions,
    limits::Limits,
    outgoing::Outgoing,
    plugin::Plugin,
    store::{self, CallState},
    ticker::Ticker,
};

/// Where compiled plugins are kept, so that the next start need not compile them again.
///
/// What lies there is run as native code: the directory must be writable by its owner only.
/// A cache that cannot be made is no error; the host goes on without.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CompileCache {
    /// `metric-host` in the user's cache directory (`$XDG_CACHE_HOME`, `~/.cache`, `~/Library/Caches`, …).
    #[default]
    User,
    /// This directory. It is created when it is not there.
    Directory(PathBuf),
    /// Nowhere.
    Off,
}

/// How a [`Host`] is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostOptions {
    /// How much a plugin may use.
    pub limits: Limits,
    /// Where compiled plugins are kept.
    pub compile_cache: CompileCache,
}

/// Loads plugins. Make one a process; clones are cheap and share everything.
///
/// A thread of its own lives as long as the host, its plugins or their services do.
#[derive(Clone)]
pub struct Host {
    shared: Arc<Shared>,
}

/// How long a plugin may compute when it is instantiated for the first time: a second.
const REHEARSAL_EPOCHS: u64 = 100;

/// What plugins and services keep alive.
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) limits: Limits,
    /// One permit a running call. Fair: first come, first served.
    pub(crate) places: Semaphore,
    /// Held while a plugin that is being loaded makes its first instance: the pool has one slot for that.
    rehearsal: Mutex<()>,
    linker: Linker<CallState>,
    _ticker: Ticker,
}

impl Host {
    /// Starts the engine.
    ///
    /// # Errors
    /// [`HostError`], if the limits contradict each other or the system cannot grant what they need.
    pub fn new(options: HostOptions) -> Result<Self, HostError> {
        let HostOptions {
            limits,
            compile_cache,
        } = options;
        let engine_error = |e: wasmtime::Error| HostError::Engine { source: e.into() };
        let cache = cache(&compile_cache);
        let engine = engine::engine(&limits, cache.as_ref()).map_err(engine_error)?;
        let linker = store::linker(&engine).map_err(engine_error)?;
        let ticker = Ticker::start(&engine).map_err(|source| HostError::Ticker { source })?;
        let places = (limits.concurrent_calls as usize).min(Semaphore::MAX_PERMITS);
        Ok(Self {
            shared: Arc::new(Shared {
                engine,
                limits,
                places: Semaphore::new(places),
                rehearsal: Mutex::new(()),
                linker,
                _ticker: ticker,
            }),
        })
    }

    /// Loads the plugin in a file. Blocks while it compiles, which takes some tenths of a second the
    /// first time, and a few milliseconds when the compile cache knows it.
    ///
    /// # Errors
    /// [`LoadError`]: the file cannot be read, is no component, asks for too much, or is no metric plugin.
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Plugin, LoadError> {
        let path = path.as_ref();
        let read = |source| LoadError::Read {
            path: path.to_owned(),
            source,
        };
        let size = std::fs::metadata(path).map_err(read)?.len();
        self.check_size(size)?;
        self.load(&std::fs::read(path).map_err(read)?)
    }

    /// Loads the plugin in `bytes`: a component in binary form.
    ///
    /// # Errors
    /// As [`load_file`](Self::load_file).
    pub fn load(&self, bytes: &[u8]) -> Result<Plugin, LoadError> {
        self.check_size(bytes.len() as u64)?;
        let description = audit::describe(bytes)?;
        audit::admit(&description)?;
        let component = Component::from_binary(&self.shared.engine, bytes)
            .map_err(|e| LoadError::Compile { source: e.into() })?;
        let pre = self
            .shared
            .linker
            .instantiate_pre(&component)
            .map_err(|e| LoadError::Link { source: e.into() })?;
        let functions =
            Functions::find(&component).map_err(|e| LoadError::WrongWorld { source: e.into() })?;
        self.rehearse(&pre)?;
        Ok(Plugin::new(
            Arc::clone(&self.shared),
            pre,
            functions,
            description,
        ))
    }

    /// How much a plugin may use here.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// Makes one instance and compares the types of its functions with the contract's, so that a plugin that
    /// cannot work fails here and not at its first call.
    fn rehearse(&self, pre: &InstancePre<CallState>) -> Result<(), LoadError> {
        let shared = &*self.shared;
        let _alone = shared
            .rehearsal
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let outgoing = Arc::new(Outgoing::nowhere());
        let mut store = store::store(&shared.engine, &shared.limits, outgoing);
        store.set_epoch_deadline(REHEARSAL_EPOCHS);
        // Polled once, without a runtime: an instance has nothing to wait for. One that still computes at
        // the epoch's end is not ready, and given up.
        let instance = match pin!(pre.instantiate_async(&mut store))
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(instance) => instance.map_err(wasmtime::Error::into),
            Poll::Pending => Err("it computes without end when it is instantiated".into()),
        }
        .map_err(|source| LoadError::Instantiate { source })?;
        MetricPluginIndices::new(pre)
            .and_then(|indices| indices.load(&mut store, &instance))
            .map_err(|e| LoadError::WrongWorld { source: e.into() })?;
        Ok(())
    }

    fn check_size(&self, size: u64) -> Result<(), LoadError> {
        let maximum = self.shared.limits.plugin_bytes;
        if size > maximum {
            return Err(LoadError::TooLarge { size, maximum });
        }
        Ok(())
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("limits", &self.shared.limits)
            .field("pooling", &engine::is_pooled(&self.shared.engine))
            .finish_non_exhaustive()
    }
}

fn cache(wanted: &CompileCache) -> Option<Cache> {
    let directory = match wanted {
        CompileCache::Off => return None,
        CompileCache::Directory(directory) => std::path::absolute(directory).ok(),
        CompileCache::User => directories::ProjectDirs::from("", "", "metric-host")
            .map(|dirs| dirs.cache_dir().to_owned()),
    };
    let Some(directory) = directory else {
        tracing::debug!("no directory for the compile cache, going on without");
        return None;
    };
    let mut config = CacheConfig::new();
    config.with_directory(&directory);
    Cache::new(config)
        .inspect_err(|error| {
            tracing::debug!(
                directory = %directory.display(),
                error = format!("{error:#}"),
                "the compile cache cannot be made, going on without"
            );
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_components::{TestPlugin, plugin};

    fn host() -> Host {
        Host::new(HostOptions {
            compile_cache: CompileCache::Off,
            ..HostOptions::default()
        })
        .unwrap()
    }

    #[test]
    fn everything_public_can_be_shared_between_threads() {
        fn shareable<T: Clone + Send + Sync + 'static>() {}
        shareable::<Host>();
        shareable::<Plugin>();
        shareable::<crate::MetricService>();
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = host().load_file("/no/such/plugin.wasm").unwrap_err();
        assert!(
            error.to_string().contains("/no/such/plugin.wasm"),
            "{error}"
        );
        assert!(matches!(error, LoadError::Read { .. }));
    }

    #[test]
    fn a_plugin_that_is_too_large_is_not_even_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("huge.wasm");
        // Sparse: takes no room on the disk.
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(1 << 40).unwrap();
        match host().load_file(&path) {
            Err(LoadError::TooLarge { size, maximum }) => {
                assert_eq!((size, maximum), (1 << 40, 64 << 20));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_plugin_with_functions_of_other_types_is_of_the_wrong_world() {
        let bytes = TestPlugin::new("unreachable")
            .world(
                &[],
                "package backendai:metric@0.1.5;
                 interface metric-service { build-promql: func(query: string) -> string; }
                 interface codec { metric-request: func(query: string) -> string; }
                 world w { export metric-service; export codec; }",
            )
            .build();
        let error = host().load(&bytes).unwrap_err();
        assert!(matches!(error, LoadError::WrongWorld { .. }), "{error:?}");
    }

    #[test]
    fn a_function_of_another_type_is_found_at_load() {
        // As the contract has it, but for one result.
        let wit = |name| {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/").to_owned() + name;
            std::fs::read_to_string(path).unwrap()
        };
        let service = wit("metric-service.wit");
        let changed = service.replace("result<string, error>", "result<u32, error>");
        assert_ne!(service, changed);
        let contract = [
            wit("world.wit"),
            wit("types.wit"),
            wit("codec.wit"),
            changed,
        ]
        .concat()
        .replace("@0.1.0", "@0.1.9");
        let package = contract.find("package ").unwrap();
        let end = package + contract[package..].find(';').unwrap() + 1;
        let header = contract[package..end].to_owned();
        let contract = format!("{header}\n{}", contract.replace(&header, ""));
        let bytes = TestPlugin::new("unreachable").world(&[], &contract).build();
        let error = host().load(&bytes).unwrap_err();
        assert!(matches!(error, LoadError::WrongWorld { .. }), "{error:?}");
    }

    #[test]
    fn a_plugin_that_crashes_or_loops_when_it_starts_is_not_loaded() {
        for start in ["unreachable", "(loop (br 0))"] {
            let extra = format!("(start $start) (func $start {start})");
            let bytes = TestPlugin::new("unreachable").extra(&extra).build();
            let error = host().load(&bytes).unwrap_err();
            assert!(matches!(error, LoadError::Instantiate { .. }), "{error:?}");
        }
    }

    #[test]
    fn imports_of_types_that_the_host_does_not_know_are_refused() {
        let bytes = TestPlugin::new("unreachable")
            .world(
                &["package wasi:clocks@0.2.99; interface wall-clock { stop: func(); }"],
                "package test:plugin;
                 world w {
                     include backendai:metric/metric-plugin@0.1.0;
                     import wasi:clocks/wall-clock@0.2.99;
                 }",
            )
            .build();
        let error = host().load(&bytes).unwrap_err();
        assert!(matches!(error, LoadError::Link { .. }), "{error:?}");
    }

    #[test]
    fn a_plugin_whose_code_is_invalid_is_not_compiled() {
        let mut bytes = plugin("unreachable");
        // The opcode of `unreachable` becomes one that does not exist.
        let at = bytes.windows(3).position(|w| w == [0x00, 0x00, 0x0b]);
        bytes[at.unwrap() + 1] = 0xff;
        let error = host().load(&bytes).unwrap_err();
        assert!(matches!(error, LoadError::Compile { .. }), "{error:?}");
    }

    #[test]
    fn a_plugin_that_begins_with_more_memory_than_granted_is_not_loaded() {
        let host = Host::new(HostOptions {
            limits: Limits {
                memory_bytes: 65536,
                ..Limits::default()
            },
            compile_cache: CompileCache::Off,
        })
        .unwrap();
        let error = host.load(&plugin("unreachable")).unwrap_err(); // begins with two pages
        assert!(matches!(error, LoadError::Compile { .. }), "{error:?}");
    }

    #[test]
    fn compiled_plugins_are_kept_where_the_caller_says() {
        let directory = tempfile::tempdir().unwrap();
        let host = Host::new(HostOptions {
            compile_cache: CompileCache::Directory(directory.path().join("cache")),
            ..HostOptions::default()
        })
        .unwrap();
        host.load(&plugin("unreachable")).unwrap();
        assert!(directory.path().join("cache").read_dir().unwrap().count() > 0);
    }

    #[test]
    fn a_cache_that_cannot_be_made_does_not_keep_the_host_from_starting() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let host = Host::new(HostOptions {
            compile_cache: CompileCache::Directory(file.path().join("below-a-file")),
            ..HostOptions::default()
        })
        .unwrap();
        host.load(&plugin("unreachable")).unwrap();
    }
}

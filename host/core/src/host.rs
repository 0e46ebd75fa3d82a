//! The host: one engine, its ticker, its linker and its limits, shared by all plugins of a process.
//!
//! Loads plugins. Knows neither their configuration nor their calls.

use std::{
    fmt, io,
    path::Path,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    thread,
};

use wasmtime::component::Linker;

use crate::{
    config::limits::Limits,
    contract::{
        bindings::exports::backendai::metric::{
            codec, discovery, family, family_service, insight, live_stats, metric_service, preset,
            preset_service, range_service,
        },
        error::BoxError,
        names::{
            DISCOVERY, FAMILY, FAMILY_SERVICE, INSIGHT, LIVE_STATS, PRESET, PRESET_SERVICE,
            RANGE_SERVICE, World,
        },
        scarcity,
    },
    egress::Egress,
    load::{
        compile::Compiler,
        compile_cache::CompileCache,
        complexity,
        digest::PluginDigest,
        error::LoadError,
        inspect::{self, PluginDescription},
        plugin_file::read_plugin,
    },
    observe::{HostMetrics, Metrics},
    sandbox::{
        Shared,
        component::Sandbox,
        concurrency::ConcurrencyLimit,
        engine,
        ready::ReadyInstances,
        store::{self, CallState},
    },
    service::{codec::Codec, plugin::Plugin},
    timers::epoch::EpochTicker,
};

/// The reason why a [`Host`](crate::Host) cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// wasmtime refuses the settings, or the machine cannot grant what they need.
    #[error("the WebAssembly engine cannot start")]
    Engine {
        /// wasmtime's reason.
        source: BoxError,
    },
    /// The system has no more file descriptors, threads or memory for this process. Start the host again when there is
    /// less to do, or raise the limits of the process.
    #[error("the system has no more file descriptors, threads or memory for the host")]
    OutOfResources {
        /// The system's reason.
        source: BoxError,
    },
}

impl HostError {
    /// An engine that cannot start: because of its settings, or of what the system lacks.
    fn engine(error: wasmtime::Error) -> Self {
        let source = BoxError::from(error);
        match scarcity::is_scarcity(&*source) {
            true => Self::OutOfResources { source },
            false => Self::Engine { source },
        }
    }

    /// A thread that cannot be made, whatever the system calls it: EAGAIN, or EPERM of a seccomp profile.
    fn no_thread(error: io::Error) -> Self {
        Self::OutOfResources {
            source: error.into(),
        }
    }
}

/// The settings of a [`Host`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostOptions {
    /// The limits of a plugin.
    pub limits: Limits,
    /// The place where compiled plugins are kept.
    pub compile_cache: CompileCache,
}

/// Loads plugins. Make one a process; clones are cheap and share everything.
///
/// A thread of its own lives as long as the host, its plugins or their services do.
#[derive(Clone)]
pub struct Host {
    pub(crate) shared: Arc<Shared>,
    /// The one plugin that is loaded. None: any.
    only: Option<PluginDigest>,
}

/// The epochs that a plugin may compute for when it is instantiated for the first time: a second.
const TRIAL_EPOCHS: u64 = 100;

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
        try_a_thread().map_err(HostError::no_thread)?;
        let cache = compile_cache.open();
        let engine = engine::engine(&limits, cache.as_ref()).map_err(HostError::engine)?;
        let linker = store::linker(&engine).map_err(HostError::engine)?;
        let ticker = EpochTicker::start(&engine).map_err(HostError::no_thread)?;
        let metrics = Arc::new(Metrics::new());
        Ok(Self {
            only: None,
            shared: Arc::new(Shared {
                engine,
                compiler: Compiler::new(cache),
                concurrency: ConcurrencyLimit::new(limits.concurrent_calls, limits.waiting_calls),
                ready: ReadyInstances::new(limits.ready_instances, &metrics),
                limits,
                trial_slot: Mutex::new(()),
                linker,
                ticker,
                metrics,
            }),
        })
    }

    /// The same host, which loads this one plugin and refuses every other: a file of which it is known beforehand what
    /// is in it, because it was tried, or published with its SHA-256. The bytes that are compiled are compared,
    /// whatever becomes of the file meanwhile.
    #[must_use]
    pub fn only(&self, plugin: PluginDigest) -> Self {
        Self {
            only: Some(plugin),
            ..self.clone()
        }
    }

    /// Loads the plugin in a file. Blocks while it compiles, which takes some tenths of a second the
    /// first time, and a few milliseconds when the compile cache knows it.
    ///
    /// # Errors
    /// [`LoadError`]: the file cannot be read, is no component, asks for too much, or is no metric plugin.
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Plugin, LoadError> {
        self.load(&read_plugin(path, self.shared.limits.plugin_bytes)?)
    }

    /// Loads the plugin in `bytes`: a component in binary form.
    ///
    /// # Errors
    /// As [`load_file`](Self::load_file).
    pub fn load(&self, bytes: &[u8]) -> Result<Plugin, LoadError> {
        let codec = self.admit(bytes, World::Plugin, &self.shared.linker)?;
        Plugin::new(codec).map_err(|e| World::Plugin.refuse(e))
    }

    /// Loads a component of the world `metric-codec`: the verbs without I/O, and no imports.
    ///
    /// # Errors
    /// As [`load_file`](Self::load_file).
    pub fn load_codec(&self, bytes: &[u8]) -> Result<Codec, LoadError> {
        self.admit(bytes, World::Codec, &Linker::new(&self.shared.engine))
    }

    fn admit(
        &self,
        bytes: &[u8],
        world: World,
        linker: &Linker<CallState>,
    ) -> Result<Codec, LoadError> {
        self.check_size(bytes.len() as u64)?;
        if let Some(only) = self.only {
            only.check(bytes)?;
        }
        let description = PluginDescription::of(bytes)?;
        inspect::check(&description, world)?;
        complexity::check(bytes, &self.shared.limits)?;
        let component = self.shared.compiler.compile(
            &self.shared.engine,
            bytes,
            self.shared.limits.compile_timeout,
        )?;
        let pre = linker
            .instantiate_pre(&component)
            .map_err(|e| LoadError::Link { source: e.into() })?;
        let mut sandbox = Sandbox::new(Arc::clone(&self.shared), pre);
        self.trial_instantiate(&mut sandbox, world)?;
        Codec::new(sandbox, description).map_err(|e| world.refuse(e))
    }

    /// The limits of a plugin on this host.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// The host's own metrics: calls, how they ended and how long they took, denials, requests, bytes.
    pub fn metrics(&self) -> HostMetrics<'_> {
        HostMetrics(&self.shared.metrics)
    }

    /// Makes one instance and compares the types of its functions with the contract's, so that a plugin that
    /// cannot work fails here and not at its first call, which has the instance.
    fn trial_instantiate(&self, sandbox: &mut Sandbox, world: World) -> Result<(), LoadError> {
        let (shared, pre) = (&*self.shared, &sandbox.pre);
        let _alone = shared
            .trial_slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let egress = Arc::new(Egress::denied());
        let mut store = store::store(
            &shared.engine,
            &shared.limits,
            shared.ticker.timers(),
            egress,
        );
        store.set_epoch_deadline(TRIAL_EPOCHS);
        // Polled once, without a runtime: an instance has nothing to wait for. One that still computes at
        // the epoch's end is not ready, and given up.
        let instance = match pin!(pre.instantiate_async(&mut store))
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(instance) => instance.map_err(wasmtime::Error::into),
            Poll::Pending => Err("it computes without end when it is instantiated".into()),
        }
        .map_err(LoadError::instantiate)?;
        /// Compares the types of an interface's functions.
        macro_rules! compare {
            ($interface:ident, $world:expr) => {
                $interface::GuestIndices::new(pre)
                    .and_then(|indices| indices.load(&mut store, &instance))
                    .map_err(|e| $world.refuse(e))?
            };
        }
        compare!(codec, world);
        if world.has_io() {
            compare!(metric_service, world);
            if sandbox.exports(RANGE_SERVICE) {
                compare!(range_service, World::PluginFull);
            }
            if sandbox.exports(INSIGHT) {
                compare!(insight, World::PluginInsight);
            }
            if sandbox.exports(DISCOVERY) {
                compare!(discovery, World::PluginInsight);
            }
            if sandbox.exports(LIVE_STATS) {
                compare!(live_stats, World::PluginDecisions);
            }
            if sandbox.exports(PRESET_SERVICE) {
                compare!(preset_service, World::PluginDecisions);
            }
            if sandbox.exports(FAMILY_SERVICE) {
                compare!(family_service, World::PluginDecisions);
            }
        }
        if sandbox.exports(PRESET) {
            compare!(preset, World::CodecDecisions);
        }
        if sandbox.exports(FAMILY) {
            compare!(family, World::CodecDecisions);
        }
        sandbox.keep_first(store, instance);
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

/// Makes a thread that does nothing: wasmtime's cache makes one of its own, and panics where there is none to be had.
fn try_a_thread() -> io::Result<()> {
    let thread = thread::Builder::new().spawn(|| ())?;
    // It cannot have panicked.
    let _ = thread.join();
    Ok(())
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("limits", &self.shared.limits)
            .field("pooling", &engine::is_pooled(&self.shared.engine))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

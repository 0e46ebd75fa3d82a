//! Compiles components in bounded time. wasmtime cannot be interrupted while it compiles: a compilation that takes
//! too long is left to itself, in threads of its own so that it is in no other's way. So only so many go on at once,
//! those that were given up included.
//!
//! Knows nothing of plugins.

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        mpsc::{RecvTimeoutError, sync_channel},
    },
    time::{Duration, Instant},
};

use wasmtime::{Cache, Engine, component::Component};

use super::error::LoadError;
use crate::contract::scarcity;

/// Compilations that may go on at once. Each keeps all processors busy, and takes the memory of its largest functions;
/// a second one lets an ordinary plugin pass one that takes long.
const AT_ONCE: usize = 2;

/// Entries of the cache that are tried for a plugin. Each that is damaged takes one, until the cache drops it.
const ENTRIES: u8 = 8;

/// The compilations of a host.
pub(crate) struct Compiler {
    permits: Arc<Permits>,
    cache: Option<Cache>,
}

impl Compiler {
    /// One whose engine keeps what it compiled in this cache.
    pub(crate) fn new(cache: Option<Cache>) -> Self {
        Self {
            permits: Arc::default(),
            cache,
        }
    }

    /// Blocks until it is done, or the time is over.
    ///
    /// The cache gives out an entry without looking whether all of it can be read. One that cannot is passed over: the
    /// component is compiled anew, and kept under another key.
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        bytes: &[u8],
        after: Duration,
    ) -> Result<Component, LoadError> {
        let mut entry = 0;
        loop {
            let hits = self.hits();
            let (engine, bytes) = (engine.clone(), numbered(bytes, entry));
            let outcome = self
                .run(after, move || Component::from_binary(&engine, &bytes))
                .and_then(|compiled| compiled.map_err(|error| failed(error.into())));
            // A component that cannot be compiled is never kept, so an error after a hit comes from the cache. (Another
            // plugin's hit at this moment costs a second look.)
            let damaged = matches!(outcome, Err(LoadError::Compile { .. })) && self.hits() > hits;
            entry += 1;
            if !damaged || entry == ENTRIES {
                return outcome;
            }
            tracing::warn!("an entry of the compile cache is damaged, compiling anew");
        }
    }

    /// The number of times that the cache knew a component.
    fn hits(&self) -> usize {
        self.cache.as_ref().map_or(0, Cache::cache_hits)
    }

    fn run<R: Send + 'static>(
        &self,
        after: Duration,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, LoadError> {
        let permit = self.permits.take(after)?;
        // wasmtime compiles functions side by side in the pool that it is called in. In the global one, those of
        // a compilation that was given up would stand in the way of the next.
        let pool = rayon::ThreadPoolBuilder::new()
            .thread_name(|at| format!("metric-host-compile-{at}"))
            // A crash is noticed by what it does not send; rayon would end the process.
            .panic_handler(drop)
            .build()
            .map_err(|error| failed(error.into()))?;
        let (done, result) = sync_channel(1);
        pool.spawn(move || {
            // Given back at the end, be it a crash, and not when it is given up.
            let _permit = permit;
            // Nobody listens any more when it was given up.
            let _ = done.send(work());
        });
        result.recv_timeout(after).map_err(|error| match error {
            RecvTimeoutError::Disconnected => failed("the compiler crashed".into()),
            RecvTimeoutError::Timeout => {
                tracing::warn!(?after, "a plugin that is being compiled was given up");
                LoadError::CompileTimedOut { after }
            }
        })
    }
}

/// Tells the two reasons why a component is not compiled: the machine, or itself.
fn failed(source: crate::BoxError) -> LoadError {
    match scarcity::is_scarcity(&*source) {
        true => LoadError::OutOfResources { source },
        false => LoadError::Compile { source },
    }
}

/// The same component under another key of the cache: with a custom section at its end, which means nothing.
fn numbered(bytes: &[u8], entry: u8) -> Vec<u8> {
    const NAME: &[u8] = b"entry";
    let mut bytes = bytes.to_vec();
    if entry > 0 {
        // The section's number and size, the size of its name, its name, its content.
        bytes.extend([0, 1 + NAME.len() as u8 + 1, NAME.len() as u8]);
        bytes.extend(NAME);
        bytes.push(entry);
    }
    bytes
}

/// The leave to compile, so many times.
#[derive(Debug)]
struct Permits {
    left: Mutex<usize>,
    given_back: Condvar,
}

impl Default for Permits {
    fn default() -> Self {
        Self {
            left: Mutex::new(AT_ONCE),
            given_back: Condvar::new(),
        }
    }
}

impl Permits {
    /// Waits for one, so long.
    fn take(self: &Arc<Self>, longest: Duration) -> Result<Permit, LoadError> {
        let end = Instant::now() + longest;
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        while *left == 0 {
            let rest = end.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return Err(LoadError::StillCompiling { others: AT_ONCE });
            }
            (left, _) = self
                .given_back
                .wait_timeout(left, rest)
                .unwrap_or_else(PoisonError::into_inner);
        }
        *left -= 1;
        Ok(Permit(Arc::clone(self)))
    }
}

/// The leave to compile. Given back when it is dropped.
struct Permit(Arc<Permits>);

impl Drop for Permit {
    fn drop(&mut self) {
        let mut left = self.0.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left += 1;
        self.0.given_back.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{
            atomic::{AtomicUsize, Ordering},
            mpsc::channel,
        },
        thread,
    };

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn what_takes_too_long_is_given_up_and_only_so_many_may_go_on() {
        let compiler = Compiler::new(None);
        let ends: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (end, ended) = channel::<()>();
                let outcome = compiler.run(SHORT, move || ended.recv().is_ok());
                assert!(
                    matches!(outcome, Err(LoadError::CompileTimedOut { after: SHORT })),
                    "{outcome:?}"
                );
                end
            })
            .collect();
        let refused = compiler.run(SHORT, || ());
        assert!(
            matches!(refused, Err(LoadError::StillCompiling { others: AT_ONCE })),
            "{refused:?}"
        );
        // One that may wait longer is served when they have ended.
        thread::scope(|scope| {
            let waits = scope.spawn(|| compiler.run(LONG, || 7));
            drop(ends);
            assert_eq!(waits.join().unwrap().unwrap(), 7);
        });
    }

    #[test]
    fn of_many_that_begin_at_once_two_compile() {
        let compiler = Compiler::new(None);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let counters = Arc::new((now, most));
        // Each of them takes longer than it may, as twelve plugins that are loaded at once to stack up would.
        let outcomes: Vec<_> = thread::scope(|scope| {
            let loads: Vec<_> = (0..12)
                .map(|_| {
                    let counters = Arc::clone(&counters);
                    let compiler = &compiler;
                    scope.spawn(move || {
                        compiler.run(SHORT, move || {
                            let (now, most) = &*counters;
                            most.fetch_max(
                                now.fetch_add(1, Ordering::SeqCst) + 1,
                                Ordering::SeqCst,
                            );
                            thread::sleep(SHORT * 20);
                            now.fetch_sub(1, Ordering::SeqCst);
                        })
                    })
                })
                .collect();
            loads.into_iter().map(|load| load.join().unwrap()).collect()
        });
        assert_eq!(counters.1.load(Ordering::SeqCst), AT_ONCE);
        let count = |is: fn(&LoadError) -> bool| {
            let errors = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
            errors.filter(|error| is(error)).count()
        };
        let given_up = count(|error| matches!(error, LoadError::CompileTimedOut { .. }));
        let refused = count(|error| matches!(error, LoadError::StillCompiling { .. }));
        assert_eq!((given_up, refused), (AT_ONCE, 12 - AT_ONCE));
    }

    #[test]
    fn a_compiler_that_crashes_takes_nobody_along() {
        let compiler = Compiler::new(None);
        let crashed = compiler.run(LONG, || panic!("a bug of the compiler's"));
        assert!(matches!(crashed, Err::<(), _>(LoadError::Compile { .. })));
        assert_eq!(compiler.run(LONG, || 7).unwrap(), 7);
    }
}

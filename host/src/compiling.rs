//! Compiles components in bounded time. wasmtime cannot be interrupted while it compiles: a compilation that takes
//! too long is left to itself, in threads of its own so that it is in no other's way, and only so many may be left.
//!
//! Knows nothing of plugins.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{RecvTimeoutError, sync_channel},
    },
    time::Duration,
};

use wasmtime::{Engine, component::Component};

use crate::error::LoadError;

/// Compilations that were given up and may still go on. Each keeps a processor busy.
const ABANDONED: usize = 2;

#[derive(Debug, Default)]
pub(crate) struct Compiler {
    abandoned: Arc<AtomicUsize>,
}

impl Compiler {
    /// Blocks until it is done, or the time is over.
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        bytes: &[u8],
        after: Duration,
    ) -> Result<Component, LoadError> {
        let (engine, bytes) = (engine.clone(), bytes.to_vec());
        self.run(after, move || {
            Component::from_binary(&engine, &bytes)
                .map_err(|e| LoadError::Compile { source: e.into() })
        })?
    }

    fn run<R: Send + 'static>(
        &self,
        after: Duration,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, LoadError> {
        let abandoned = self.abandoned.load(Ordering::Acquire);
        if abandoned >= ABANDONED {
            return Err(LoadError::StillCompiling { abandoned });
        }
        // wasmtime compiles functions side by side in the pool that it is called in. In the global one, those of
        // a compilation that was given up would stand in the way of the next.
        let pool = rayon::ThreadPoolBuilder::new()
            .thread_name(|at| format!("metric-host-compile-{at}"))
            // A crash is noticed by what it does not send; rayon would end the process.
            .panic_handler(drop)
            .build()
            .map_err(|e| LoadError::Compile { source: e.into() })?;
        let (done, result) = sync_channel(1);
        let work_under_way = UnderWay {
            ended_or_given_up: Arc::default(),
            abandoned: Arc::clone(&self.abandoned),
        };
        let ended_or_given_up = Arc::clone(&work_under_way.ended_or_given_up);
        pool.spawn(move || {
            let _under_way = work_under_way;
            // Nobody listens any more when it was given up.
            let _ = done.send(work());
        });
        match result.recv_timeout(after) {
            Ok(outcome) => Ok(outcome),
            Err(RecvTimeoutError::Disconnected) => Err(LoadError::Compile {
                source: "the compiler crashed".into(),
            }),
            Err(RecvTimeoutError::Timeout) => {
                self.abandoned.fetch_add(1, Ordering::AcqRel);
                if ended_or_given_up.swap(true, Ordering::AcqRel) {
                    // It ended in this very moment.
                    self.abandoned.fetch_sub(1, Ordering::AcqRel);
                    return result
                        .try_recv()
                        .map_err(|_| LoadError::CompileTimedOut { after });
                }
                tracing::warn!(?after, "a plugin that is being compiled was given up");
                Err(LoadError::CompileTimedOut { after })
            }
        }
    }
}

/// Held by the compilation until its end, be it a crash.
struct UnderWay {
    ended_or_given_up: Arc<AtomicBool>,
    abandoned: Arc<AtomicUsize>,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if self.ended_or_given_up.swap(true, Ordering::AcqRel) {
            self.abandoned.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc::channel, thread, time::Instant};

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn what_takes_too_long_is_given_up_and_only_so_many_may_go_on() {
        let compiler = Compiler::default();
        let ends: Vec<_> = (0..ABANDONED)
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
        let refused = compiler.run(LONG, || ());
        assert!(
            matches!(
                refused,
                Err(LoadError::StillCompiling {
                    abandoned: ABANDONED
                })
            ),
            "{refused:?}"
        );
        drop(ends);
        let deadline = Instant::now() + LONG;
        while compiler.run(LONG, || ()).is_err() {
            assert!(Instant::now() < deadline, "an end was not noticed");
            thread::sleep(SHORT);
        }
        assert_eq!(compiler.run(LONG, || 7).unwrap(), 7);
    }

    #[test]
    fn a_compiler_that_crashes_takes_nobody_along() {
        let compiler = Compiler::default();
        let crashed = compiler.run(LONG, || panic!("a bug of the compiler's"));
        assert!(matches!(crashed, Err::<(), _>(LoadError::Compile { .. })));
        assert_eq!(compiler.run(LONG, || 7).unwrap(), 7);
    }
}

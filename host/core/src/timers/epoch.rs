//! The host's pulse: a thread that advances the engine's epoch, so that plugins can be interrupted, and rings
//! the timers whose time has come.
//!
//! Knows nothing of calls. It ends when it is dropped, that is, with the last clone of its host.

use std::{
    io,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use wasmtime::Engine;

use super::Timers;

/// The longest that a plugin computes before it gives way to the other tasks of the runtime and its clock is
/// looked at. Long enough that giving way (some microseconds) costs nothing, short enough that a
/// single-threaded runtime stays responsive.
const PERIOD: Duration = Duration::from_millis(10);

pub(crate) struct EpochTicker {
    /// Never sent on: the thread ends when this end of the channel goes away.
    _alive: Sender<()>,
    timers: Timers,
}

impl EpochTicker {
    pub(crate) fn start(engine: &Engine) -> io::Result<Self> {
        let (alive, gone) = channel::<()>();
        let engine = engine.weak();
        let timers = Timers::default();
        let ringing = timers.clone();
        thread::Builder::new()
            .name("metric-host-ticker".into())
            .spawn(move || {
                while gone.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
                    let Some(engine) = engine.upgrade() else {
                        break;
                    };
                    engine.increment_epoch();
                    ringing.fire_due(Instant::now());
                }
            })?;
        Ok(Self {
            _alive: alive,
            timers,
        })
    }

    /// The timers that it rings.
    pub(crate) fn timers(&self) -> &Timers {
        &self.timers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_ends_when_the_ticker_is_dropped() {
        let engine = Engine::default();
        let weak = engine.weak();
        let ticker = EpochTicker::start(&engine).unwrap();
        drop(ticker);
        drop(engine);
        let deadline = std::time::Instant::now() + Duration::from_secs(5);
        while weak.upgrade().is_some() {
            assert!(
                std::time::Instant::now() < deadline,
                "the thread still holds the engine"
            );
            thread::sleep(PERIOD);
        }
    }
}

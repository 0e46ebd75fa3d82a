//! The runtime that calls run on.

use std::io;
#[cfg(unix)]
use std::os::unix::net::UnixStream;

use tokio::runtime::{Builder, Runtime};

use crate::{exit::Exit, failure::Failure, hint};

/// One thread is enough for one call, and starts faster than a pool.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    built(Builder::new_current_thread())
}

/// A thread for each processor, for a service.
pub(crate) fn runtime_of_a_service() -> Result<Runtime, Failure> {
    built(Builder::new_multi_thread())
}

fn built(mut builder: Builder) -> Result<Runtime, Failure> {
    let runtime = try_descriptors().and_then(|()| builder.enable_io().enable_time().build());
    runtime.map_err(|error| {
        // Only the resources that a runtime needs of the system can be wanting here.
        let message = format!(
            "the system has no more file descriptors, threads or memory for the program\nbecause: {error}"
        );
        Failure::new(Exit::OutOfResources, message).with_hint(hint::RAISE_THE_LIMITS)
    })
}

/// Opens as many descriptors as a runtime has, and closes them: tokio panics where it cannot make the pair of sockets by
/// which it learns of signals.
#[cfg(unix)]
fn try_descriptors() -> io::Result<()> {
    // Two for signals with a copy of one, three for polling.
    const PAIRS: usize = 3;
    let pairs: io::Result<Vec<_>> = (0..PAIRS).map(|_| UnixStream::pair()).collect();
    pairs.map(drop)
}

/// Elsewhere it needs none for signals.
#[cfg(not(unix))]
fn try_descriptors() -> io::Result<()> {
    Ok(())
}

//! Tells errors that say something of the machine, which has run out of something, from those that say something of
//! a plugin.

use std::error::Error;
#[cfg(not(unix))]
use std::io;

/// Returns true if an error in the chain of causes says that the system has no more file descriptors, threads or memory
/// for this process.
pub(crate) fn is_scarcity(error: &(dyn Error + 'static)) -> bool {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    chain.filter_map(code).any(is_scarce)
}

/// The system's number of an error, if it is one of the system's.
#[cfg(unix)]
fn code(error: &(dyn Error + 'static)) -> Option<rustix::io::Errno> {
    let errno = error.downcast_ref::<rustix::io::Errno>().copied();
    errno.or_else(|| rustix::io::Errno::from_io_error(error.downcast_ref()?))
}

#[cfg(unix)]
fn is_scarce(code: rustix::io::Errno) -> bool {
    use rustix::io::Errno;
    // Descriptors of the process and of the system, threads (and locked memory), memory.
    [Errno::MFILE, Errno::NFILE, Errno::AGAIN, Errno::NOMEM].contains(&code)
}

#[cfg(not(unix))]
fn code(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    error.downcast_ref::<io::Error>().map(io::Error::kind)
}

#[cfg(not(unix))]
fn is_scarce(kind: io::ErrorKind) -> bool {
    kind == io::ErrorKind::OutOfMemory
}

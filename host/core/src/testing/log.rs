//! The host's log, for tests that read it.
//!
//! One subscriber for the whole process: with one a thread, `tracing` may decide on a thread without any that nobody
//! wants to hear of a place in the code, and remember it for all.

use std::{cell::RefCell, io, marker::PhantomData, sync::Once};

use tracing::level_filters::LevelFilter;

thread_local! {
    static CAUGHT: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Catches what this thread logs, at every level, until it is dropped.
pub(crate) struct Log(PhantomData<*const ()>);

impl Log {
    pub(crate) fn catch() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            tracing_subscriber::fmt()
                .with_max_level(LevelFilter::TRACE)
                .with_ansi(false)
                .with_writer(|| Catcher)
                .init();
        });
        CAUGHT.set(Some(Vec::new()));
        Self(PhantomData)
    }

    pub(crate) fn text(&self) -> String {
        CAUGHT.with_borrow(|caught| String::from_utf8(caught.clone().unwrap()).unwrap())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        CAUGHT.set(None);
    }
}

struct Catcher;

impl io::Write for Catcher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        CAUGHT.with_borrow_mut(|caught| {
            if let Some(caught) = caught {
                caught.extend_from_slice(bytes);
            }
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

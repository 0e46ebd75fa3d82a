//! Counts what the host logs as a warning, and how many bytes that is.

use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

static WARNINGS: AtomicU64 = AtomicU64::new(0);

static BYTES: AtomicU64 = AtomicU64::new(0);

/// How many bytes all of them have.
pub(crate) fn bytes() -> u64 {
    BYTES.load(Ordering::Relaxed)
}

/// How many there were.
pub(crate) fn warnings() -> u64 {
    WARNINGS.load(Ordering::Relaxed)
}

/// The counter, for the whole process.
pub(crate) struct Counter;

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        WARNINGS.fetch_add(1, Ordering::Relaxed);
        event.record(&mut Length);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Adds up what is written of an event.
struct Length;

impl Visit for Length {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let written = format!("{}={value:?} ", field.name());
        BYTES.fetch_add(written.len() as u64, Ordering::Relaxed);
    }
}

//! The log of the host, at every level: how many lines and bytes, and whether a plugin's own text is among them.

use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// The texts that attacks write into everything that the host might repeat.
const TEXTS: [&str; 2] = ["alice-uses-31337-bytes", "alice_uses_31337_bytes"];

/// Lines of an attack at most, beside how each call ended: two for each reason to deny a request.
const LINES: u64 = 40;
/// The most bytes of a line that each call has of its own: a span, and a line that says how it ended. Honest calls
/// beside the attack have them, too, so these are not counted.
const OF_A_CALL: usize = 256;
const ENDED: &str = "a call ended";
/// Their bytes at most.
const BYTES: u64 = 16 << 10;

static SAID: AtomicU64 = AtomicU64::new(0);
static SAID_BYTES: AtomicU64 = AtomicU64::new(0);
static REPEATED: AtomicBool = AtomicBool::new(false);

/// Tells the fault in what was logged since the last time, if there is one. It is forgotten now.
pub(crate) fn fault() -> Option<String> {
    let lines = SAID.swap(0, Ordering::Relaxed);
    let bytes = SAID_BYTES.swap(0, Ordering::Relaxed);
    if REPEATED.swap(false, Ordering::Relaxed) {
        return Some("the log repeats the plugin".to_owned());
    }
    (lines > LINES || bytes > BYTES)
        .then(|| format!("the host logged {lines} lines, {bytes} bytes"))
}

/// Looks at the log, for the whole process.
pub(crate) struct Watch;

impl Watch {
    fn saw(&self, text: &str) {
        SAID_BYTES.fetch_add(text.len() as u64, Ordering::Relaxed);
        self.look(text);
    }

    fn look(&self, text: &str) {
        if TEXTS.iter().any(|own| text.contains(own)) {
            REPEATED.store(true, Ordering::Relaxed);
        }
    }
}

/// An event's fields as text.
#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // A string takes all that there is.
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

impl Subscriber for Watch {
    /// The host's own at every level, and of its libraries what a log mostly has.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("metric_") || *metadata.level() <= Level::WARN
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        match fields.0.len() <= OF_A_CALL {
            true => self.look(&fields.0),
            false => self.saw(&fields.0),
        }
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, record: &Record<'_>) {
        let mut fields = Fields::default();
        record.record(&mut fields);
        self.saw(&fields.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        match fields.0.contains(ENDED) && fields.0.len() <= OF_A_CALL {
            true => self.look(&fields.0),
            false => {
                SAID.fetch_add(1, Ordering::Relaxed);
                self.saw(&fields.0);
            }
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

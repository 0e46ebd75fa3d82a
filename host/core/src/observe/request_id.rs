//! The name under which a call is found in the log.

use std::{fmt, sync::Arc};

/// The most characters. A UUID has 36, a W3C trace id 32.
const LONGEST: usize = 128;

/// The name of a request of an embedder's, which the host's log repeats: visible ASCII, so that nobody writes lines
/// of their own into the log with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

/// The reason why a text is no [`RequestId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request id has 1 to {LONGEST} visible ASCII characters, no spaces")]
pub struct RequestIdError;

impl RequestId {
    /// Takes an id that came with a request.
    ///
    /// # Errors
    /// [`RequestIdError`].
    pub fn new(id: &str) -> Result<Self, RequestIdError> {
        let fits = (1..=LONGEST).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
        if fits {
            Ok(Self(id.into()))
        } else {
            Err(RequestIdError)
        }
    }

    /// One that no other call has, as far as chance goes.
    #[must_use]
    pub fn drawn() -> Self {
        Self(format!("{:016x}", fastrand::u64(..)).into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_write_lines_of_its_own() {
        for id in ["0af7651916cd43dd8448eb211c80319c", "a", "req/1:2"] {
            assert_eq!(RequestId::new(id).unwrap().to_string(), id);
        }
        let long = "a".repeat(LONGEST + 1);
        for id in ["", "a b", "a\nWARN all is well", "é", "\u{1b}[2J", &long] {
            assert_eq!(RequestId::new(id), Err(RequestIdError), "{id:?}");
        }
        assert_ne!(RequestId::drawn(), RequestId::drawn());
    }
}

//! The text that says where the next page of a range begins, and to which query it belongs.
//!
//! Not a secret and no proof of anything: whoever forges one gets points they could have asked for anyway.

use super::error::QueryError;

/// The form of the text. Another form gets another number, so that a cursor of an older plugin is refused, not misread.
const VERSION: &str = "1";

/// A fingerprint (FNV-1a): tells apart what was mixed up, not what was forged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(u64);

impl Digest {
    /// Of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(0xcbf2_9ce4_8422_2325).and(bytes)
    }

    /// Of these and further bytes.
    #[must_use]
    pub fn and(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
    }
}

/// The cursor of a page that begins at a point, Unix seconds.
pub fn write_cursor(next: i64, digest: Digest) -> String {
    let Digest(digest) = digest.and(&next.to_le_bytes());
    format!("{VERSION}.{next}.{digest:016x}")
}

/// The point at which the page of a cursor begins.
///
/// # Errors
/// A text that was not written for this digest.
pub fn read_cursor(text: &str, digest: Digest) -> Result<i64, QueryError> {
    let next = text.split('.').nth(1).and_then(|next| next.parse().ok());
    match next {
        // Written again, it has to be the same text: nothing else is accepted by accident.
        Some(next) if write_cursor(next, digest) == text => Ok(next),
        _ => Err(QueryError::ForeignCursor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cursor_of_another_query_is_refused() {
        let cursor = write_cursor(60, Digest::of(b"mem"));
        assert_eq!(read_cursor(&cursor, Digest::of(b"mem")), Ok(60));
        assert_eq!(
            read_cursor(&cursor, Digest::of(b"cpu")),
            Err(QueryError::ForeignCursor)
        );
    }

    proptest! {
        #[test]
        fn every_cursor_is_read_back(next: i64, query: Vec<u8>) {
            let digest = Digest::of(&query);
            prop_assert_eq!(read_cursor(&write_cursor(next, digest), digest), Ok(next));
        }

        #[test]
        fn a_changed_cursor_is_refused(next: i64, place in 0_usize..40, put in "[ -~]") {
            let digest = Digest::of(b"mem");
            let cursor = write_cursor(next, digest);
            let mut changed = cursor.clone();
            let place = place % cursor.len();
            changed.replace_range(place..=place, &put);
            prop_assume!(changed != cursor);
            prop_assert!(read_cursor(&changed, digest).is_err());
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = read_cursor(&text, Digest::of(b"mem"));
        }
    }
}

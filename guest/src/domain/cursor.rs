//! The text that says where the next page of a range begins, and to which query it belongs.
//!
//! Not a secret and no proof of anything: whoever forges one gets points they could have asked for anyway.

use super::error::QueryError;

/// The form of the text. Another form gets another number, so that a cursor of an older plugin is refused, not misread.
const VERSION: &str = "2";

/// A fingerprint (FNV-1a): tells apart what was mixed up, not what was forged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

/// The cursor of a page that begins at a point, of a range that ends at another, Unix seconds. The end is kept, because
/// the last point moves on with the present.
pub fn write_cursor(next: i64, last: i64, digest: Digest) -> String {
    let Digest(digest) = digest.and(&next.to_le_bytes()).and(&last.to_le_bytes());
    format!("{VERSION}.{next}.{last}.{digest:016x}")
}

/// The point at which the page of a cursor begins, and the range's last.
///
/// # Errors
/// A text that was not written for this digest.
pub fn read_cursor(text: &str, digest: Digest) -> Result<(i64, i64), QueryError> {
    let mut parts = text.split('.').skip(1).map(str::parse);
    match (parts.next(), parts.next()) {
        // Written again, it has to be the same text: nothing else is accepted by accident.
        (Some(Ok(next)), Some(Ok(last))) if write_cursor(next, last, digest) == text => {
            Ok((next, last))
        }
        _ => Err(QueryError::ForeignCursor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cursor_of_another_query_is_refused() {
        let cursor = write_cursor(60, 120, Digest::of(b"mem"));
        assert_eq!(read_cursor(&cursor, Digest::of(b"mem")), Ok((60, 120)));
        assert_eq!(
            read_cursor(&cursor, Digest::of(b"cpu")),
            Err(QueryError::ForeignCursor)
        );
    }

    proptest! {
        #[test]
        fn every_cursor_is_read_back(next: i64, last: i64, query: Vec<u8>) {
            let digest = Digest::of(&query);
            prop_assert_eq!(read_cursor(&write_cursor(next, last, digest), digest), Ok((next, last)));
        }

        #[test]
        fn a_changed_cursor_is_refused(next: i64, place in 0_usize..40, put in "[ -~]") {
            let digest = Digest::of(b"mem");
            let cursor = write_cursor(next, next, digest);
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

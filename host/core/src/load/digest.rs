//! The digest of a plugin's file: the SHA-256 of its bytes, as one publishes it and as registries name what they hold.

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};

use super::error::LoadError;

/// The SHA-256 of a plugin's bytes. As text 64 hexadecimal digits, which `sha256:` may stand before.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PluginDigest([u8; 32]);

/// The text is no SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "accepted are 64 hexadecimal digits, as `sha256sum` prints them; `sha256:` may stand before"
)]
pub struct DigestError;

impl PluginDigest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Refuses other bytes than those it is of.
    ///
    /// # Errors
    /// [`LoadError::AnotherFile`].
    pub fn check(self, bytes: &[u8]) -> Result<(), LoadError> {
        match Self::of(bytes) {
            found if found == self => Ok(()),
            found => Err(LoadError::AnotherFile {
                found,
                wanted: self,
            }),
        }
    }
}

impl FromStr for PluginDigest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text).as_bytes();
        let digit = |digit: u8| {
            char::from(digit)
                .to_digit(16)
                .and_then(|it| u8::try_from(it).ok())
        };
        let mut bytes = [0; 32];
        let (pairs, []) = digits.as_chunks::<2>() else {
            return Err(DigestError);
        };
        if pairs.len() != bytes.len() {
            return Err(DigestError);
        }
        for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
            let (high, low) = digit(high).zip(digit(low)).ok_or(DigestError)?;
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for PluginDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PluginDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `abc`, as FIPS 180-2 has it.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_digest_is_read_as_tools_print_it_and_as_registries_name_it() {
        let digest = PluginDigest::of(b"abc");
        assert_eq!(digest.to_string(), ABC);
        for text in [ABC, &ABC.to_uppercase(), &format!("sha256:{ABC}")] {
            assert_eq!(text.parse(), Ok(digest));
        }
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        let long = format!("{ABC}00");
        let other = ABC.replacen('b', "g", 1);
        let signed = ABC.replacen("ba", "+a", 1);
        let algorithm = format!("sha512:{ABC}");
        for text in [
            "",
            "sha256:",
            &ABC[1..],
            &ABC[2..],
            &long,
            &other,
            &signed,
            &algorithm,
        ] {
            assert_eq!(text.parse::<PluginDigest>(), Err(DigestError), "{text}");
        }
    }

    #[test]
    fn other_bytes_are_refused_with_both_digests() {
        let digest = PluginDigest::of(b"abc");
        digest.check(b"abc").unwrap();
        let error = digest.check(b"abd").unwrap_err().to_string();
        let found = PluginDigest::of(b"abd").to_string();
        assert!(error.contains(ABC) && error.contains(&found), "{error}");
    }
}

//! A token as the access file has it: its SHA-256.

use std::fmt;

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Deserializer, de::Error as _};
use subtle::{Choice, ConstantTimeEq as _};

/// The SHA-256 of a token. A token is drawn, not thought up, so that its digest cannot be searched for.
#[derive(Clone, Copy)]
pub(super) struct Digest([u8; 32]);

impl Digest {
    pub(super) const BYTES: usize = 32;

    pub(super) fn of(token: &[u8]) -> Self {
        let mut bytes = [0; Self::BYTES];
        bytes.copy_from_slice(digest(&SHA256, token).as_ref());
        Self(bytes)
    }

    /// In a time that does not depend on where they differ.
    pub(super) fn is(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }

    /// As they are, for what need not take the same time always.
    pub(super) fn bytes(&self) -> [u8; Self::BYTES] {
        self.0
    }

    /// 64 digits of base 16, as `sha256sum` writes them.
    fn read(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 2 * Self::BYTES {
            return None;
        }
        let mut bytes = [0; Self::BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let value = char::from(*digit).to_digit(16)?;
                *byte = (*byte << 4) | u8::try_from(value).ok()?;
            }
        }
        Some(Self(bytes))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not repeated: who mistakes this for the place of the token itself has written that here.
        let text = String::deserialize(deserializer)?;
        let accepted = "no SHA-256; accepted are its 64 digits of base 16, as `printf %s \"$TOKEN\" | sha256sum` prints them";
        Self::read(&text).ok_or_else(|| D::Error::custom(accepted))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf %s abc | sha256sum`
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_digest_is_what_sha256sum_prints() {
        for text in [ABC.to_owned(), ABC.to_uppercase()] {
            let read = Digest::read(&text).unwrap();
            assert!(bool::from(read.is(&Digest::of(b"abc"))));
            assert!(!bool::from(read.is(&Digest::of(b"abd"))));
        }
    }

    #[test]
    fn what_is_no_digest_is_none() {
        let long = format!("{ABC}0");
        let other = format!("g{}", &ABC[1..]);
        let wide = "é".repeat(32);
        for text in ["", "abc", &ABC[1..], &long, &other, &wide] {
            assert!(Digest::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn no_debug_shows_it() {
        assert!(!format!("{:?}", Digest::of(b"abc")).contains("ba"));
    }
}

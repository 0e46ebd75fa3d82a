//! The key that signed tokens are verified with, from its file.

use std::{io, path::Path};

use jsonwebtoken::DecodingKey;
use rustls_pki_types::{SubjectPublicKeyInfoDer, pem::PemObject as _};

use super::guarded::{self, Guarded};

/// `SubjectPublicKeyInfo` of an Ed25519 key (RFC 8410) before its 32 bytes.
const ED25519: [u8; 12] = [48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0];

/// The shortest secret, in bytes: HS256 is as strong as that of 32 that are drawn (RFC 7518, 3.2).
const SHORTEST_SECRET: usize = 32;

/// The reason why a key cannot be used. Nothing of it is repeated.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("it cannot be read")]
    Unreadable(#[from] io::Error),
    /// It is no public key for EdDSA.
    #[error(
        "it is no public key for EdDSA; accepted is one of Ed25519 in PEM, as `openssl pkey -pubout` writes it"
    )]
    NoPublicKey,
    /// It is too short for a secret.
    #[error(
        "it is too short for a secret; accepted are {SHORTEST_SECRET} bytes or more that were drawn, as `openssl rand -base64 32` does"
    )]
    ShortSecret,
    /// It is a key in PEM, which may be known to others.
    #[error("it is a key in PEM and no secret; accepted for such a key is algorithm = \"EdDSA\"")]
    PemForSecret,
}

/// The public key of Ed25519.
pub(super) fn public(path: &Path) -> Result<DecodingKey, KeyError> {
    let pem = guarded::read(path, Guarded::Integrity)?;
    let info = SubjectPublicKeyInfoDer::from_pem_slice(&pem).map_err(|_| KeyError::NoPublicKey)?;
    match info.strip_prefix(&ED25519) {
        Some(key) if key.len() == 32 => Ok(DecodingKey::from_ed_der(key)),
        _ => Err(KeyError::NoPublicKey),
    }
}

/// The secret of HS256: what is in the file, without the line break at its end.
pub(super) fn secret(path: &Path) -> Result<DecodingKey, KeyError> {
    let contents = guarded::read(path, Guarded::Secret)?;
    let secret = contents.strip_suffix(b"\n").unwrap_or(&contents);
    let secret = secret.strip_suffix(b"\r").unwrap_or(secret);
    if secret.trim_ascii_start().starts_with(b"-----BEGIN") {
        return Err(KeyError::PemForSecret);
    }
    match secret.len() < SHORTEST_SECRET {
        true => Err(KeyError::ShortSecret),
        false => DecodingKey::from_secret(secret).map_err(|_| KeyError::ShortSecret),
    }
}

//! The cryptography of signed tokens: `ring`, as for TLS.

use jsonwebtoken::{
    Algorithm, DecodingKey,
    crypto::{CryptoProvider, JwtVerifier, KeyUtils},
    errors::{ErrorKind, Result, new_error},
};
use ring::{hmac, signature as ring_signature};
use signature::{Error as Mismatch, Verifier};

/// Verifies two algorithms, and signs nothing.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Has signed tokens verified by this, in this process. Where another provider has been chosen before, that one stays.
pub(super) fn install() {
    let _ = PROVIDER.install_default();
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    // A key is for one family: the public key of the one is never the secret of the other.
    if key.family() != algorithm.family() {
        return Err(new_error(ErrorKind::InvalidAlgorithm));
    }
    let key = key.try_get_as_bytes()?;
    match algorithm {
        Algorithm::EdDSA => {
            let key =
                ring_signature::UnparsedPublicKey::new(&ring_signature::ED25519, key.to_vec());
            Ok(Box::new(EdDsa(key)))
        }
        Algorithm::HS256 => Ok(Box::new(Hs256(hmac::Key::new(hmac::HMAC_SHA256, key)))),
        _ => Err(new_error(ErrorKind::UnsupportedAlgorithm)),
    }
}

struct EdDsa(ring_signature::UnparsedPublicKey<Vec<u8>>);

struct Hs256(hmac::Key);

impl Verifier<Vec<u8>> for EdDsa {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Mismatch> {
        let verified = self.0.verify(message, signature);
        verified.map_err(|_| Mismatch::new())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Mismatch> {
        let verified = hmac::verify(&self.0, message, signature);
        verified.map_err(|_| Mismatch::new())
    }
}

impl JwtVerifier for EdDsa {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

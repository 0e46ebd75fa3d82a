//! For tests: signed tokens of any kind, good and bad.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Value, json};

/// A key for EdDSA.
pub(super) fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

/// Its public key as `openssl pkey -pubout` writes it.
pub(super) fn pem(pair: &Ed25519KeyPair) -> String {
    let mut der = vec![48, 42, 48, 5, 6, 3, 43, 101, 112, 3, 33, 0];
    der.extend_from_slice(pair.public_key().as_ref());
    let text = STANDARD.encode(der);
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
}

/// A token of this header and these claims.
pub(super) fn signed(header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    of_texts(&header.to_string(), &claims.to_string(), sign)
}

/// The same of texts, which need not be JSON.
pub(super) fn of_texts(header: &str, claims: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = [header, claims]
        .map(|text| URL_SAFE_NO_PAD.encode(text))
        .join(".");
    let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// Signs with EdDSA.
pub(super) fn eddsa(pair: &Ed25519KeyPair) -> impl Fn(&[u8]) -> Vec<u8> {
    |message| pair.sign(message).as_ref().to_vec()
}

/// Signs with HS256.
pub(super) fn hs256(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    move |message| hmac::sign(&key, message).as_ref().to_vec()
}

/// Now, Unix seconds.
pub(super) fn now() -> u64 {
    jsonwebtoken::get_current_timestamp()
}

/// Claims of a reader that are good for a minute.
pub(super) fn claims() -> Value {
    json!({
        "sub": "u1", "role": "reader", "scope": ["user_id=u1"], "aud": "metric-service", "iss": "manager",
        "exp": now() + 60,
    })
}

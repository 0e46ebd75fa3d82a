//! Tests of the files that are taken for certificates and keys, and of the errors for others.

use super::*;
use rcgen::{CertifiedKey as Generated, KeyPair, generate_simple_self_signed};
use std::{fs, path::PathBuf};

struct Files(tempfile::TempDir);

impl Files {
    fn with(&self, name: &str, text: &str) -> SecretSource {
        fs::write(self.path(name), text).unwrap();
        SecretSource::file(self.path(name))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn generated() -> (String, String) {
    let Generated { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    (cert.pem(), signing_key.serialize_pem())
}

fn private(files: &Files) -> Credentials {
    let (authority, _) = generated();
    Credentials::new().certificate_authorities(files.with("ca", &authority))
}

#[test]
fn a_changed_certificate_is_used_for_the_next_connection() {
    let files = Files(tempfile::tempdir().unwrap());
    let (chain, key) = generated();
    let credentials =
        private(&files).client_certificate(files.with("chain", &chain), files.with("key", &key));
    let tls = Tls::open(&credentials).unwrap();
    let (first, identity) = tls.current();
    let (again, same) = tls.current();
    assert!(Arc::ptr_eq(&first.config, &again.config));
    assert_eq!(identity, same);

    // One file is there before the other: what was before stays until they fit.
    let (chain, key) = generated();
    files.with("chain", &chain);
    assert!(Arc::ptr_eq(&first.config, &tls.current().0.config));
    files.with("key", &key);
    let (second, identity) = tls.current();
    assert!(!Arc::ptr_eq(&first.config, &second.config));
    assert!(identity > same);
    let shown = |believed: &ServerTrust| believed.shown.key.as_ref().unwrap().cert.clone();
    assert_ne!(shown(&first), shown(&second));
}

#[test]
fn files_that_are_something_else_are_refused_by_name_and_not_repeated() {
    let files = Files(tempfile::tempdir().unwrap());
    let ((chain, key), (_, other_key)) = (generated(), generated());
    let rubbish = "-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n";
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let authorities =
        |name: &str, text: &str| Credentials::new().certificate_authorities(files.with(name, text));
    let client = |name: &str, chain: &str, key: &str| {
        private(&files).client_certificate(files.with(name, chain), files.with(name, key))
    };
    let pair = |chain: &str, name: &str, key: &str| {
        let chain = files.with(&format!("chain-of-{name}"), chain);
        private(&files).client_certificate(chain, files.with(name, key))
    };
    for (name, credentials, reason) in [
        ("empty", authorities("empty", ""), "no certificate"),
        ("text", authorities("text", "hunter2"), "no certificate"),
        (
            "cut",
            authorities("cut", &chain[..chain.len() / 2]),
            "no PEM",
        ),
        ("rubbish", authorities("rubbish", rubbish), "cannot be read"),
        ("key-only", authorities("key-only", &key), "no certificate"),
        (
            "no-chain",
            client("no-chain", "hunter2", "hunter2"),
            "no certificate",
        ),
        ("no-key", pair(&chain, "no-key", &chain), "no private key"),
        (
            "encrypted",
            pair(&chain, "encrypted", &encrypted),
            "it is encrypted",
        ),
        (
            "other-key",
            pair(&chain, "other-key", &other_key),
            "another certificate",
        ),
        ("chain-of-key", pair(rubbish, "key", &key), "cannot be read"),
    ] {
        let error = Tls::open(&credentials).err().unwrap();
        assert!(matches!(error, ConfigError::Secret { .. }), "{error:?}");
        let said = format!("{error} {error:?}");
        let path = files.path(name).display().to_string();
        assert!(said.contains(reason) && said.contains(&path), "{said}");
        let secret = key.lines().nth(1).unwrap();
        assert!(
            !said.contains("hunter2") && !said.contains(secret),
            "{said}"
        );
    }
    let missing = Credentials::new().certificate_authorities(SecretSource::file("/no/such/ca"));
    let error = Tls::open(&missing).err().unwrap();
    assert!(matches!(error, ConfigError::SecretUnreadable { .. }));
    assert!(error.to_string().contains("/no/such/ca"), "{error}");
}

#[test]
fn a_server_name_that_is_none_is_refused() {
    let files = Files(tempfile::tempdir().unwrap());
    let error = Tls::open(&private(&files).server_name("a b"))
        .err()
        .unwrap();
    assert!(matches!(error, ConfigError::Addition { .. }), "{error:?}");
    let tls = Tls::open(&private(&files).server_name("prometheus.example")).unwrap();
    assert!(tls.server_name().is_some());
}

#[test]
fn a_key_is_not_shown_by_debug() {
    let key = KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let chain = params.self_signed(&key).unwrap().pem();
    let files = Files(tempfile::tempdir().unwrap());
    let credentials = private(&files).client_certificate(
        files.with("chain", &chain),
        files.with("key", &key.serialize_pem()),
    );
    let tls = Tls::open(&credentials).unwrap();
    let shown = format!("{:?} {credentials:?}", tls.current().0.config);
    let der = key.serialize_der();
    let secret = &der[der.len() - 16..];
    assert!(!shown.contains(&format!("{secret:?}")), "{shown}");
    let text = key.serialize_pem();
    assert!(!shown.contains(text.lines().nth(1).unwrap()), "{shown}");
}

//! TLS: how an `https` server's certificate is verified, by the system's roots or an authority of the operator's, and
//! which client certificate is sent, if any. Made anew when their files have changed, for new connections.
//!
//! Makes rustls's configuration. Knows nothing of connections.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio_rustls::rustls::{
    ClientConfig, RootCertStore, SignatureScheme,
    client::ResolvesClientCert,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    sign::CertifiedKey,
};

use super::reload::{CredentialsGeneration, Reloading};
use crate::config::{
    credentials::Credentials,
    error::ConfigError,
    secret::{Contents, SecretSource},
};

/// TLS for the connections of a service. Clones share everything.
#[derive(Clone)]
pub(crate) struct Tls {
    state: Arc<Reloading<ServerTrust>>,
    server_name: Option<ServerName<'static>>,
}

/// The TLS state that a connection is made with.
#[derive(Clone)]
pub(crate) struct ServerTrust {
    pub(crate) config: Arc<ClientConfig>,
    shown: Arc<ClientIdentity>,
}

impl Tls {
    /// Reads the certificates. The system's roots, where they are needed, take some milliseconds, and are read once.
    pub(crate) fn open(credentials: &Credentials) -> Result<Self, ConfigError> {
        let authorities = credentials.authorities.clone();
        let system = match authorities {
            Some(_) => None,
            None => Some(system_roots()?),
        };
        let client = credentials.client_certificate.clone();
        let mut sources: Vec<SecretSource> = authorities.iter().cloned().collect();
        sources.extend(client.iter().flat_map(|(chain, key)| [chain, key]).cloned());
        let make = move |contents: &[Contents]| {
            let mut contents = contents.iter().map(Contents::bytes);
            let roots = match (&system, &authorities) {
                (None, Some(place)) => private_roots(contents.next().unwrap_or_default(), place)?,
                (system, _) => system.clone().unwrap_or_else(RootCertStore::empty),
            };
            let provider = Arc::new(ring::default_provider());
            let key = match &client {
                None => None,
                Some(places) => {
                    let (chain, key) = (contents.next(), contents.next());
                    let pem = (chain.unwrap_or_default(), key.unwrap_or_default());
                    Some(certified_key(pem, places, &provider)?)
                }
            };
            ServerTrust::new(roots, key, provider)
        };
        Ok(Self {
            state: Arc::new(Reloading::new("certificates", sources, make)?),
            server_name: credentials.server_name.as_deref().map(name).transpose()?,
        })
    }

    /// For the next connection, and which state of the certificates it is.
    pub(crate) fn current(&self) -> (ServerTrust, CredentialsGeneration) {
        self.state.current()
    }

    /// The name to ask the server for, if it is not the address's host.
    pub(crate) fn server_name(&self) -> Option<&ServerName<'static>> {
        self.server_name.as_ref()
    }
}

impl ServerTrust {
    fn new(
        roots: RootCertStore,
        key: Option<CertifiedKey>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, ConfigError> {
        let shown = Arc::new(ClientIdentity {
            key: key.map(Arc::new),
            was_asked: AtomicBool::new(false),
        });
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| ConfigError::Roots {
                source: io::Error::other(error),
            })?
            .with_root_certificates(roots)
            .with_client_cert_resolver(Arc::clone(&shown) as _);
        Ok(Self {
            config: Arc::new(config),
            shown,
        })
    }

    /// The likely cause if a server hangs up after the handshake. With TLS 1.3 it judges the client's certificate after
    /// that, and its reason may be lost with the connection.
    pub(crate) fn likely_cause(&self) -> Option<&'static str> {
        let was_asked = self.shown.was_asked.load(Ordering::Relaxed);
        was_asked.then_some(match self.shown.key {
            None => {
                "the server asked for a client certificate, got none, and closed the connection"
            }
            Some(_) => "the server closed the connection after it was shown the client certificate",
        })
    }
}

/// The client certificate for servers that ask for one.
#[derive(Debug)]
struct ClientIdentity {
    key: Option<Arc<CertifiedKey>>,
    was_asked: AtomicBool,
}

impl ResolvesClientCert for ClientIdentity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.was_asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}

fn name(name: &str) -> Result<ServerName<'static>, ConfigError> {
    ServerName::try_from(name.to_owned()).map_err(|_| ConfigError::Addition {
        what: "server name",
        name: name.to_owned(),
        reason: "it is neither a DNS name nor an IP address",
    })
}

fn system_roots() -> Result<RootCertStore, ConfigError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let reason = found.errors.into_iter().next().map(io::Error::other);
        return Err(ConfigError::Roots {
            source: reason.unwrap_or_else(|| io::ErrorKind::NotFound.into()),
        });
    }
    Ok(roots)
}

fn private_roots(pem: &[u8], place: &SecretSource) -> Result<RootCertStore, ConfigError> {
    let refused = refused("certificate authorities", place, "certificates in PEM");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| refused("it is no PEM"))?;
        let added = roots.add(certificate);
        added.map_err(|_| refused("one of them cannot be read"))?;
    }
    match roots.is_empty() {
        true => Err(refused("there is no certificate")),
        false => Ok(roots),
    }
}

fn certified_key(
    (chain, key): (&[u8], &[u8]),
    (chain_place, key_place): &(SecretSource, SecretSource),
    provider: &CryptoProvider,
) -> Result<CertifiedKey, ConfigError> {
    const CHAIN: &str = "the client's certificate in PEM, and those between it and its authority";
    const KEY: &str = "the private key of the client's certificate, unencrypted, in PEM";
    let refused_chain = refused("client certificate", chain_place, CHAIN);
    let refused_key = refused("client key", key_place, KEY);
    let chain = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| refused_chain("it is no PEM"))?;
    if chain.is_empty() {
        return Err(refused_chain("there is no certificate"));
    }
    let is_encrypted = key.windows(9).any(|word| word == b"ENCRYPTED");
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| match is_encrypted {
        true => refused_key("it is encrypted"),
        false => refused_key("there is no private key"),
    })?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        tokio_rustls::rustls::Error::InconsistentKeys(_) => {
            refused_key("it belongs to another certificate")
        }
        tokio_rustls::rustls::Error::InvalidCertificate(_) => {
            refused_chain("the certificate cannot be read")
        }
        _ => refused_key("its kind is not supported"),
    })
}

fn refused<'a>(
    what: &'static str,
    place: &'a SecretSource,
    accepted: &'static str,
) -> impl Fn(&'static str) -> ConfigError + use<'a> {
    move |reason| ConfigError::Secret {
        what,
        place: place.clone(),
        reason,
        accepted,
    }
}

#[cfg(test)]
mod tests;

//! How an `https` server is believed: by the system's root certificates.
//!
//! Makes rustls's configuration. Knows nothing of connections.

use std::{io, sync::Arc};

use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};

use crate::error::ConfigError;

/// TLS for the connections of a service. Clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    config: Arc<ClientConfig>,
}

impl Tls {
    /// Reads the system's roots, which takes some milliseconds.
    pub(crate) fn open() -> Result<Self, ConfigError> {
        let roots_error = |source| ConfigError::Roots { source };
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| roots_error(io::Error::other(error)))?;
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(found.certs);
        if added == 0 {
            let reason = found.errors.into_iter().next().map(io::Error::other);
            return Err(roots_error(
                reason.unwrap_or_else(|| io::ErrorKind::NotFound.into()),
            ));
        }
        Ok(Self {
            config: Arc::new(builder.with_root_certificates(roots).with_no_client_auth()),
        })
    }

    /// For the next connection.
    pub(crate) fn client_config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    /// The name to ask the server for, if it is not the address's host.
    pub(crate) fn server_name(&self) -> Option<&ServerName<'static>> {
        None
    }
}

//! The errors of configuring a service, one variant a failure.

use std::io;

use super::secret::SecretSource;

/// The reason why a service cannot be configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The address cannot be read.
    #[error(
        "the address {address:?} cannot be used: {reason}; \
         accepted are host:port, [v6]:port, and http(s)://host[:port][/prefix]"
    )]
    Address {
        /// As it was given, without what may be a secret.
        address: String,
        /// The reason.
        reason: &'static str,
    },
    /// A secret cannot be read.
    #[error("the {what} cannot be read from {place}")]
    SecretUnreadable {
        /// Its purpose.
        what: &'static str,
        /// The place where it should be.
        place: SecretSource,
        /// The system's reason.
        source: io::Error,
    },
    /// A secret, or a certificate, is none. The text found instead is not repeated.
    #[error("the {what} in {place} cannot be used: {reason}; accepted is {accepted}")]
    Secret {
        /// Its purpose.
        what: &'static str,
        /// The place where it is.
        place: SecretSource,
        /// The reason.
        reason: &'static str,
        /// The accepted form.
        accepted: &'static str,
    },
    /// Something is to be added to requests that must not be.
    #[error("the {what} {name:?} cannot be used: {reason}")]
    Addition {
        /// A header, a parameter, a name.
        what: &'static str,
        /// As it was given.
        name: String,
        /// The reason.
        reason: &'static str,
    },
    /// A parameter is to be added to requests that [`Config::backend`](crate::Config::backend) has the plugin set.
    #[error(
        "the parameter {name:?} cannot be added to requests: the configured backend sets it; accepted is one of the two"
    )]
    SetByBackend {
        /// As it was given.
        name: String,
    },
    /// Credentials would go over plain http, and another address is `https`.
    #[error(
        "credentials would go to {address} over plain http, and to another address over https; accepted is https for \
         all of them, or the leave to send them in the clear"
    )]
    CredentialsInTheClear {
        /// The address that they would go to.
        address: String,
    },
    /// The address is `https`, and the system's root certificates cannot be read.
    #[error("the system's root certificates cannot be read, and https needs them")]
    Roots {
        /// The system's reason.
        source: io::Error,
    },
}

//! The credentials of a service: where its secrets are, and what is made of them.
//!
//! `secret.rs` reads them; `egress/client/` adds them to what leaves. Nothing that holds a secret has a `Debug` that shows it.

use super::secret::SecretSource;

/// The credentials of a service, and its tenant.
///
/// Each secret is in a file or in an environment variable. They are read when the service is made, and a file again when
/// it has changed; where what is there then is no good, the last good one stays in use and the log says so. The plugin
/// sees none of them, and what it sets itself under the same names is dropped or denied.
///
/// ```
/// use metric_host::{Credentials, SecretSource};
///
/// // Prometheus behind TLS of the organisation's own, which wants a token and a client certificate.
/// let credentials = Credentials::new()
///     .bearer_token(SecretSource::file("/var/run/secrets/prometheus/token"))
///     .certificate_authorities(SecretSource::file("/etc/ssl/organisation.pem"))
///     .client_certificate(
///         SecretSource::file("/var/run/secrets/prometheus/tls.crt"),
///         SecretSource::file("/var/run/secrets/prometheus/tls.key"),
///     );
///
/// // A tenant: of Mimir, of Thanos, of VictoriaMetrics (cluster), of VictoriaMetrics (one node, by label).
/// let tenant = || SecretSource::variable("TENANT");
/// let mimir = Credentials::new().header("X-Scope-OrgID", tenant());
/// let thanos = Credentials::new().header("THANOS-TENANT", tenant());
/// let cluster = Credentials::new().path(tenant()); // /select/42/prometheus
/// let by_label = Credentials::new().parameter("extra_label", tenant()); // project=42
/// # let _ = (credentials, mimir, thanos, cluster, by_label);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    pub(crate) authorization: Option<Authorization>,
    pub(crate) headers: Vec<(String, SecretSource)>,
    pub(crate) parameters: Vec<(String, SecretSource)>,
    pub(crate) path: Option<SecretSource>,
    pub(crate) authorities: Option<SecretSource>,
    pub(crate) client_certificate: Option<(SecretSource, SecretSource)>,
    pub(crate) server_name: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum Authorization {
    Bearer(SecretSource),
    Basic {
        user: String,
        password: SecretSource,
    },
}

impl Credentials {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// `Authorization: Bearer …`, in the place of what was set before.
    #[must_use]
    pub fn bearer_token(mut self, token: SecretSource) -> Self {
        self.authorization = Some(Authorization::Bearer(token));
        self
    }

    /// `Authorization: Basic …`, in the place of what was set before.
    #[must_use]
    pub fn basic_auth(mut self, user: impl Into<String>, password: SecretSource) -> Self {
        let user = user.into();
        self.authorization = Some(Authorization::Basic { user, password });
        self
    }

    /// A further header, such as a tenant's. None of those that HTTP itself needs, or that the plugin may set.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: SecretSource) -> Self {
        self.headers.push((name.into(), value));
        self
    }

    /// A further parameter of the URL, such as a tenant's. A request of the plugin's that has one of the same name is
    /// denied, and so is one whose parameters cannot be told with certainty. None of those that a query is made of.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: SecretSource) -> Self {
        self.parameters.push((name.into(), value));
        self
    }

    /// A path between the address's prefix and `/api/v1`, for servers that tell tenants by it. It begins with `/`, and
    /// the plugin does not see it.
    #[must_use]
    pub fn path(mut self, path: SecretSource) -> Self {
        self.path = Some(path);
        self
    }

    /// Sets the authorities that issue the servers' certificates, in PEM. They replace the system's roots: an operator
    /// who names an authority does not expect a public one to speak for these servers.
    #[must_use]
    pub fn certificate_authorities(mut self, certificates: SecretSource) -> Self {
        self.authorities = Some(certificates);
        self
    }

    /// The client certificate for a server that asks for one: its chain and its key, unencrypted, in PEM. When they
    /// change, the connections that were made with the old ones are not used any more.
    #[must_use]
    pub fn client_certificate(mut self, chain: SecretSource, key: SecretSource) -> Self {
        self.client_certificate = Some((chain, key));
        self
    }

    /// The name that servers' certificates have to be for. Default: the host of each address.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Returns true if any of it is for TLS alone.
    pub(crate) fn has_tls(&self) -> bool {
        self.authorities.is_some()
            || self.client_certificate.is_some()
            || self.server_name.is_some()
    }
}

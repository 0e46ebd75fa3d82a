//! Everything that the operator sets for a service beyond the plugin's own configuration: read by the host, never shown to the plugin.

pub(crate) mod address;
pub(crate) mod cache;
pub(crate) mod credentials;
pub(crate) mod error;
pub(crate) mod families;
pub(crate) mod limits;
pub(crate) mod network;
pub(crate) mod secret;

use self::{cache::CacheOptions, credentials::Credentials, network::Network};

/// The treatment of a service's requests once they have left the sandbox.
///
/// The default is what [`Plugin::service`](crate::Plugin::service) takes.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ServiceOptions {
    /// Further addresses of the same data, written as the first one is. Requests go to the next one when no connection
    /// to the present one can be made, or it ends one before it answers, answers 502, 503 or 504, or answers partially,
    /// and back after a while; the plugin knows the first one only. Two addresses at most see a request, and one answers:
    /// a partial answer is taken where the other's is not whole, and so is one of more than 4 MiB, which is not waited
    /// for. Default none.
    pub failover: Vec<String>,
    /// Networks that the addresses' names may lead to, beyond those that go without saying: the internet; loopback for
    /// `localhost`; private networks for a name that only these know (`prometheus`, `prometheus.monitoring.svc`,
    /// `*.internal`, `*.local`). An address that is no name is granted as it is. Judged after DNS, for each connection.
    pub networks: Vec<Network>,
    /// The credentials of its requests, and their tenant. Added to a request that goes to the
    /// address or to one of `failover`, and shown to nobody else. Default none.
    pub credentials: Credentials,
    /// True if `credentials` may go over plain http where another address is `https`. Default no
    /// ([`ConfigError::CredentialsInTheClear`](crate::ConfigError::CredentialsInTheClear)): whoever can break the way
    /// to the `https` one would be sent them. Loopback addresses need no leave.
    pub credentials_in_the_clear: bool,
    /// Parameters that are added to the URL of each request, by name and value, as those of `credentials` are, for what
    /// is no secret, such as `nocache` of VictoriaMetrics. Parameters that [`Config::backend`](crate::Config::backend)
    /// has the plugin set are refused ([`ConfigError::SetByBackend`](crate::ConfigError::SetByBackend)). Default none.
    pub parameters: Vec<(String, String)>,
    /// The cache of Prometheus's answers, which are given again to whoever asks the same.
    pub cache: CacheOptions,
}

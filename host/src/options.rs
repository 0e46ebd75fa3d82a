//! What the operator grants a service beyond its address: read by the host, never shown to the plugin.

/// How the requests of a service are treated once they have left the sandbox.
///
/// The default is what [`Plugin::service`](crate::Plugin::service) takes.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ServiceOptions {}

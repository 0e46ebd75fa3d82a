//! The endpoint of queries: the address, the method, and the parameters of each kind of server.

use super::address::Address;

/// The method by which queries are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RequestMethod {
    /// POST, and GET where the server refuses that.
    #[default]
    Auto,
    /// POST with a form.
    Post,
    /// GET, the query in the URL.
    Get,
}

/// The kind of server that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// The requests that all of them understand.
    #[default]
    Auto,
    /// Prometheus.
    Prometheus,
    /// Thanos.
    Thanos,
    /// Mimir or Cortex.
    Mimir,
    /// VictoriaMetrics, a single server.
    Victoria,
    /// A cluster of VictoriaMetrics.
    VictoriaCluster,
}

impl Backend {
    /// The path before `/api/v1`, where the address has none.
    fn prefix(self) -> &'static str {
        match self {
            Self::Auto | Self::Prometheus | Self::Thanos | Self::Victoria => "",
            Self::Mimir => "/prometheus",
            Self::VictoriaCluster => "/select/0/prometheus",
        }
    }

    /// The parameters that go along with each request. Thanos accepts partial answers unless told otherwise, and may
    /// answer from data that was thinned out, of which rates and quantiles are not those of the samples.
    fn parameters(self, partial: bool) -> &'static [(&'static str, &'static str)] {
        match (self, partial) {
            (Self::Thanos, false) => &[
                ("partial_response", "false"),
                ("dedup", "true"),
                ("max_source_resolution", "0s"),
            ],
            (Self::Thanos, true) => &[
                ("partial_response", "true"),
                ("dedup", "true"),
                ("max_source_resolution", "0s"),
            ],
            (Self::VictoriaCluster, false) => &[("deny_partial_response", "1")],
            _ => &[],
        }
    }
}

/// The server and the form of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub(super) address: Address,
    pub(super) method: RequestMethod,
    pub(super) parameters: &'static [(&'static str, &'static str)],
}

impl Endpoint {
    /// The endpoint of a server at an address, which may be told to answer with what it has.
    pub fn new(
        mut address: Address,
        method: RequestMethod,
        backend: Backend,
        partial: bool,
    ) -> Self {
        if address.prefix.is_empty() {
            backend.prefix().clone_into(&mut address.prefix);
        }
        Self {
            address,
            method,
            parameters: backend.parameters(partial),
        }
    }
}

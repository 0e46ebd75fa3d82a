//! `vmauth` in front of several VictoriaMetrics, each a tenant of what then looks like a cluster.

use std::fmt::Write as _;
use std::fs;

use crate::daemon::{Daemon, Launch, Ready};
use crate::error::{TestbedError, file_error};
use crate::finder::VictoriaMetricsTools;
use crate::victoria_metrics::{READY_WITHIN, VictoriaMetrics};

/// A router that shows each server as a tenant, by its place in the list, as a cluster of VictoriaMetrics does:
/// under `/select/0/prometheus`, or with the header `AccountID: 0`.
///
/// Dropped, it is killed; the servers are dropped with it.
#[derive(Debug)]
pub struct Tenants {
    router: Daemon,
    servers: Vec<VictoriaMetrics>,
}

impl Tenants {
    /// Starts the router and waits until it is ready.
    ///
    /// # Errors
    /// [`TestbedError::NotReady`] with the end of its log if it does not come up, [`TestbedError::File`],
    /// [`TestbedError::Run`] or [`TestbedError::Port`] if the machine does not let us.
    pub fn start(
        tools: &VictoriaMetricsTools,
        servers: Vec<VictoriaMetrics>,
    ) -> Result<Self, TestbedError> {
        let folder = Daemon::folder()?;
        let file = folder.path().join("vmauth.yml");
        fs::write(&file, configuration(&servers)).map_err(file_error("write", &file))?;
        let launch = Launch {
            program: tools.vmauth.clone(),
            listen: "-httpListenAddr=",
            arguments: vec![format!("-auth.config={}", file.display())],
            ready: Ready::Answers("/health"),
            ready_within: READY_WITHIN,
        };
        let router = Daemon::start(launch, folder)?;
        Ok(Self { router, servers })
    }

    /// Returns the address where the router listens: `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.router.address().to_string()
    }

    /// The servers behind it, in the order of their numbers.
    #[must_use]
    pub fn servers(&self) -> &[VictoriaMetrics] {
        &self.servers
    }
}

/// vmauth's configuration file. Without a tenant nothing is found: there is no default route.
fn configuration(servers: &[VictoriaMetrics]) -> String {
    let mut text = "unauthorized_user:\n  url_map:\n".to_owned();
    for (number, server) in servers.iter().enumerate() {
        let address = server.address();
        // Writing into a string does not fail.
        let _ = write!(
            text,
            "  - src_paths: [\"/select/{number}/prometheus/.+\"]\n    drop_src_path_prefix_parts: 3\n    \
             url_prefix: \"http://{address}/\"\n  \
             - src_paths: [\"/api/.+\"]\n    src_headers: [\"AccountID: {number}\"]\n    \
             url_prefix: \"http://{address}/\"\n"
        );
    }
    text
}

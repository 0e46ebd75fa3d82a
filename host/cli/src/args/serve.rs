//! The flags of `serve`.

use std::path::PathBuf;

use clap::Args;
use metric_serve::Listen;

pub(crate) const SERVE_EXAMPLES: &str = "\
Ends with 0 when SIGTERM or SIGINT stops it; SIGHUP has it read the access file anew.

Examples:
  metric-host serve --address prometheus:9090
  metric-host serve --listen unix:/run/metric/metric.sock --socket-group
  metric-host serve --listen 0.0.0.0:8480 --access access.toml --host metric.example.org
  curl --json '{\"query\": {\"metric_name\": \"mem\", \"start\": \"2026-01-31\", \"end\": \"2026-02-01\"}}' \\
    http://127.0.0.1:8480/v1/query";

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where to listen: an address with a port, or unix:PATH
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:8480",
        help_heading = None
    )]
    pub(crate) listen: Listen,

    /// Who may ask, and for which series; needed where others than this machine can connect
    #[arg(long, value_name = "FILE", help_heading = None)]
    pub(crate) access: Option<PathBuf>,

    /// A further name of this host, for which requests may be; more than once
    #[arg(long, value_name = "NAME", help_heading = None)]
    pub(crate) host: Vec<String>,

    /// Let the group of the socket's file connect, too, and not its owner alone
    #[arg(long, help_heading = None)]
    pub(crate) socket_group: bool,

    /// The most bytes of memory that all calls may have together; beyond it is a 503 [default: 805306368]
    #[arg(long, value_name = "N", help_heading = None)]
    pub(crate) memory_bytes: Option<u64>,

    /// The most bytes of answers that are kept; 0: none [default: 67108864]
    #[arg(long, value_name = "N", help_heading = None)]
    pub(crate) cache_bytes: Option<u64>,
}

//! The limits of callers on the server itself. Those of a call are the library's [`Limits`](metric_host::Limits).

use std::time::Duration;

/// The limits of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpLimits {
    /// Connections at once. Each takes a descriptor and, without a request, some 20 KiB: half of the 1,024 descriptors
    /// that a process usually has, so that the ways to Prometheus keep theirs. Further ones wait in the system's queue.
    pub connections: usize,
    /// From the connection, or from the answer before, to the end of a request's head. It also ends what is idle.
    pub head_time: Duration,
    /// The bytes of a head, each header with it. A token of 8 KiB and a scope of 16 KiB fit.
    pub head_bytes: usize,
    /// From the head to the end of the body. A megabyte takes a tenth of it over a slow mobile connection.
    pub body_time: Duration,
    /// The bytes of a body. 10,000 subjects of a preset's question are half of it.
    pub body_bytes: usize,
    /// The longest that a client may take nothing of an answer that waits for it. An answer holds its place and its
    /// memory until it has gone out.
    pub stall_time: Duration,
    /// From a stream's first line to its last: it holds an instance of the plugin. A year of 100 series at a minute takes
    /// a tenth of it.
    pub stream_time: Duration,
    /// The longest that the work under way may take when the server is stopped; then it is ended. Longer than a call
    /// may take by default, and shorter than systemd's 90 s.
    pub stop_time: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connections: 512,
            head_time: Duration::from_secs(15),
            head_bytes: 64 << 10,
            body_time: Duration::from_secs(10),
            body_bytes: 1 << 20,
            stall_time: Duration::from_secs(30),
            stream_time: Duration::from_secs(600),
            stop_time: Duration::from_secs(40),
        }
    }
}

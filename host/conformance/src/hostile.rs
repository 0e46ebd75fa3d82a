//! The limits that a case sets for the host: the way out, memory, time, bytes.

use std::time::Duration;

use serde::Deserialize;

use metric_host::Limits;

/// `host`. Absent fields have their usual values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct HostInput {
    /// No request is let out.
    pub(crate) denies: bool,
    memory_bytes: Option<usize>,
    response_bytes: Option<u64>,
    first_byte_ms: Option<u64>,
    between_bytes_ms: Option<u64>,
}

impl HostInput {
    /// The limits.
    pub(crate) fn limits(&self) -> Limits {
        let usual = Limits::default();
        let millis = |given: Option<u64>, usual| given.map_or(usual, Duration::from_millis);
        Limits {
            memory_bytes: self.memory_bytes.unwrap_or(usual.memory_bytes),
            response_bytes: self.response_bytes.unwrap_or(usual.response_bytes),
            first_byte_timeout: millis(self.first_byte_ms, usual.first_byte_timeout),
            between_bytes_timeout: millis(self.between_bytes_ms, usual.between_bytes_timeout),
            ..usual
        }
    }
}

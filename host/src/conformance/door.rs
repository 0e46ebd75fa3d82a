//! The interfaces through which a component can be asked the same: typed or as JSON, with I/O or without.

use serde::Serialize;

use super::case::Call;

/// An exported interface of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// The verbs, with I/O.
    MetricService,
    /// The verbs without I/O.
    Codec,
    /// `metric-service`, as JSON texts.
    JsonService,
    /// `codec`, as JSON texts.
    JsonCodec,
}

impl Door {
    /// The interface's full name.
    pub fn interface(self) -> &'static str {
        match self {
            Self::MetricService => "backendai:metric/metric-service@0.1.0",
            Self::Codec => "backendai:metric/codec@0.1.0",
            Self::JsonService => "backendai:metric/json-service@0.1.0",
            Self::JsonCodec => "backendai:metric/json-codec@0.1.0",
        }
    }

    /// Its name without package and version.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MetricService => "metric-service",
            Self::Codec => "codec",
            Self::JsonService => "json-service",
            Self::JsonCodec => "json-codec",
        }
    }

    /// Whether it has the verb of this call.
    pub(super) fn has(self, call: &Call) -> bool {
        let with_io = matches!(self, Self::MetricService | Self::JsonService);
        match call {
            Call::DetectMetricType { .. } | Call::BuildPromql(_) => true,
            Call::MetadataRequest
            | Call::MetricRequest(_)
            | Call::MetadataResponse { .. }
            | Call::MetricResponse { .. } => !with_io,
            Call::QueryMetadata(_) | Call::QueryMetric { .. } => with_io,
        }
    }
}

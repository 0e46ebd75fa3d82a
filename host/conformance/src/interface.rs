//! The interfaces through which a component can be asked the same: typed or as JSON, with I/O or without.

use serde::Serialize;

use crate::case::Call;
use metric_host::internal::names;

/// An exported interface of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interface {
    /// The verbs, with I/O.
    MetricService,
    /// The verbs without I/O.
    Codec,
    /// The verbs with I/O, as JSON texts.
    Json,
    /// `codec`, as JSON texts.
    JsonCodec,
    /// The verbs of presets, live stats, verdicts and families without I/O, through the same interface as [`JsonCodec`](Self::JsonCodec).
    JsonDecisions,
    /// The verbs of `insight` and `discovery`, as JSON texts: through the same interface as [`Json`](Self::Json).
    JsonInsight,
    /// The verbs of families with I/O, likewise.
    JsonFamilies,
}

/// The verbs that a component of the world `metric-plugin-insight` has besides.
const INSIGHT: [&str; 5] = [
    "find-anomalies",
    "find-outliers",
    "rank",
    "summarize",
    "values",
];

/// The verbs of families that a component of the world `metric-plugin-decisions` has besides.
const FAMILIES: [&str; 3] = ["query-derived", "query-families", "query-family"];

impl Interface {
    /// The interface's full name.
    pub fn interface(self) -> &'static str {
        match self {
            Self::MetricService => names::METRIC_SERVICE,
            Self::Codec => names::CODEC,
            Self::Json | Self::JsonInsight | Self::JsonFamilies => names::JSON,
            Self::JsonCodec | Self::JsonDecisions => names::JSON_CODEC,
        }
    }

    /// Its name without package and version.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MetricService => "metric-service",
            Self::Codec => "codec",
            Self::Json => "json",
            Self::JsonCodec => "json-codec",
            Self::JsonDecisions => "json-codec (decisions)",
            Self::JsonInsight => "json (insight)",
            Self::JsonFamilies => "json (families)",
        }
    }

    /// Returns true if the interface has the verb of this call.
    pub(crate) fn has(self, call: &Call) -> bool {
        let with_io = matches!(self, Self::MetricService | Self::Json);
        match call {
            Call::JsonCodec { verb, .. } => {
                let through = match is_decisions(verb) {
                    true => Self::JsonDecisions,
                    false => Self::JsonCodec,
                };
                self == through
            }
            Call::Json { verb, .. } => {
                let through = match verb.as_str() {
                    verb if INSIGHT.contains(&verb) => Self::JsonInsight,
                    verb if FAMILIES.contains(&verb) => Self::JsonFamilies,
                    _ => Self::Json,
                };
                self == through
            }
            _ if matches!(
                self,
                Self::JsonDecisions | Self::JsonInsight | Self::JsonFamilies
            ) =>
            {
                false
            }
            Call::DetectMetricType { .. } | Call::BuildPromql(_) => true,
            Call::MetadataRequest
            | Call::MetricRequest(_)
            | Call::MetadataResponse { .. }
            | Call::MetricResponse { .. } => !with_io,
            Call::QueryMetadata(_) | Call::QueryMetric { .. } => with_io,
        }
    }
}

/// Returns true if a verb of `json-codec` belongs to presets, live stats, verdicts or families.
fn is_decisions(verb: &str) -> bool {
    ["preset-", "evaluate-", "query-live-stats-", "family-"]
        .iter()
        .any(|head| verb.starts_with(head))
}

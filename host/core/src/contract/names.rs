//! The names of the contract's interfaces and worlds, in the version that this host speaks.

/// The interface of the verbs.
pub const METRIC_SERVICE: &str = "backendai:metric/metric-service@0.2.0";

/// The interface of the verbs without I/O.
pub const CODEC: &str = "backendai:metric/codec@0.2.0";

/// The interface of long ranges, batches and streams. A plugin may lack it.
pub const RANGE_SERVICE: &str = "backendai:metric/range-service@0.2.0";

/// The interface of summaries, ranks, anomalies and outliers. A plugin may lack it.
pub const INSIGHT: &str = "backendai:metric/insight@0.2.0";

/// The interface of what there is to ask for. A plugin may lack it.
pub const DISCOVERY: &str = "backendai:metric/discovery@0.2.0";
/// The interface of live stats. A plugin may lack it.
pub const LIVE_STATS: &str = "backendai:metric/live-stats@0.2.0";

/// The interface of presets, as far as nothing is sent. A plugin may lack it.
pub const PRESET: &str = "backendai:metric/preset@0.2.0";

/// The interface of presets that are asked, and of verdicts. A plugin may lack it.
pub const PRESET_SERVICE: &str = "backendai:metric/preset-service@0.2.0";

/// The interface of families, as far as nothing is sent. A plugin may lack it.
pub const FAMILY: &str = "backendai:metric/family@0.2.0";

/// The interface of families that are asked, and of derived metrics. A plugin may lack it.
pub const FAMILY_SERVICE: &str = "backendai:metric/family-service@0.2.0";

/// The interface of all verbs as JSON texts. A plugin may lack it.
pub const JSON: &str = "backendai:metric/json@0.2.0";

/// The interface of the verbs without I/O as JSON texts, likewise; of this host the conformance kit alone asks it.
pub const JSON_CODEC: &str = "backendai:metric/json-codec@0.2.0";

/// The interface of the records.
const TYPES: &str = "backendai:metric/types@0.2.0";

/// The worlds of the contract, the larger first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// `metric-plugin-decisions`: all that the contract has. Loaded as a `metric-plugin` that can do more.
    PluginDecisions,
    /// `metric-plugin-insight`: without live stats, presets, verdicts and families. Loaded likewise.
    PluginInsight,
    /// `metric-plugin-full`: long ranges as well, and all as JSON texts. Loaded likewise.
    PluginFull,
    /// `metric-plugin`: the verbs, with and without I/O.
    Plugin,
    /// `metric-codec-decisions`: presets and families as well. Loaded as a `metric-codec`.
    CodecDecisions,
    /// `metric-codec-full`: the verbs without I/O, also as JSON texts. Loaded as a `metric-codec`.
    CodecFull,
    /// `metric-codec`: the verbs without I/O.
    Codec,
}

impl World {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::PluginDecisions,
        Self::PluginInsight,
        Self::PluginFull,
        Self::Plugin,
        Self::CodecDecisions,
        Self::CodecFull,
        Self::Codec,
    ];

    /// Its full name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PluginDecisions => "backendai:metric/metric-plugin-decisions@0.2.0",
            Self::PluginInsight => "backendai:metric/metric-plugin-insight@0.2.0",
            Self::PluginFull => "backendai:metric/metric-plugin-full@0.2.0",
            Self::Plugin => "backendai:metric/metric-plugin@0.2.0",
            Self::CodecDecisions => "backendai:metric/metric-codec-decisions@0.2.0",
            Self::CodecFull => "backendai:metric/metric-codec-full@0.2.0",
            Self::Codec => "backendai:metric/metric-codec@0.2.0",
        }
    }

    /// Its name without package and version.
    pub fn short_name(self) -> &'static str {
        let name = self.name();
        let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
        name.split_once('@').map_or(name, |(name, _)| name)
    }

    /// The interfaces that it exports.
    pub const fn exports(self) -> &'static [&'static str] {
        match self {
            Self::PluginDecisions => &[
                TYPES,
                METRIC_SERVICE,
                CODEC,
                RANGE_SERVICE,
                INSIGHT,
                DISCOVERY,
                LIVE_STATS,
                PRESET,
                PRESET_SERVICE,
                FAMILY,
                FAMILY_SERVICE,
                JSON,
                JSON_CODEC,
            ],
            Self::PluginInsight => &[
                TYPES,
                METRIC_SERVICE,
                CODEC,
                RANGE_SERVICE,
                INSIGHT,
                DISCOVERY,
                JSON,
                JSON_CODEC,
            ],
            Self::PluginFull => &[
                TYPES,
                METRIC_SERVICE,
                CODEC,
                RANGE_SERVICE,
                JSON,
                JSON_CODEC,
            ],
            Self::Plugin => &[TYPES, METRIC_SERVICE, CODEC],
            Self::CodecDecisions => &[TYPES, CODEC, PRESET, FAMILY, JSON_CODEC],
            Self::CodecFull => &[TYPES, CODEC, JSON_CODEC],
            Self::Codec => &[TYPES, CODEC],
        }
    }

    /// Returns true if a component of it sends its requests itself.
    pub const fn has_io(self) -> bool {
        matches!(
            self,
            Self::PluginDecisions | Self::PluginInsight | Self::PluginFull | Self::Plugin
        )
    }
}

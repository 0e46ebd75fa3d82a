//! Where the contract's functions are among a component's exports, found once when it is loaded.
//!
//! Knows names only; `contract/bindings.rs` knows the types.
//!
//! A call looks up its own function among them, and has wasmtime compare the types of that one only: comparing
//! those of all, as the generated bindings do for each instance, costs a sixth of the time that an instance takes.

use wasmtime::component::ComponentExportIndex;

use crate::contract::names::{
    CODEC, DISCOVERY, INSIGHT, LIVE_STATS, METRIC_SERVICE, PRESET, PRESET_SERVICE, RANGE_SERVICE,
};
use crate::sandbox::component::{MissingFunction, Sandbox};

macro_rules! functions_of {
    ($(#[$doc:meta])* $name:ident, $interface:expr, { $($field:ident => $function:literal),+ $(,)? }) => {
        $(#[$doc])*
        pub(crate) struct $name {
            $(pub(crate) $field: ComponentExportIndex),+
        }

        impl $name {
            pub(crate) fn find(sandbox: &Sandbox) -> Result<Self, MissingFunction> {
                Ok(Self { $($field: sandbox.find($interface, $function)?),+ })
            }
        }
    };
}

functions_of! {
    /// Those of `metric-service`.
    ServiceFunctions, METRIC_SERVICE, {
        query_metadata => "query-metadata",
        query_metric => "query-metric",
        build_promql => "build-promql",
        detect_metric_type => "detect-metric-type",
    }
}

functions_of! {
    /// Those of `range-service`.
    RangeFunctions, RANGE_SERVICE, {
        plan => "plan",
        query_range => "query-range",
        query_batch => "query-batch",
        query_page => "query-page",
        stream_open => "[static]range-stream.open",
        stream_plan => "[method]range-stream.plan",
        stream_next => "[method]range-stream.next",
    }
}

functions_of! {
    /// Those of `insight`.
    InsightFunctions, INSIGHT, {
        summarize => "summarize",
        rank => "rank",
        find_anomalies => "find-anomalies",
        find_outliers => "find-outliers",
    }
}

functions_of! {
    /// Those of `discovery`.
    DiscoveryFunctions, DISCOVERY, {
        values => "values",
    }
}

functions_of! {
    /// Those of `live-stats`.
    LiveFunctions, LIVE_STATS, {
        query_live_stats => "query-live-stats",
    }
}

functions_of! {
    /// Those of `preset`.
    PresetFunctions, PRESET, {
        check => "check",
        render => "render",
    }
}

functions_of! {
    /// Those of `preset-service`.
    PresetServiceFunctions, PRESET_SERVICE, {
        execute => "execute",
        execute_range => "execute-range",
        evaluate => "evaluate",
    }
}

/// Those that decisions are made by, as far as the plugin has them.
pub(crate) struct DecisionFunctions {
    pub(crate) live: Option<LiveFunctions>,
    pub(crate) preset: Option<PresetFunctions>,
    pub(crate) preset_service: Option<PresetServiceFunctions>,
}

impl DecisionFunctions {
    pub(crate) fn find(sandbox: &Sandbox) -> Result<Self, MissingFunction> {
        let has = |interface| sandbox.exports(interface);
        Ok(Self {
            live: has(LIVE_STATS)
                .then(|| LiveFunctions::find(sandbox))
                .transpose()?,
            preset: has(PRESET)
                .then(|| PresetFunctions::find(sandbox))
                .transpose()?,
            preset_service: has(PRESET_SERVICE)
                .then(|| PresetServiceFunctions::find(sandbox))
                .transpose()?,
        })
    }
}

functions_of! {
    /// Those of `codec`.
    CodecFunctions, CODEC, {
        build_promql => "build-promql",
        detect_metric_type => "detect-metric-type",
        metadata_request => "metadata-request",
        metadata_response => "metadata-response",
        metric_request => "metric-request",
        metric_response => "metric-response",
    }
}

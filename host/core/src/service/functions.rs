//! The indices of the contract's functions among a component's exports, found once when it is loaded.
//!
//! Knows names only; `contract/bindings.rs` knows the types.
//!
//! A call looks up its own function among them, and has wasmtime compare the types of that one only: comparing
//! those of all, as the generated bindings do for each instance, costs a sixth of the time that an instance takes.

use wasmtime::component::ComponentExportIndex;

use crate::contract::{
    error::CallError,
    names::{
        CODEC, DISCOVERY, FAMILY, FAMILY_SERVICE, INSIGHT, JSON, LIVE_STATS, METRIC_SERVICE,
        PRESET, PRESET_SERVICE, RANGE_SERVICE,
    },
};
use crate::sandbox::component::{MissingFunction, Sandbox};

/// The functions of an interface that a component may export.
pub(crate) trait Exported: Sized {
    /// The interface's full name.
    const INTERFACE: &'static str;

    /// The functions, of a component that exports the interface.
    fn find(sandbox: &Sandbox) -> Result<Self, MissingFunction>;

    /// None: the component does not export the interface.
    fn find_if_exported(sandbox: &Sandbox) -> Result<Option<Self>, MissingFunction> {
        let is_exported = sandbox.exports(Self::INTERFACE);
        is_exported.then(|| Self::find(sandbox)).transpose()
    }
}

macro_rules! functions_of {
    ($(#[$doc:meta])* $name:ident, $interface:expr, { $($field:ident => $function:literal),+ $(,)? }) => {
        $(#[$doc])*
        pub(crate) struct $name {
            $(pub(crate) $field: ComponentExportIndex),+
        }

        impl Exported for $name {
            const INTERFACE: &'static str = $interface;

            fn find(sandbox: &Sandbox) -> Result<Self, MissingFunction> {
                Ok(Self { $($field: sandbox.find($interface, $function)?),+ })
            }
        }
    };
}

functions_of! {
    /// The functions of `metric-service`.
    ServiceFunctions, METRIC_SERVICE, {
        query_metadata => "query-metadata",
        query_metric => "query-metric",
        build_promql => "build-promql",
        detect_metric_type => "detect-metric-type",
    }
}

functions_of! {
    /// The functions of `range-service`.
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
    /// The functions of `insight`.
    InsightFunctions, INSIGHT, {
        summarize => "summarize",
        rank => "rank",
        find_anomalies => "find-anomalies",
        find_outliers => "find-outliers",
    }
}

functions_of! {
    /// The functions of `discovery`.
    DiscoveryFunctions, DISCOVERY, {
        values => "values",
    }
}

functions_of! {
    /// The functions of `live-stats`.
    LiveFunctions, LIVE_STATS, {
        query_live_stats => "query-live-stats",
    }
}

functions_of! {
    /// The functions of `preset`.
    PresetFunctions, PRESET, {
        check => "check",
        render => "render",
    }
}

functions_of! {
    /// The functions of `preset-service`.
    PresetServiceFunctions, PRESET_SERVICE, {
        execute => "execute",
        execute_range => "execute-range",
        execute_batch => "execute-batch",
        evaluate => "evaluate",
        evaluate_metric => "evaluate-metric",
    }
}

functions_of! {
    /// The functions of `json`.
    JsonFunctions, JSON, {
        call => "call",
    }
}

functions_of! {
    /// The functions of `family`.
    FamilyFunctions, FAMILY, {
        check => "check",
        build_promql => "build-promql",
    }
}

functions_of! {
    /// The functions of `family-service`.
    FamilyServiceFunctions, FAMILY_SERVICE, {
        query_family => "query-family",
        query_families => "query-families",
        query_derived => "query-derived",
    }
}

/// The functions of a plugin: of `metric-service`, and of the interfaces that it may lack.
pub(crate) struct PluginFunctions {
    pub(crate) service: ServiceFunctions,
    pub(crate) ranges: Option<RangeFunctions>,
    pub(crate) insight: Option<InsightFunctions>,
    pub(crate) discovery: Option<DiscoveryFunctions>,
    pub(crate) live: Option<LiveFunctions>,
    pub(crate) preset: Option<PresetFunctions>,
    pub(crate) preset_service: Option<PresetServiceFunctions>,
    pub(crate) family: Option<FamilyFunctions>,
    pub(crate) family_service: Option<FamilyServiceFunctions>,
    pub(crate) json: Option<JsonFunctions>,
}

impl PluginFunctions {
    pub(crate) fn find(sandbox: &Sandbox) -> Result<Self, MissingFunction> {
        Ok(Self {
            service: ServiceFunctions::find(sandbox)?,
            ranges: RangeFunctions::find_if_exported(sandbox)?,
            insight: InsightFunctions::find_if_exported(sandbox)?,
            discovery: DiscoveryFunctions::find_if_exported(sandbox)?,
            live: LiveFunctions::find_if_exported(sandbox)?,
            preset: PresetFunctions::find_if_exported(sandbox)?,
            preset_service: PresetServiceFunctions::find_if_exported(sandbox)?,
            family: FamilyFunctions::find_if_exported(sandbox)?,
            family_service: FamilyServiceFunctions::find_if_exported(sandbox)?,
            json: JsonFunctions::find_if_exported(sandbox)?,
        })
    }
}

/// The functions of an interface that the plugin may lack, for a verb.
pub(crate) fn supported<'a, F: Exported>(
    functions: &'a Option<F>,
    verb: &'static str,
) -> Result<&'a F, CallError> {
    functions.as_ref().ok_or(CallError::Unsupported {
        verb,
        interface: F::INTERFACE,
    })
}

functions_of! {
    /// The functions of `codec`.
    CodecFunctions, CODEC, {
        build_promql => "build-promql",
        detect_metric_type => "detect-metric-type",
        metadata_request => "metadata-request",
        metadata_response => "metadata-response",
        metric_request => "metric-request",
        metric_response => "metric-response",
    }
}

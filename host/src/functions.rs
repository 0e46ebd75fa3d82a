//! Where the contract's functions are among a plugin's exports, found once when it is loaded.
//!
//! Knows names only; `bindings.rs` knows the types.

use wasmtime::component::{Component, ComponentExportIndex};

use crate::audit::{CODEC, METRIC_SERVICE};

/// The functions of the contract. A call looks up its own among them, and has wasmtime compare the types of
/// that one only: comparing those of all eight, as the generated bindings do for each instance, costs a
/// sixth of the time that an instance takes.
pub(crate) struct Functions {
    pub(crate) query_metadata: ComponentExportIndex,
    pub(crate) query_metric: ComponentExportIndex,
    pub(crate) build_promql: ComponentExportIndex,
    pub(crate) detect_metric_type: ComponentExportIndex,
    pub(crate) metadata_request: ComponentExportIndex,
    pub(crate) metadata_response: ComponentExportIndex,
    pub(crate) metric_request: ComponentExportIndex,
    pub(crate) metric_response: ComponentExportIndex,
}

/// A function that a plugin lacks.
#[derive(Debug, thiserror::Error)]
#[error("it does not export {interface}#{name}")]
pub(crate) struct MissingFunction {
    interface: &'static str,
    name: &'static str,
}

impl Functions {
    pub(crate) fn find(component: &Component) -> Result<Self, MissingFunction> {
        let find = |interface, name| {
            component
                .get_export_index(None, interface)
                .and_then(|instance| component.get_export_index(Some(&instance), name))
                .ok_or(MissingFunction { interface, name })
        };
        Ok(Self {
            query_metadata: find(METRIC_SERVICE, "query-metadata")?,
            query_metric: find(METRIC_SERVICE, "query-metric")?,
            build_promql: find(METRIC_SERVICE, "build-promql")?,
            detect_metric_type: find(METRIC_SERVICE, "detect-metric-type")?,
            metadata_request: find(CODEC, "metadata-request")?,
            metadata_response: find(CODEC, "metadata-response")?,
            metric_request: find(CODEC, "metric-request")?,
            metric_response: find(CODEC, "metric-response")?,
        })
    }
}

//! The plugin as a component: the exports of its world, in terms of [`crate::codec`]. The only part that knows
//! WIT and `wasi:http`. It decides nothing about PromQL or the protocol.
//!
//! Two components are made of this crate. `metric_service.wasm` exports everything (world `metric-plugin-decisions`).
//! With the feature `codec-only`, which the package in `guest/codec` has, it becomes `metric_codec.wasm`, which sends
//! nothing and imports nothing (world `metric-codec-decisions`).

mod bindings;
mod codec;
mod convert;
#[cfg(not(feature = "codec-only"))]
mod convert_insight;
#[cfg(not(feature = "codec-only"))]
mod convert_range;
#[cfg(not(feature = "codec-only"))]
mod deadline;
#[cfg(not(feature = "codec-only"))]
mod discovery;
#[cfg(not(feature = "codec-only"))]
mod exchange;
mod family;
#[cfg(not(feature = "codec-only"))]
mod family_service;
mod heap;
#[cfg(not(feature = "codec-only"))]
mod insight;
mod json;
#[cfg(not(feature = "codec-only"))]
mod live_stats;
mod preset;
#[cfg(not(feature = "codec-only"))]
mod preset_service;
#[cfg(not(feature = "codec-only"))]
mod range_service;
#[cfg(not(feature = "codec-only"))]
mod range_stream;
#[cfg(not(feature = "codec-only"))]
mod ranges;
#[cfg(not(feature = "codec-only"))]
mod service;
#[cfg(not(feature = "codec-only"))]
mod transfer;
#[cfg(not(feature = "codec-only"))]
mod transport_error;

/// The plugin, which implements the exports.
struct Plugin;

#[allow(unsafe_code, reason = "generated: the functions that a host calls")]
mod entry_points {
    use super::{Plugin, bindings};

    bindings::export!(Plugin with_types_in bindings);
}

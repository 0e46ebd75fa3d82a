//! The plugin, the host and a real Prometheus, together.

mod codec;
mod component;
mod failures;
mod gauges;
mod literals;
mod many;
mod metadata;
mod ranges;
mod rates;
mod restarts;
mod schemas;
mod times;

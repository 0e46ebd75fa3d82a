//! The Metric Service plugin, in rings, each knowing only the rings inside it:
//!
//! | ring | what it is for | what it must not know |
//! |---|---|---|
//! | [`domain`] | metric types, labels, PromQL text, time ranges, steps, windows, the catalogue | I/O, the clock, HTTP |
//! | [`prometheus`] | a plan into an HTTP request, answers into series or errors; bytes in, bytes out | verbs, sockets |
//! | [`codec`] | the contract's verbs without I/O, typed and as JSON | WIT, how a request is sent |
//! | `component` | sends, waits, and converts types (WebAssembly only) | how PromQL is written |
//!
//! The way of a query: `component` converts the WIT record to a [`domain::MetricQuery`];
//! [`codec::QueryMetric`] has it checked and written as PromQL by [`domain::plan`], and makes the HTTP
//! request of it; `component` sends it and feeds the body, as it arrives, to a
//! [`prometheus::RangeDecoder`], which ends as series or as an error.
//!
//! All but the last ring is ordinary Rust and is tested natively.
// Tests are built, and run, as those of `metric-guest` alone.
#![cfg(not(all(test, feature = "codec-only")))]

pub mod codec;
pub mod domain;
pub mod prometheus;

#[cfg(target_arch = "wasm32")]
mod component;

//! A real Prometheus on a free loopback port, with generated data in it: what the end-to-end tests,
//! `cargo xtask demo` and the benchmark stand on. It knows nothing of the plugin or of the host.
//!
//! - [`Finder`] finds `prometheus` and `promtool`, or fetches Debian's package without root.
//! - [`Dataset`] is what agents would have exported; [`Shape`] says how much of it.
//! - [`Prometheus`] is a running server; dropped, it is gone, its data too.
//! - [`Authority`] issues certificates that nobody else believes.
//!
//! ```no_run
//! use metric_testbed::{Dataset, Prometheus, PrometheusOptions, Shape};
//!
//! let dataset = Dataset::generate(&Shape::one_series());
//! let server = Prometheus::start_with(PrometheusOptions::default(), &dataset)?;
//! println!("{} series at http://{}", dataset.series().len(), server.address());
//! # Ok::<(), metric_testbed::TestbedError>(())
//! ```

mod blocks;
mod curve;
mod dataset;
mod debian;
mod error;
mod finder;
mod fleet;
mod openmetrics;
mod pki;
mod probe;
mod prometheus;
mod shape;
mod watchdog;

pub use dataset::{Dataset, Series};
pub use error::TestbedError;
pub use finder::{Finder, PrometheusTools};
pub use fleet::{Fleet, Kernel};
pub use openmetrics::{METRIC_FAMILY, write_openmetrics};
pub use pki::{Authority, Certified, Purpose};
pub use probe::http_status;
pub use prometheus::{Prometheus, PrometheusOptions};
pub use shape::{LabelSchema, Shape};

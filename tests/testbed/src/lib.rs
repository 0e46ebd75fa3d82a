//! Real servers on free loopback ports, with generated data in them: what the end-to-end tests,
//! `cargo xtask demo` and the benchmark stand on. It knows nothing of the plugin or of the host.
//!
//! - [`Finder`] finds `prometheus` and `promtool`, or fetches Debian's packages without root: of every
//!   [`PrometheusRelease`], of VictoriaMetrics, and of a [`Registry`].
//! - [`Dataset`] is what agents would have exported; [`Shape`] says how much of it, [`Population`] makes it hard.
//! - [`oracle`] computes right answers from the samples.
//! - [`Prometheus`] and [`VictoriaMetrics`] are running servers; dropped, they are gone, their data too. [`Tenants`]
//!   are several behind one address.
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
mod daemon;
mod dataset;
mod debian;
mod error;
mod exporter;
mod finder;
mod fleet;
mod openmetrics;
pub mod oracle;
mod pki;
mod population;
mod probe;
mod prometheus;
mod registry;
mod release;
mod reports;
mod shape;
mod tenants;
mod victoria_metrics;
mod watchdog;

pub use dataset::{Dataset, Series};
pub use error::TestbedError;
pub use exporter::{exported, exported_histogram};
pub use finder::{Finder, PrometheusTools, VictoriaMetricsTools};
pub use fleet::{Fleet, Kernel};
pub use openmetrics::{METRIC_FAMILY, NAME, write_openmetrics};
pub use pki::{Authority, Certified, Purpose};
pub use population::Population;
pub use probe::http_status;
pub use prometheus::{Prometheus, PrometheusOptions};
pub use registry::Registry;
pub use release::PrometheusRelease;
pub use shape::{LabelSchema, Shape};
pub use tenants::Tenants;
pub use victoria_metrics::VictoriaMetrics;

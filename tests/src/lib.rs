//! The base of the end-to-end tests: the plugin that `cargo xtask build` made, one real Prometheus with known data, and
//! a second way to ask it that has nothing of ours in it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, Result};
use metric_host::{
    CacheOptions, Config, Host, HostOptions, LabelSchema, MetricService, Plugin, ServiceOptions,
};
use metric_testbed::{Dataset, Prometheus, PrometheusOptions, Series, Shape};

pub mod counting_proxy;
pub mod crashing;
pub mod over_http;
pub mod reference;
pub mod soak;

/// The plugin: `METRIC_PLUGIN`, or where `cargo xtask build` puts it.
#[must_use]
pub fn plugin_file() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/wasm32-unknown-unknown/plugin/metric_service.wasm");
    std::env::var_os("METRIC_PLUGIN").map_or(built, PathBuf::from)
}

/// The command line: `METRIC_HOST`, or where a build leaves it, beside the tests.
#[must_use]
pub fn host_executable() -> PathBuf {
    let built = || {
        // <target>/<profile>/deps/<this test>
        let test = std::env::current_exe().unwrap_or_default();
        let profile = test.ancestors().nth(2).map(Path::to_path_buf);
        profile.unwrap_or_default().join("metric-host")
    };
    std::env::var_os("METRIC_HOST").map_or_else(built, PathBuf::from)
}

/// The codec without I/O: `METRIC_CODEC`, or beside the plugin.
#[must_use]
pub fn codec_file() -> PathBuf {
    let built = plugin_file().with_file_name("metric_codec.wasm");
    std::env::var_os("METRIC_CODEC").map_or(built, PathBuf::from)
}

/// The hostile plugin: `METRIC_HOSTILE`, or where `cargo xtask hostile` puts it.
#[must_use]
pub fn hostile_file() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/wasm32-unknown-unknown/plugin/metric_hostile.wasm");
    std::env::var_os("METRIC_HOSTILE").map_or(built, PathBuf::from)
}

/// The plugin, loaded once.
///
/// # Errors
/// Fails if it has not been built.
pub fn plugin() -> Result<Plugin> {
    static PLUGIN: OnceLock<Plugin> = OnceLock::new();
    if let Some(plugin) = PLUGIN.get() {
        return Ok(plugin.clone());
    }
    let file = plugin_file();
    let plugin = Host::new(HostOptions::default())?
        .load_file(&file)
        .with_context(|| {
            format!(
                "no plugin at {}: `cargo xtask build` makes it",
                file.display()
            )
        })?;
    Ok(PLUGIN.get_or_init(|| plugin).clone())
}

/// Without a cache: each request is sent, so that each answer is Prometheus's own.
#[must_use]
pub fn uncached() -> ServiceOptions {
    let mut options = ServiceOptions::default();
    options.cache = CacheOptions::off();
    options
}

/// A value of a label that tries to break out of a PromQL literal.
pub const HOSTILE: &str = "a\"b\\c{d}=~\".*\",\n\r\t\u{1}\u{7f}é한\u{fffd}😀 #`";

/// Bytes a second that the counter of [`STEADY`] grows by, always.
pub const STEADY_RATE: f64 = 1000.0;
/// The kernel whose `net_rx` grows steadily, sampled every 30 s.
pub const STEADY: &str = "steady";

/// The server that all tests ask, and what is in it.
#[derive(Debug)]
pub struct Testbed {
    /// The server.
    pub server: Prometheus,
    /// The documented schema's data.
    pub documented: Dataset,
    /// The same fleet under the agents' own labels, with `agent-` before every kernel.
    pub agent: Dataset,
}

impl Testbed {
    /// The one server of this test run.
    ///
    /// # Errors
    /// Fails if there is no Prometheus, or it does not take the data.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<std::result::Result<Testbed, String>> = OnceLock::new();
        SHARED
            .get_or_init(|| Self::start().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| anyhow::anyhow!("{error}"))
    }

    fn start() -> Result<Self> {
        let mut documented = Dataset::generate(&Shape::four_hours());
        for series in special_series() {
            documented.push(series);
        }
        let agent =
            Dataset::generate(&Shape::four_hours().with_schema(metric_testbed::LabelSchema::Agent));
        let mut all = documented.clone();
        // Under both schemas at once a kernel would be counted twice.
        for series in agent.series() {
            all.push(renamed(series));
        }
        let server = Prometheus::start_with(PrometheusOptions::default(), &all)?;
        Ok(Self {
            server,
            documented,
            agent,
        })
    }

    /// A service that asks this server under the documented schema.
    ///
    /// # Errors
    /// Fails if the plugin has not been built.
    pub fn service(&self) -> Result<MetricService> {
        self.service_with(|_| {})
    }

    /// A service with another configuration.
    ///
    /// # Errors
    /// Fails if the plugin has not been built, or does not take the configuration.
    pub fn service_with(&self, change: impl FnOnce(&mut Config)) -> Result<MetricService> {
        let mut config = Config::new(self.server.address());
        // The data are sampled every 30 s.
        config.sample_interval = Some(30);
        config.label_schema = LabelSchema::Documented;
        change(&mut config);
        Ok(plugin()?.service_with(config, &uncached())?)
    }
}

/// The agent of another schema is another machine.
fn renamed(series: &Series) -> Series {
    let mut series = series.clone();
    for (name, value) in &mut series.labels {
        if name == "kernel_id" {
            *value = format!("agent-{value}");
        }
    }
    series
}

fn special_series() -> Vec<Series> {
    let labels = |metric: &str, kernel: &str| {
        [
            ("container_metric_name", metric),
            ("kernel_id", kernel),
            ("value_type", "current"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    };
    let start = Shape::fixed_start();
    let times: Vec<i64> = (0..=480).map(|i| start + 7 + i * 30).collect();
    #[allow(clippy::cast_precision_loss, reason = "small whole numbers")]
    let counter = times.iter().map(|t| STEADY_RATE * (t - start) as f64);
    let steady = Series {
        labels: labels("net_rx", STEADY),
        values: counter.collect(),
        timestamps: times.clone(),
    };
    let hostile = Series {
        labels: labels("mem", HOSTILE),
        values: vec![42.0; times.len()],
        timestamps: times.clone(),
    };
    let odd_values = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        5e-324,
        f64::MAX,
        0.1,
        -0.0,
    ];
    let odd = Series {
        labels: labels("odd_values", "odd"),
        values: times
            .iter()
            .zip(odd_values.into_iter().cycle())
            .map(|(_, v)| v)
            .collect(),
        timestamps: times,
    };
    vec![steady, hostile, odd]
}

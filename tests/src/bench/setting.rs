//! The base of all rows: the plugin, loaded as an embedder would, and the data in Prometheus.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use metric_host::{CacheOptions, Config, Host, HostOptions, MetricService, Plugin, ServiceOptions};
use metric_testbed::{Dataset, Shape};

/// The plugin and the data.
pub(crate) struct Setting {
    /// Prometheus, `host:port`.
    pub(crate) address: String,
    /// Prometheus 3.5 with the dashboard's data, if it is here.
    pub(crate) latest_address: Option<String>,
    /// The plugin's file.
    pub(crate) plugin_file: PathBuf,
    /// The command line's executable.
    pub(crate) host_executable: PathBuf,
    /// A Python that has what the competing service imports.
    pub(crate) python: Option<PathBuf>,
    /// The host, with the default options.
    pub(crate) host: Host,
    /// The plugin, loaded by it.
    pub(crate) plugin: Plugin,
    /// The data in Prometheus: the first kernel, and how many there are.
    pub(crate) kernel_id: String,
    pub(crate) kernels: usize,
}

impl Setting {
    pub(crate) fn new(
        address: String,
        latest_address: Option<String>,
        plugin_file: PathBuf,
        host_executable: PathBuf,
        python: Option<PathBuf>,
    ) -> Result<Self> {
        let host = Host::new(HostOptions::default())?;
        let plugin = host.load_file(&plugin_file)?;
        // Only who there is; the samples are in Prometheus.
        let shape = Shape {
            to: Shape::bench().from,
            ..Shape::bench()
        };
        let dataset = Dataset::generate(&shape);
        let kernels = &dataset.fleet().kernels;
        let kernel_id = kernels
            .first()
            .context("the data set is empty")?
            .kernel_id
            .clone();
        Ok(Self {
            address,
            latest_address,
            plugin_file,
            host_executable,
            python,
            host,
            plugin,
            kernel_id,
            kernels: kernels.len(),
        })
    }

    /// The plugin with its default configuration, each of whose requests is sent: what comes from the cache would be
    /// compared with what comes from Prometheus.
    pub(crate) fn service(&self) -> Result<MetricService> {
        self.service_at(&self.address)
    }

    /// The same at another address.
    pub(crate) fn service_at(&self, address: &str) -> Result<MetricService> {
        let mut options = ServiceOptions::default();
        options.cache = CacheOptions::off();
        Ok(self.plugin.service_with(Config::new(address), &options)?)
    }

    /// With a cache of its own, which is empty.
    pub(crate) fn cached_service_at(&self, address: &str) -> Result<MetricService> {
        Ok(self.plugin.service(Config::new(address))?)
    }
}

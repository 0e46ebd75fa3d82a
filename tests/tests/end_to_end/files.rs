//! Secrets as files, and services that are told where they are.

use std::fs;

use metric_host::{
    CallError, Config, Credentials, MetricQuery, MetricResult, MetricService, SecretSource,
};
use metric_testbed::{Authority, Certified};
use metric_tests::{plugin, uncached};
use tempfile::TempDir;

/// The secrets of a test, as files.
pub(crate) struct Files(pub(crate) TempDir);

impl Files {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn with(&self, name: &str, text: &str) -> SecretSource {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        SecretSource::file(path)
    }

    pub(crate) fn trusting(&self, authority: &Authority) -> Credentials {
        Credentials::new().certificate_authorities(self.with("ca.pem", &authority.certificate))
    }

    pub(crate) fn showing(&self, credentials: Credentials, client: &Certified) -> Credentials {
        credentials.client_certificate(
            self.with("client.pem", &client.certificate),
            self.with("client.key", &client.key),
        )
    }
}

pub(crate) fn service(
    address: &str,
    failover: &[&str],
    credentials: &Credentials,
) -> MetricService {
    let mut options = uncached();
    options.failover = failover.iter().map(|&address| address.to_owned()).collect();
    options.credentials = credentials.clone();
    let mut config = Config::new(address);
    config.timeout = Some(20_000);
    plugin().unwrap().service_with(config, &options).unwrap()
}

pub(crate) async fn ask(service: &MetricService) -> Result<MetricResult, CallError> {
    service
        .query_metric(&MetricQuery::new("mem", "0", "60"))
        .await
}

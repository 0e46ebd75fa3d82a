//! The verb `query-metadata`.

use super::cache_hint::CacheHint;
use super::call::{Call, check_partial};
use super::config::{Config, ConfigInput};
use super::failure::Failure;
use crate::domain::{CatalogueEntry, MetricType, ValueType, detect_metric_type};
use crate::prometheus::{Decoded, HttpRequest, NamesDecoder, metric_names_request};

/// A request for what can be queried.
#[derive(Debug, Clone)]
pub struct QueryMetadata {
    config: Config,
}

/// One metric found in Prometheus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The name to query it by.
    pub name: String,
    /// How its value type `current` is read.
    pub metric_type: MetricType,
    /// What is known of it.
    pub catalogue: Option<CatalogueEntry>,
    /// Which of its value types exist or can be computed under the configured schema; none known: empty.
    pub value_types: Vec<ValueType>,
}

/// The metrics found in Prometheus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataResult {
    /// In the order in which Prometheus sent them: by name.
    pub metrics: Vec<Metadata>,
    /// Prometheus's warnings.
    pub warnings: Vec<String>,
    /// Prometheus's remarks.
    pub infos: Vec<String>,
    /// Whether metrics may be missing.
    pub partial: bool,
}

impl QueryMetadata {
    /// Checks the configuration.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(config: ConfigInput) -> Result<Self, Failure> {
        Ok(Self {
            config: config.try_into()?,
        })
    }
}

impl Call for QueryMetadata {
    type Decoder = NamesDecoder;
    type Result = MetadataResult;

    fn config(&self) -> &Config {
        &self.config
    }

    fn request(&self) -> HttpRequest {
        metric_names_request(&self.config.endpoint, self.config.settings.label_schema)
    }

    fn cache_hint(&self) -> CacheHint {
        CacheHint::MaxAge(30)
    }

    fn decoder(&self, status: u16) -> NamesDecoder {
        NamesDecoder::new(status, self.config.budget())
    }

    fn result(&self, decoded: Decoded) -> Result<MetadataResult, Failure> {
        check_partial(&decoded, self.config.settings.partial)?;
        let schema = self.config.settings.label_schema;
        let describe = |name: String| {
            let catalogue = CatalogueEntry::of(&name);
            Metadata {
                metric_type: detect_metric_type(&name, Some(ValueType::Current)),
                value_types: catalogue
                    .as_ref()
                    .map(|entry| entry.value_types(schema))
                    .unwrap_or_default(),
                catalogue,
                name,
            }
        };
        Ok(MetadataResult {
            metrics: decoded.names.into_iter().map(describe).collect(),
            warnings: decoded.warnings,
            infos: decoded.infos,
            partial: decoded.partial,
        })
    }
}

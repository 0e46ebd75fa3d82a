//! The verb `query-metadata`.

use super::cache_hint::CacheHint;
use super::call::{Call, check_partial};
use super::config::{Config, ConfigInput};
use super::failure::Failure;
use crate::domain::{CatalogueEntry, MetricType, ValueType, detect_metric_type};
use crate::prometheus::{Decoded, HttpRequest, NamesDecoder, metric_names_request};

/// The most metrics of an answer. Backend.AI's agents have some dozens, with those of plugins some hundreds; more come of
/// a label that holds something else than names.
const MOST_METRICS: usize = 10_000;

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
    /// The reading of its value type `current`.
    pub metric_type: MetricType,
    /// Its entry in the catalogue, if it has one.
    pub catalogue: Option<CatalogueEntry>,
    /// The value types that exist or can be computed under the configured schema; none known: empty.
    pub value_types: Vec<ValueType>,
}

/// The metrics found in Prometheus.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct MetadataResult {
    /// In the order in which Prometheus sent them: by name.
    pub metrics: Vec<Metadata>,
    /// Prometheus's warnings.
    pub warnings: Vec<String>,
    /// Prometheus's remarks.
    pub infos: Vec<String>,
    /// True if metrics may be missing.
    pub partial: bool,
}

impl QueryMetadata {
    /// Checks the configuration.
    ///
    /// # Errors
    /// A configuration that is refused.
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
        if decoded.names.len() > MOST_METRICS {
            return Err(Failure::LimitExceeded {
                limit: "metrics",
                maximum: Some(MOST_METRICS as u64),
                requested: Some(decoded.names.len() as u64),
                message: None,
            });
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prometheus::ResponseDecoder as _;

    /// The outcome for so many names.
    fn read(names: usize) -> Result<MetadataResult, Failure> {
        let names: Vec<String> = (0..names).map(|number| format!("\"m{number}\"")).collect();
        let body = format!(r#"{{"status":"success","data":[{}]}}"#, names.join(","));
        let config = ConfigInput {
            address: "127.0.0.1:9090".to_owned(),
            ..ConfigInput::default()
        };
        let call = QueryMetadata::new(config).unwrap();
        call.result(call.decoder(200).read(body.as_bytes()).unwrap())
    }

    #[test]
    fn more_names_than_there_can_be_metrics_are_too_many() {
        assert_eq!(read(MOST_METRICS).unwrap().metrics.len(), MOST_METRICS);
        let failure = read(MOST_METRICS + 1).unwrap_err();
        assert!(
            matches!(
                failure,
                Failure::LimitExceeded {
                    limit: "metrics",
                    maximum: Some(10_000),
                    requested: Some(10_001),
                    ..
                }
            ),
            "{failure:?}"
        );
    }
}

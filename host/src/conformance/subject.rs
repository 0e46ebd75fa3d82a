//! Who is judged: something that takes a case's call and gives the answer as JSON. Knows the host's public
//! face; the runner does not.

use serde_json::{Value, json};

use super::answer::{answer, chain, metadata, metric_type, request, result};
use super::case::Call;
use crate::{Config, Plugin};

/// An implementation of the contract.
pub(super) trait Subject {
    /// Makes the call with this configuration. See [`super::answer`] for the shape of what comes back.
    async fn answer(&self, config: Config, call: &Call) -> Value;
}

/// A plugin in our own host, with the host's usual limits.
pub(super) struct Hosted<'a>(pub(super) &'a Plugin);

impl Subject for Hosted<'_> {
    async fn answer(&self, config: Config, call: &Call) -> Value {
        let service = match call {
            Call::QueryMetadata(_) | Call::QueryMetric { .. } => match self.0.service(config) {
                Ok(service) => service,
                Err(error) => return json!({ "broken": chain(&error) }),
            },
            // The pure verbs send nothing, and the host need not understand the address.
            _ => self.0.offline(config),
        };
        match call {
            Call::DetectMetricType {
                metric_name,
                value_type,
            } => {
                let value_type = value_type.map(Into::into);
                answer(
                    service.detect_metric_type(metric_name, value_type).await,
                    metric_type,
                )
            }
            Call::BuildPromql(query) => {
                answer(service.build_promql(&query.to_query()).await, Value::String)
            }
            Call::MetadataRequest => answer(service.metadata_request().await, request),
            Call::MetricRequest(query) => {
                answer(service.metric_request(&query.to_query()).await, request)
            }
            Call::MetadataResponse { status, body } => {
                answer(service.metadata_response(*status, body).await, metadata)
            }
            Call::MetricResponse {
                query,
                status,
                body,
            } => answer(
                service
                    .metric_response(&query.to_query(), *status, body)
                    .await,
                result,
            ),
            Call::QueryMetadata(_) => answer(service.query_metadata().await, metadata),
            Call::QueryMetric { query, .. } => {
                answer(service.query_metric(&query.to_query()).await, result)
            }
        }
    }
}

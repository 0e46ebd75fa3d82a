//! The exported interface `metric-service`: the codec's calls, sent by [`exchange`].
//! The pure verbs are the codec's own.

use super::Plugin;
use super::bindings::exports::backendai::metric::types::{
    Config, Error, MetadataResult, MetricQuery, MetricResult, MetricType, ValueType,
};
use super::bindings::exports::backendai::metric::{codec, metric_service};
use super::convert::{config, metadata, metric_query, metric_result};
use super::exchange::exchange;
use crate::codec::{QueryMetadata, QueryMetric};

impl metric_service::Guest for Plugin {
    fn query_metadata(config_: Config) -> Result<MetadataResult, Error> {
        Ok(metadata(exchange(&QueryMetadata::new(config(config_))?)?))
    }

    fn query_metric(config_: Config, query: MetricQuery) -> Result<MetricResult, Error> {
        let call = QueryMetric::new(config(config_), &metric_query(query))?;
        Ok(metric_result(exchange(&call)?))
    }

    fn build_promql(config: Config, query: MetricQuery) -> Result<String, Error> {
        <Self as codec::Guest>::build_promql(config, query)
    }

    fn detect_metric_type(metric_name: String, value_type: Option<ValueType>) -> MetricType {
        <Self as codec::Guest>::detect_metric_type(metric_name, value_type)
    }
}

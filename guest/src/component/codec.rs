//! The exported interface `codec`.

use super::Plugin;
use super::bindings::exports::backendai::metric::codec;
use super::bindings::exports::backendai::metric::types::{
    Config, Error, MetadataResult, MetricQuery, MetricResult, MetricType, ValueType,
};
use super::convert::{config, http_request, metadata, metric_query, metric_result};
use crate::codec::{Call as _, QueryMetadata, QueryMetric, read_whole};
use crate::domain::detect_metric_type;

impl codec::Guest for Plugin {
    fn build_promql(config_: Config, query: MetricQuery) -> Result<String, Error> {
        Ok(QueryMetric::new(config(config_), &metric_query(query))?.promql())
    }

    fn detect_metric_type(metric_name: String, value_type: Option<ValueType>) -> MetricType {
        detect_metric_type(&metric_name, value_type.map(Into::into)).into()
    }

    fn metadata_request(config_: Config) -> Result<codec::HttpRequest, Error> {
        Ok(http_request(QueryMetadata::new(config(config_))?.request()))
    }

    fn metadata_response(
        config_: Config,
        status: u16,
        body: String,
    ) -> Result<MetadataResult, Error> {
        let call = QueryMetadata::new(config(config_))?;
        Ok(metadata(read_whole(&call, status, &body)?))
    }

    fn metric_request(config_: Config, query: MetricQuery) -> Result<codec::HttpRequest, Error> {
        let call = QueryMetric::new(config(config_), &metric_query(query))?;
        Ok(http_request(call.request()))
    }

    fn metric_response(
        config_: Config,
        query: MetricQuery,
        status: u16,
        body: String,
    ) -> Result<MetricResult, Error> {
        let call = QueryMetric::new(config(config_), &metric_query(query))?;
        Ok(metric_result(read_whole(&call, status, &body)?))
    }
}

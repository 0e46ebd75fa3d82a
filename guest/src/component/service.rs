//! The exported interfaces `metric-service` and `json-service`: the codec's calls, sent by [`exchange`].
//! The pure verbs are the codec's own.

use super::Plugin;
use super::bindings::exports::backendai::metric::types::{
    Config, Error, MetricMetadata, MetricQuery, MetricResult, MetricType, ValueType,
};
use super::bindings::exports::backendai::metric::{
    codec, json_codec, json_service, metric_service,
};
use super::convert::{config, metadata, metric_query, metric_result};
use super::exchange::exchange;
use crate::codec::json::{Request, answer};
use crate::codec::{QueryMetadata, QueryMetric};

impl metric_service::Guest for Plugin {
    fn query_metadata(config_: Config) -> Result<Vec<MetricMetadata>, Error> {
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

impl json_service::Guest for Plugin {
    fn query_metadata(request: String) -> String {
        answer(&Request::read(&request).and_then(|r| exchange(&QueryMetadata::new(r.config())?)))
    }

    fn query_metric(request: String) -> String {
        answer(
            &Request::read(&request)
                .and_then(|r| exchange(&QueryMetric::new(r.config(), &r.query()?)?)),
        )
    }

    fn build_promql(request: String) -> String {
        <Self as json_codec::Guest>::build_promql(request)
    }

    fn detect_metric_type(request: String) -> String {
        <Self as json_codec::Guest>::detect_metric_type(request)
    }
}

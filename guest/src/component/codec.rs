//! The exported interfaces `codec` and `json-codec`.

use super::Plugin;
use super::bindings::exports::backendai::metric::types::{
    Config, Error, MetricMetadata, MetricQuery, MetricResult, MetricType, ValueType,
};
use super::bindings::exports::backendai::metric::{codec, json_codec};
use super::convert::{config, http_request, metadata, metric_query, metric_result};
use crate::codec::json::{Detection, Request, answer};
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
    ) -> Result<Vec<MetricMetadata>, Error> {
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

impl json_codec::Guest for Plugin {
    fn build_promql(request: String) -> String {
        answer(
            &Request::read(&request)
                .and_then(|r| Ok(QueryMetric::new(r.config(), &r.query()?)?.promql())),
        )
    }

    fn detect_metric_type(request: String) -> String {
        answer(&Detection::answer(&request))
    }

    fn metadata_request(request: String) -> String {
        answer(&Request::read(&request).and_then(|r| Ok(QueryMetadata::new(r.config())?.request())))
    }

    fn metadata_response(request: String, body: String) -> String {
        answer(
            &Request::read(&request)
                .and_then(|r| read_whole(&QueryMetadata::new(r.config())?, r.status()?, &body)),
        )
    }

    fn metric_request(request: String) -> String {
        answer(
            &Request::read(&request)
                .and_then(|r| Ok(QueryMetric::new(r.config(), &r.query()?)?.request())),
        )
    }

    fn metric_response(request: String, body: String) -> String {
        answer(&Request::read(&request).and_then(|r| {
            read_whole(
                &QueryMetric::new(r.config(), &r.query()?)?,
                r.status()?,
                &body,
            )
        }))
    }
}

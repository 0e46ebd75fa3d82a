//! The exports of the contract, each of which hands over to the attack that was ordered.

use crate::attacks;
use crate::bindings::exports::backendai::metric::range_service::{
    self, Page, Piece, RangeAnswer, RangeError, RangeOptions, RangePlan,
};
use crate::bindings::exports::backendai::metric::types::{
    Config, Error, MetadataResult, MetricQuery, MetricResult, MetricType, ValueType,
};
use crate::bindings::exports::backendai::metric::{codec, json, json_codec, metric_service};
use crate::kit::{nothing, range_answer};
use crate::order::Order;

struct Plugin;

crate::bindings::export!(Plugin with_types_in crate::bindings);

/// The attack, and what it is told. One that does not exist is a crash, which no attack is expected to end in so.
fn ordered(config: &Config) -> (&'static crate::kit::Attack, Order) {
    let order = Order::read(config);
    match attacks::named(&order.attack) {
        Some(attack) => (attack, order),
        None => panic!("no attack is named {}", order.attack),
    }
}

impl metric_service::Guest for Plugin {
    fn query_metadata(config: Config) -> Result<MetadataResult, Error> {
        Ok(MetadataResult {
            metrics: (ordered(&config).0.query_metadata)(),
            warnings: Vec::new(),
            infos: Vec::new(),
            partial: false,
        })
    }

    fn query_metric(config: Config, _: MetricQuery) -> Result<MetricResult, Error> {
        let (attack, order) = ordered(&config);
        (attack.query_metric)(&order)
    }

    fn build_promql(_: Config, _: MetricQuery) -> Result<String, Error> {
        Ok(String::new())
    }

    fn detect_metric_type(_: String, _: Option<ValueType>) -> MetricType {
        MetricType::Gauge
    }
}

impl range_service::Guest for Plugin {
    type RangeStream = Stream;

    fn plan(config: Config, _: MetricQuery, _: RangeOptions) -> Result<RangePlan, Error> {
        Ok((ordered(&config).0.plan)())
    }

    fn query_range(_: Config, _: MetricQuery, _: RangeOptions) -> Result<RangeAnswer, RangeError> {
        Ok(range_answer(nothing()))
    }

    fn query_batch(
        config: Config,
        queries: Vec<MetricQuery>,
        _: RangeOptions,
    ) -> Vec<Result<RangeAnswer, RangeError>> {
        let answers = (ordered(&config).0.query_batch)(queries.len());
        answers.into_iter().map(Ok).collect()
    }

    fn query_page(
        config: Config,
        _: MetricQuery,
        _: RangeOptions,
        cursor: Option<String>,
    ) -> Result<Page, RangeError> {
        Ok((ordered(&config).0.query_page)(cursor))
    }
}

struct Stream(Config);

impl range_service::GuestRangeStream for Stream {
    fn open(
        config: Config,
        _: MetricQuery,
        _: RangeOptions,
    ) -> Result<range_service::RangeStream, RangeError> {
        Ok(range_service::RangeStream::new(Self(config)))
    }

    fn plan(&self) -> RangePlan {
        (ordered(&self.0).0.plan)()
    }

    fn next(&self) -> Result<Option<Piece>, RangeError> {
        Ok((ordered(&self.0).0.piece)())
    }
}

impl codec::Guest for Plugin {
    fn build_promql(_: Config, _: MetricQuery) -> Result<String, Error> {
        Ok(String::new())
    }

    fn detect_metric_type(_: String, _: Option<ValueType>) -> MetricType {
        MetricType::Gauge
    }

    fn metadata_request(_: Config) -> Result<codec::HttpRequest, Error> {
        Err(not_meant())
    }

    fn metadata_response(_: Config, _: u16, _: String) -> Result<MetadataResult, Error> {
        Err(not_meant())
    }

    fn metric_request(config: Config, _: MetricQuery) -> Result<codec::HttpRequest, Error> {
        let (attack, order) = ordered(&config);
        Ok((attack.metric_request)(&order))
    }

    fn metric_response(
        _: Config,
        _: MetricQuery,
        _: u16,
        _: String,
    ) -> Result<MetricResult, Error> {
        Err(not_meant())
    }
}

/// No attack comes through here: these functions have no request and no result to lie with that the others have not.
fn not_meant() -> Error {
    Error::Denied("it is not meant to".to_owned())
}

impl json::Guest for Plugin {
    fn call(_: String, _: String) -> String {
        String::new()
    }
}

impl json_codec::Guest for Plugin {
    fn call(_: String, _: String, _: String) -> String {
        String::new()
    }
}

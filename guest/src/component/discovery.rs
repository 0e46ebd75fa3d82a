//! The exported interface `discovery`.

use super::Plugin;
use super::bindings::exports::backendai::metric::discovery as outer;
use super::bindings::exports::backendai::metric::types::{Config, Error};
use super::convert::{config, label_filter};
use super::exchange::exchange;
use crate::codec::QueryValues;
use crate::domain::{ValueFilter, ValueSource};

impl outer::Guest for Plugin {
    fn values(
        config_: Config,
        source: outer::ValueSource,
        filter: outer::ValueFilter,
    ) -> Result<outer::ValueAnswer, Error> {
        let source = match source {
            outer::ValueSource::Dimension(dimension) => ValueSource::Dimension(dimension.into()),
            outer::ValueSource::Label(name) => ValueSource::Label(name),
        };
        let filter = ValueFilter {
            metric_name: filter.metric_name,
            labels: label_filter(filter.labels),
            start: filter.start,
            end: filter.end,
            limit: filter.limit,
        };
        let result = exchange(&QueryValues::new(config(config_), &source, &filter)?)?;
        Ok(outer::ValueAnswer {
            values: result.values,
            more: result.more,
            warnings: result.warnings,
            infos: result.infos,
            partial: result.partial,
        })
    }
}

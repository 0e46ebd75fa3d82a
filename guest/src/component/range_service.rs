//! The exported interface `range-service`: the verbs of [`ranges`](super::ranges) in the contract's types.

use super::Plugin;
use super::bindings::exports::backendai::metric::range_service as outer;
use super::bindings::exports::backendai::metric::types::{Config, Error, MetricQuery};
use super::convert::{config, metric_query};
use super::convert_range;
use super::range_stream::Stream;
use super::ranges::{batch, page, range, range_plan};

impl outer::Guest for Plugin {
    type RangeStream = Stream;

    fn plan(
        config_: Config,
        query: MetricQuery,
        options: outer::RangeOptions,
    ) -> Result<outer::RangePlan, Error> {
        let options = convert_range::range_options(options);
        let plan = range_plan(config(config_), &metric_query(query), options)?;
        Ok(convert_range::range_plan(plan))
    }

    fn query_range(
        config_: Config,
        query: MetricQuery,
        options: outer::RangeOptions,
    ) -> Result<outer::RangeAnswer, outer::RangeError> {
        let options = convert_range::range_options(options);
        let answer = range(config(config_), &metric_query(query), options)?;
        Ok(convert_range::range_answer(answer))
    }

    fn query_batch(
        config_: Config,
        queries: Vec<MetricQuery>,
        options: outer::RangeOptions,
    ) -> Vec<Result<outer::RangeAnswer, outer::RangeError>> {
        let options = convert_range::range_options(options);
        let queries: Vec<_> = queries.into_iter().map(metric_query).collect();
        batch(config(config_), &queries, options)
            .into_iter()
            .map(|answer| Ok(convert_range::range_answer(answer?)))
            .collect()
    }

    fn query_page(
        config_: Config,
        query: MetricQuery,
        options: outer::RangeOptions,
        cursor: Option<String>,
    ) -> Result<outer::Page, outer::RangeError> {
        let options = convert_range::range_options(options);
        let page = page(
            config(config_),
            &metric_query(query),
            options,
            cursor.as_deref(),
        )?;
        Ok(outer::Page {
            answer: convert_range::range_answer(page.answer),
            next: page.next,
        })
    }
}

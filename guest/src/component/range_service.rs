//! The exported interface `range-service`: long ranges and many queries, planned and joined by the codec, sent by
//! [`exchange_all`]. The functions below it are what the JSON interface calls as well.

use super::Plugin;
use super::bindings::exports::backendai::metric::range_service as outer;
use super::bindings::exports::backendai::metric::types::{Config, Error, MetricQuery};
use super::convert::{config, metric_query};
use super::convert_range;
use super::deadline::Deadline;
use super::exchange::exchange_all;
use super::range_stream::Stream;
use crate::codec::json::Page;
use crate::codec::{self, Batch, Configured, Failure, QueryRange, RangeFailure, RangeResult};
use crate::domain::{self, RangeOptions, RangeOptionsInput, RangePlan};

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

/// What a range would be asked as.
pub(super) fn range_plan(
    config: codec::Config,
    query: &domain::MetricQuery,
    options: RangeOptionsInput,
) -> Result<RangePlan, Failure> {
    let (configured, options) = checked(config, options)?;
    Ok(QueryRange::new(&configured, query, &options)?.plan)
}

/// A whole range.
pub(super) fn range(
    config: codec::Config,
    query: &domain::MetricQuery,
    options: RangeOptionsInput,
) -> Result<RangeResult, RangeFailure> {
    let (configured, options) = checked(config, options)?;
    let query = QueryRange::new(&configured, query, &options)?;
    one(&configured, query, &options)
}

/// One page of a range.
pub(super) fn page(
    config: codec::Config,
    query: &domain::MetricQuery,
    options: RangeOptionsInput,
    cursor: Option<&str>,
) -> Result<Page, RangeFailure> {
    let (configured, options) = checked(config, options)?;
    let mut query = QueryRange::new(&configured, query, &options)?;
    let next = query.turn_to(cursor)?;
    Ok(Page {
        answer: one(&configured, query, &options)?,
        next,
    })
}

/// Many ranges, in the order of the queries.
pub(super) fn batch(
    config: codec::Config,
    queries: &[domain::MetricQuery],
    options: RangeOptionsInput,
) -> Vec<Result<RangeResult, RangeFailure>> {
    let (configured, options) = match checked(config, options) {
        Ok(checked) => checked,
        Err(failure) => {
            let failed = |_| Err(RangeFailure::from(failure.clone()));
            return queries.iter().map(failed).collect();
        }
    };
    let mut refused = Vec::new();
    let mut accepted = Vec::new();
    for query in queries {
        match QueryRange::new(&configured, query, &options) {
            Ok(query) => {
                accepted.push(query);
                refused.push(None);
            }
            Err(failure) => refused.push(Some(failure)),
        }
    }
    let mut answers = sent(&configured, accepted, &options).into_iter();
    let answer = |refused: Option<Failure>| match refused {
        Some(failure) => Some(Err(failure.into())),
        None => answers.next(),
    };
    refused.into_iter().filter_map(answer).collect()
}

/// The configuration and the options that all queries of a call have.
#[inline(never)]
pub(super) fn checked(
    config: codec::Config,
    options: RangeOptionsInput,
) -> Result<(Configured, RangeOptions), Failure> {
    let options = RangeOptions::try_from(options)?;
    Ok((config.try_into()?, options))
}

fn one(
    configured: &Configured,
    query: QueryRange,
    options: &RangeOptions,
) -> Result<RangeResult, RangeFailure> {
    let answers = sent(configured, vec![query], options);
    answers.into_iter().next().ok_or_else(Failure::unanswered)?
}

/// The answers to some queries, in their order.
#[inline(never)]
pub(super) fn sent(
    configured: &Configured,
    queries: Vec<QueryRange>,
    options: &RangeOptions,
) -> Vec<Result<RangeResult, RangeFailure>> {
    let deadline = Deadline::new(&configured.settings);
    let mut batch = Batch::new(configured, queries);
    let concurrency = usize::try_from(options.concurrency.get()).unwrap_or(usize::MAX);
    exchange_all(&mut batch, concurrency, &deadline);
    batch.results().collect()
}

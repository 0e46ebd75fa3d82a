//! The exported interface `range-service`: long ranges and many queries, planned and joined by the codec, sent by
//! [`exchange_all`].

use super::Plugin;
use super::bindings::exports::backendai::metric::range_service::{
    Guest, Page, RangeAnswer, RangeError, RangeOptions, RangePlan,
};
use super::bindings::exports::backendai::metric::types::{Config, Error, MetricQuery};
use super::convert::{config, metric_query};
use super::convert_range::{range_answer, range_options, range_plan};
use super::deadline::Deadline;
use super::exchange::exchange_all;
use super::range_stream::Stream;
use crate::codec::{Batch, Configured, Failure, QueryRange, RangeFailure, RangeResult};
use crate::domain;

impl Guest for Plugin {
    type RangeStream = Stream;

    fn plan(config: Config, query: MetricQuery, options: RangeOptions) -> Result<RangePlan, Error> {
        let (configured, options) = checked(config, options)?;
        Ok(range_plan(planned(&configured, query, &options)?.plan))
    }

    fn query_range(
        config: Config,
        query: MetricQuery,
        options: RangeOptions,
    ) -> Result<RangeAnswer, RangeError> {
        let (configured, options) = checked(config, options)?;
        let query = planned(&configured, query, &options)?;
        Ok(range_answer(one(&configured, query, &options)?))
    }

    fn query_batch(
        config: Config,
        queries: Vec<MetricQuery>,
        options: RangeOptions,
    ) -> Vec<Result<RangeAnswer, RangeError>> {
        let (configured, options) = match checked(config, options) {
            Ok(checked) => checked,
            Err(failure) => {
                let failed = |_| Err(RangeError::from(RangeFailure::from(failure.clone())));
                return queries.into_iter().map(failed).collect();
            }
        };
        let mut refused = Vec::new();
        let mut accepted = Vec::new();
        for query in queries {
            match planned(&configured, query, &options) {
                Ok(query) => {
                    accepted.push(query);
                    refused.push(None);
                }
                Err(failure) => refused.push(Some(failure)),
            }
        }
        let mut answers = sent(&configured, accepted, &options).into_iter();
        let answer = |refused: Option<Failure>| match refused {
            Some(failure) => Some(Err(RangeFailure::from(failure).into())),
            None => Some(answers.next()?.map(range_answer).map_err(Into::into)),
        };
        refused.into_iter().filter_map(answer).collect()
    }

    fn query_page(
        config: Config,
        query: MetricQuery,
        options: RangeOptions,
        cursor: Option<String>,
    ) -> Result<Page, RangeError> {
        let (configured, options) = checked(config, options)?;
        let mut query = planned(&configured, query, &options)?;
        let next = query.turn_to(cursor.as_deref())?;
        Ok(Page {
            answer: range_answer(one(&configured, query, &options)?),
            next,
        })
    }
}

/// The configuration and the options that all queries of a call have.
#[inline(never)]
pub(super) fn checked(
    config_: Config,
    options: RangeOptions,
) -> Result<(Configured, domain::RangeOptions), Failure> {
    let options = domain::RangeOptions::try_from(range_options(options))?;
    Ok((config(config_).try_into()?, options))
}

#[inline(never)]
pub(super) fn planned(
    configured: &Configured,
    query: MetricQuery,
    options: &domain::RangeOptions,
) -> Result<QueryRange, Failure> {
    QueryRange::new(configured, &metric_query(query), options)
}

fn one(
    configured: &Configured,
    query: QueryRange,
    options: &domain::RangeOptions,
) -> Result<RangeResult, RangeFailure> {
    let answers = sent(configured, vec![query], options);
    // A batch has as many answers as queries.
    let none = || Failure::Interrupted("no answer came".to_owned());
    answers.into_iter().next().ok_or_else(none)?
}

#[inline(never)]
fn sent(
    configured: &Configured,
    queries: Vec<QueryRange>,
    options: &domain::RangeOptions,
) -> Vec<Result<RangeResult, RangeFailure>> {
    let deadline = Deadline::in_millis(configured.settings.timeout);
    let mut batch = Batch::new(configured, queries);
    let concurrency = usize::try_from(options.concurrency.get()).unwrap_or(usize::MAX);
    exchange_all(&mut batch, concurrency, &deadline);
    batch.results().collect()
}

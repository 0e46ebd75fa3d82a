//! Long ranges and many queries, planned and joined by the codec, sent by [`exchange_all`]: the verbs that the typed
//! interface and the JSON interface have in common.

use super::deadline::Deadline;
use super::exchange::exchange_all;
use crate::codec::decisions::{PresetBatch, Requests, RunInput, RunResult};
use crate::codec::json::Page;
use crate::codec::{Batch, Config, ConfigInput, Failure, QueryRange, RangeFailure, RangeResult};
use crate::domain::family::FamilyQuery;
use crate::domain::preset::{ArgumentsInput, PresetInput, PresetRange};
use crate::domain::{MetricQuery, RangeOptions, RangeOptionsInput, RangePlan};

/// The plan of a range.
pub(super) fn range_plan(
    config: ConfigInput,
    query: &MetricQuery,
    options: RangeOptionsInput,
) -> Result<RangePlan, Failure> {
    let (config, options) = checked(config, options)?;
    Ok(QueryRange::new(&config, query, &options)?.plan)
}

/// A whole range.
pub(super) fn range(
    config: ConfigInput,
    query: &MetricQuery,
    options: RangeOptionsInput,
) -> Result<RangeResult, RangeFailure> {
    whole(config, query, options, QueryRange::new)
}

/// A family over a range.
pub(super) fn family(
    config: ConfigInput,
    query: &FamilyQuery,
    options: RangeOptionsInput,
) -> Result<RangeResult, RangeFailure> {
    whole(config, query, options, QueryRange::of_family)
}

/// A preset over a range.
pub(super) fn preset_range(
    config: ConfigInput,
    preset: PresetInput,
    arguments: &ArgumentsInput,
    range: &PresetRange,
    options: RangeOptionsInput,
) -> Result<RangeResult, RangeFailure> {
    let (config, options) = checked(config, options)?;
    let query = QueryRange::of_preset(&config, preset, arguments, range, &options)?;
    one(&config, query, &options)
}

/// One page of a range.
pub(super) fn page(
    config: ConfigInput,
    query: &MetricQuery,
    options: RangeOptionsInput,
    cursor: Option<&str>,
) -> Result<Page, RangeFailure> {
    let (config, options) = checked(config, options)?;
    let mut query = QueryRange::new(&config, query, &options)?;
    let next = query.turn_to(cursor)?;
    Ok(Page {
        answer: one(&config, query, &options)?,
        next,
    })
}

/// Many ranges, in the order of the queries.
pub(super) fn batch(
    config: ConfigInput,
    queries: &[MetricQuery],
    options: RangeOptionsInput,
) -> Vec<Result<RangeResult, RangeFailure>> {
    many(config, queries, options, QueryRange::new)
}

/// Many families, in the order of the queries.
pub(super) fn families(
    config: ConfigInput,
    queries: &[FamilyQuery],
    options: RangeOptionsInput,
) -> Vec<Result<RangeResult, RangeFailure>> {
    many(config, queries, options, QueryRange::of_family)
}

/// The plan of a question over a range.
type Plan<Q> = fn(&Config, &Q, &RangeOptions) -> Result<QueryRange, Failure>;

fn whole<Q>(
    config: ConfigInput,
    query: &Q,
    options: RangeOptionsInput,
    plan: Plan<Q>,
) -> Result<RangeResult, RangeFailure> {
    let (config, options) = checked(config, options)?;
    let query = plan(&config, query, &options)?;
    one(&config, query, &options)
}

fn many<Q>(
    config: ConfigInput,
    queries: &[Q],
    options: RangeOptionsInput,
    plan: Plan<Q>,
) -> Vec<Result<RangeResult, RangeFailure>> {
    let (config, options) = match checked(config, options) {
        Ok(checked) => checked,
        Err(failure) => return vec![Err(failure.into()); queries.len()],
    };
    let planned = queries.iter().map(|query| plan(&config, query, &options));
    batch_of(&config, planned.collect(), &options)
}

/// The answers to those that were planned, and the others as they were refused.
#[inline(never)]
fn batch_of(
    config: &Config,
    planned: Vec<Result<QueryRange, Failure>>,
    options: &RangeOptions,
) -> Vec<Result<RangeResult, RangeFailure>> {
    let mut refused = Vec::new();
    let mut accepted = Vec::new();
    for query in planned {
        match query {
            Ok(query) => {
                accepted.push(query);
                refused.push(None);
            }
            Err(failure) => refused.push(Some(failure)),
        }
    }
    let mut answers = sent(config, accepted, options).into_iter();
    let answer = |refused: Option<Failure>| match refused {
        Some(failure) => Some(Err(failure.into())),
        None => answers.next(),
    };
    refused.into_iter().filter_map(answer).collect()
}

/// Many presets, in their order.
pub(super) fn preset_batch(
    config: ConfigInput,
    runs: &[RunInput],
    options: RangeOptionsInput,
) -> Vec<Result<RunResult, RangeFailure>> {
    let (config, options) = match checked(config, options) {
        Ok(checked) => checked,
        Err(failure) => {
            let failed = |_| Err(RangeFailure::from(failure.clone()));
            return runs.iter().map(failed).collect();
        }
    };
    let mut batch = PresetBatch::new(&config, runs, &options);
    exchange_many(&config, &mut batch, &options);
    batch.results()
}

/// The configuration and the options that all queries of a call have.
#[inline(never)]
pub(super) fn checked(
    config: ConfigInput,
    options: RangeOptionsInput,
) -> Result<(Config, RangeOptions), Failure> {
    let options = RangeOptions::try_from(options)?;
    Ok((config.try_into()?, options))
}

fn one(
    config: &Config,
    query: QueryRange,
    options: &RangeOptions,
) -> Result<RangeResult, RangeFailure> {
    let answers = sent(config, vec![query], options);
    answers.into_iter().next().ok_or_else(Failure::no_answer)?
}

/// The answers to some queries, in their order.
#[inline(never)]
pub(super) fn sent(
    config: &Config,
    queries: Vec<QueryRange>,
    options: &RangeOptions,
) -> Vec<Result<RangeResult, RangeFailure>> {
    let mut batch = Batch::new(config, queries);
    exchange_many(config, &mut batch, options);
    batch.results().collect()
}

fn exchange_many<R: Requests>(config: &Config, batch: &mut R, options: &RangeOptions) {
    let deadline = Deadline::new(&config.settings);
    let concurrency = usize::try_from(options.concurrency.get()).unwrap_or(usize::MAX);
    exchange_all(batch, concurrency, &deadline);
}

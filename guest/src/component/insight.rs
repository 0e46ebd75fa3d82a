//! The exported interface `insight`: the codec's verbs over whole ranges. [`ask`] is what the JSON interface calls too.

use super::Plugin;
use super::bindings::exports::backendai::metric::insight as outer;
use super::bindings::exports::backendai::metric::types::{Config, Dimension, MetricQuery};
use super::convert::{config, metric_query};
use super::convert_insight as convert;
use super::convert_range::range_options;
use super::ranges::{checked, sent};
use crate::codec::insight::{FindAnomalies, FindOutliers, Insight, Rank, Summarize};
use crate::codec::{self, ConfigInput, Failure, RangeFailure};
use crate::domain::{self, RangeOptions, RangeOptionsInput};

type Answer<T> = Result<T, outer::RangeError>;

impl outer::Guest for Plugin {
    fn summarize(
        config_: Config,
        query: MetricQuery,
        quantiles: Vec<f64>,
        options: outer::RangeOptions,
    ) -> Answer<outer::SummaryAnswer> {
        let (query, options) = (metric_query(query), range_options(options));
        let answer = ask(config(config_), options, |config, options| {
            Summarize::new(config, &query, quantiles, options)
        })?;
        Ok(convert::summary_answer(answer))
    }

    fn rank(
        config_: Config,
        query: MetricQuery,
        ranking: outer::Ranking,
        options: outer::RangeOptions,
    ) -> Answer<outer::Ranked> {
        let (query, options) = (metric_query(query), range_options(options));
        let answer = ask(config(config_), options, |config, options| {
            Rank::new(config, &query, convert::ranking(ranking), options)
        })?;
        Ok(convert::ranked(answer))
    }

    fn find_anomalies(
        config_: Config,
        query: MetricQuery,
        detection: outer::Detection,
        options: outer::RangeOptions,
    ) -> Answer<outer::WatchAnswer> {
        let (query, options) = (metric_query(query), range_options(options));
        let answer = ask(config(config_), options, |config, options| {
            FindAnomalies::new(config, &query, convert::detection(detection), options)
        })?;
        Ok(convert::watch_answer(answer))
    }

    fn find_outliers(
        config_: Config,
        query: MetricQuery,
        member: Dimension,
        tolerance: outer::Tolerance,
        options: outer::RangeOptions,
    ) -> Answer<outer::WatchAnswer> {
        let (query, options) = (metric_query(query), range_options(options));
        let (member, tolerance): (domain::Dimension, _) =
            (member.into(), convert::tolerance(tolerance));
        let answer = ask(config(config_), options, |config, options| {
            FindOutliers::new(config, &query, member, tolerance, options)
        })?;
        Ok(convert::watch_answer(answer))
    }
}

/// Plans a verb, sends what it asks for, and gives what the answers come to.
pub(super) fn ask<V: Insight>(
    config: ConfigInput,
    options: RangeOptionsInput,
    plan: impl FnOnce(&codec::Config, &RangeOptions) -> Result<V, Failure>,
) -> Result<V::Result, RangeFailure> {
    let (config, options) = checked(config, options)?;
    let verb = plan(&config, &options)?;
    let ask =
        |queries| -> Result<Vec<_>, _> { sent(&config, queries, &options).into_iter().collect() };
    let mut answers = ask(verb.queries())?;
    let more = verb.more(&answers);
    if !more.is_empty() {
        answers.extend(ask(more)?);
    }
    Ok(verb.result(answers)?)
}

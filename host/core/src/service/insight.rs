//! The verbs over whole ranges, and those of discovery: the contract's `insight` and `discovery`.
//!
//! The plugin computes; here it is asked, told the time, and held to what can be counted.

use super::{
    MetricService,
    functions::{DiscoveryFunctions, InsightFunctions, supported},
    grid::Grid,
    validate::{broken, check_label_sets, check_series, checked},
};
use crate::contract::{
    bindings::exports::backendai::metric::insight as wit,
    error::CallError,
    insight::{
        Detection, Ranked, Ranking, SummaryAnswer, Tolerance, ValueAnswer, ValueFilter,
        ValueSource, WatchAnswer, Watched,
    },
    range::MissingChunk,
    types::{Dimension, MetricQuery, MetricResult, RangeOptions},
};

/// The quantiles of a summary that names none. From the contract.
const QUANTILES: usize = 2;
/// The most groups that are looked at. From the contract.
const GROUPS: usize = 10_000;
/// The groups of a rank, and the values of a list, where nothing else was asked for. From the contract.
const RANKED: u32 = 5;
const VALUES: u32 = 1000;

/// Sums up, ranks, watches, and lists values. A plugin may lack these verbs:
/// [`Plugin::has_insight`](crate::Plugin::has_insight), [`Plugin::has_discovery`](crate::Plugin::has_discovery).
impl MetricService {
    /// Sums up each group of a query over the whole range. `quantiles` are parts from 0 to 1, at most 16; none: the
    /// median and the 95th percentile.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn summarize(
        &self,
        query: &MetricQuery,
        quantiles: &[f64],
        options: &RangeOptions,
    ) -> Result<SummaryAnswer, CallError> {
        self.observed("summarize", async {
            let function = &self.insight("summarize")?.summarize;
            let params = (&self.config_now(), query, quantiles, &self.options(options));
            let answer: wit::SummaryAnswer = self.ask_range(function, params).await?;
            let wanted = match quantiles.len() {
                0 => QUANTILES,
                given => given,
            };
            let asked = self.asked(answer.answer)?;
            check_summaries(&answer.summaries, wanted)?;
            check_label_sets(
                answer.summaries.iter().map(|one| &*one.labels),
                self.limits(),
            )?;
            Ok(SummaryAnswer {
                answer: asked,
                total_unit: answer.total_unit,
                summaries: answer.summaries,
                missing: answer.missing.into_iter().map(MissingChunk::from).collect(),
            })
        })
        .await
    }

    /// Ranks the groups of a query over the whole range, each once, and gives the best of them.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn rank(
        &self,
        query: &MetricQuery,
        ranking: &Ranking,
        options: &RangeOptions,
    ) -> Result<Ranked, CallError> {
        self.observed("rank", async {
            let function = &self.insight("rank")?.rank;
            let params = (&self.config_now(), query, ranking, &self.options(options));
            let ranked: wit::Ranked = self.ask_range(function, params).await?;
            let answer = self.checked_range(ranked.answer)?;
            let grid = self.grid_of(&answer.answer)?;
            grid.check(&answer.answer.series)?;
            if let Some(others) = &ranked.others {
                check_series(std::slice::from_ref(others), self.limits())?;
                grid.check(std::slice::from_ref(others))?;
            }
            let (series, scores) = (answer.answer.series.len(), ranked.scores.len());
            let most = ranking.k.unwrap_or(RANKED);
            if series != scores || series > ranked.groups as usize || series > most as usize {
                return Err(broken(format!(
                    "{series} series and {scores} scores of {} groups, where at most {most} were asked for",
                    ranked.groups
                )));
            }
            Ok(Ranked {
                answer,
                scores: ranked.scores,
                score_unit: ranked.score_unit,
                groups: ranked.groups,
                others: ranked.others,
            })
        })
        .await
    }

    /// Finds what is out of the ordinary for each series by itself.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn find_anomalies(
        &self,
        query: &MetricQuery,
        detection: &Detection,
        options: &RangeOptions,
    ) -> Result<WatchAnswer, CallError> {
        self.observed("find-anomalies", async {
            let function = &self.insight("find-anomalies")?.find_anomalies;
            let params = (&self.config_now(), query, detection, &self.options(options));
            let answer = self.ask_range(function, params).await?;
            self.checked_watch(answer)
        })
        .await
    }

    /// Finds members that are unlike the others of their group at the same time.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn find_outliers(
        &self,
        query: &MetricQuery,
        member: Dimension,
        tolerance: &Tolerance,
        options: &RangeOptions,
    ) -> Result<WatchAnswer, CallError> {
        self.observed("find-outliers", async {
            let function = &self.insight("find-outliers")?.find_outliers;
            let options = self.options(options);
            let params = (&self.config_now(), query, member, tolerance, &options);
            let answer = self.ask_range(function, params).await?;
            self.checked_watch(answer)
        })
        .await
    }

    /// The values of a dimension or of a label, for menus. Within a scope those of its series alone.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn values(
        &self,
        source: &ValueSource,
        filter: &ValueFilter,
    ) -> Result<ValueAnswer, CallError> {
        self.observed("values", async {
            let function = &self.discovery("values")?.values;
            let params = (&self.config_now(), source, filter);
            let answer: ValueAnswer = self.ask(function, params).await?;
            let most = filter.limit.unwrap_or(VALUES);
            if answer.values.len() > most as usize {
                return Err(broken(format!(
                    "{} values, where at most {most} were asked for",
                    answer.values.len()
                )));
            }
            if !answer.values.is_sorted_by(|one, next| one < next) {
                return Err(broken("values that are not sorted, each once".to_owned()));
            }
            Ok(answer)
        })
        .await
    }

    fn insight(&self, verb: &'static str) -> Result<&InsightFunctions, CallError> {
        supported(&self.plugin.functions.insight, verb)
    }

    fn discovery(&self, verb: &'static str) -> Result<&DiscoveryFunctions, CallError> {
        supported(&self.plugin.functions.discovery, verb)
    }

    /// Checks the query and plan of an answer whose series are elsewhere.
    fn asked(&self, answer: MetricResult) -> Result<MetricResult, CallError> {
        if !answer.series.is_empty() {
            return Err(broken("series beside what is made of them".to_owned()));
        }
        self.as_sent(checked(answer, self.limits())?)
    }

    fn grid_of(&self, answer: &MetricResult) -> Result<Grid, CallError> {
        Grid::new((answer.start, answer.end), answer.step, &self.config)
    }

    fn checked_watch(&self, answer: wit::WatchAnswer) -> Result<WatchAnswer, CallError> {
        let asked = self.asked(answer.answer)?;
        let grid = self.grid_of(&asked)?;
        check_number_of_groups(answer.watched.len())?;
        for one in &answer.watched {
            check_watched(one, &grid)?;
        }
        check_label_sets(answer.watched.iter().map(|one| &*one.labels), self.limits())?;
        Ok(WatchAnswer {
            answer: asked,
            watched: answer.watched,
            missing: answer.missing.into_iter().map(MissingChunk::from).collect(),
        })
    }
}

fn check_number_of_groups(groups: usize) -> Result<(), CallError> {
    match groups > GROUPS {
        true => Err(broken(format!(
            "{groups} groups, where {GROUPS} are the most"
        ))),
        false => Ok(()),
    }
}

fn check_summaries(summaries: &[wit::Summary], quantiles: usize) -> Result<(), CallError> {
    check_number_of_groups(summaries.len())?;
    for (at, one) in summaries.iter().enumerate() {
        let found = one.quantiles.len();
        if found != quantiles {
            return Err(broken(format!(
                "summary {at} has {found} quantiles, where {quantiles} were asked for"
            )));
        }
        if one.points > one.asked || one.not_numbers > one.points {
            return Err(broken(format!(
                "summary {at} has {} points of {}, {} of them no numbers",
                one.points, one.asked, one.not_numbers
            )));
        }
    }
    Ok(())
}

fn check_watched(one: &Watched, grid: &Grid) -> Result<(), CallError> {
    let columns = [&one.values, &one.expected, &one.lower, &one.upper];
    let points = one.timestamps.len();
    if columns.iter().any(|column| column.len() != points) {
        return Err(broken(
            "columns of a watched series that are not equally long".to_owned(),
        ));
    }
    if !one.timestamps.is_sorted_by(|one, next| one < next) {
        return Err(broken(
            "the timestamps of a watched series do not ascend".to_owned(),
        ));
    }
    grid.check_instants(&one.timestamps)?;
    for anomaly in &one.anomalies {
        grid.check_instants(&[anomaly.start, anomaly.peak_at, anomaly.end])?;
        if !(anomaly.start..=anomaly.end).contains(&anomaly.peak_at) {
            return Err(broken(format!(
                "an anomaly from {} to {} with its peak at {}",
                anomaly.start, anomaly.end, anomaly.peak_at
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! The verb `rank`.

use std::borrow::Cow;

use std::collections::BTreeMap;

use super::totals::{Counters, Totals};
use super::{Insight, groups_of};
use crate::codec::query_range::{QueryRange, RangeResult};
use crate::codec::{Config, Failure};
use crate::domain::insight::{
    InsightError, Ranking, RankingInput, Score, Sum, Total, doubt_of_instants, order,
};
use crate::domain::{MetricQuery, RangeOptions};
use crate::prometheus::Series;

/// A query whose groups are ranked.
#[derive(Debug, Clone)]
pub struct Rank {
    asked: QueryRange,
    /// The totals, if groups are ranked by them.
    totals: Option<Totals>,
    ranking: Ranking,
    doubt: Option<String>,
}

/// The answer of `rank`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// The best groups, in order.
    pub range: RangeResult,
    /// Their scores.
    pub scores: Vec<f64>,
    /// The unit of the scores.
    pub score_unit: Option<String>,
    /// The number of groups before the ranking.
    pub groups: usize,
    /// The sum of the others; none: not wanted, or there are none.
    pub others: Option<Series>,
}

impl Rank {
    /// Checks and plans.
    ///
    /// # Errors
    /// Fails if the query or the ranking is invalid.
    pub fn new(
        config: &Config,
        query: &MetricQuery,
        ranking: RankingInput,
        options: &RangeOptions,
    ) -> Result<Self, Failure> {
        let ranking = Ranking::new(ranking, &config.settings, query)?;
        let asked = QueryRange::new(config, query, options)?;
        let totals = match ranking.score {
            Score::Total => {
                let totals = Totals::new(config, query, &asked, options);
                if let Total::None(of) = totals.kind {
                    return Err(InsightError::NoTotal(of).into());
                }
                Some(totals)
            }
            _ => None,
        };
        Ok(Self {
            doubt: doubt_of_instants(&config.settings, query, asked.plan.plan.grid.step()),
            asked,
            totals,
            ranking,
        })
    }
}

impl Insight for Rank {
    type Result = Ranked;

    fn queries(&self) -> Vec<QueryRange> {
        let counters = self.totals.iter().flat_map(|totals| &totals.growth);
        let growth = counters.map(Counters::growth);
        std::iter::once(self.asked.clone()).chain(growth).collect()
    }

    fn more(&self, answers: &[RangeResult]) -> Vec<QueryRange> {
        let totals = self.totals.as_ref();
        totals.map_or_else(Vec::new, |totals| totals.more(answers.get(1)))
    }

    fn result(&self, answers: Vec<RangeResult>) -> Result<Ranked, Failure> {
        let mut answers = answers.into_iter();
        let mut range = groups_of(&mut answers)?;
        range.answer.warnings.extend(self.doubt.clone());
        let unit = range.answer.plan.unit.clone();
        let totals = self.totals.as_ref();
        let read = totals.map(|totals| totals.read(&mut range, answers));
        let score = |series: &Series| {
            let total = read.as_ref().and_then(|totals| totals.of(series));
            self.ranking.score.of(&series.values, total)
        };
        let scores: Vec<f64> = range.answer.series.iter().map(score).collect();
        let best = order(&scores, &self.ranking);
        let groups = scores.len();
        let mut rest: Vec<Option<Series>> = std::mem::take(&mut range.answer.series)
            .into_iter()
            .map(Some)
            .collect();
        let mut take = |&place: &usize| rest.get_mut(place).and_then(Option::take);
        range.answer.series = best.iter().filter_map(&mut take).collect();
        let others: Vec<Series> = rest.into_iter().flatten().collect();
        Ok(Ranked {
            scores: best
                .iter()
                .filter_map(|&place| scores.get(place).copied())
                .collect(),
            score_unit: match totals {
                Some(totals) => totals.unit(unit.as_deref()),
                None => unit.map(Cow::into_owned),
            },
            groups,
            others: (self.ranking.others && !others.is_empty()).then(|| sum(&others)),
            range,
        })
    }
}

/// The sum of some series at each point at which one of them has a value.
fn sum(all: &[Series]) -> Series {
    let mut points: BTreeMap<i64, Sum> = BTreeMap::new();
    for series in all {
        for (&at, &value) in series.timestamps.iter().zip(&series.values) {
            if !value.is_nan() {
                points.entry(at).or_default().add(value);
            }
        }
    }
    let (timestamps, values) = points
        .into_iter()
        .map(|(at, sum)| (at, sum.value()))
        .unzip();
    Series {
        labels: Vec::new(),
        timestamps,
        values,
    }
}

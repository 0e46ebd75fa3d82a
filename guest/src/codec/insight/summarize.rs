//! The verb `summarize`.

use super::totals::{Counters, Totals};
use super::{Insight, groups_of};
use crate::codec::query_range::{Missing, QueryRange, RangeResult};
use crate::codec::{Config, Failure, MetricResult};
use crate::domain::insight::{Quantiles, Summary, doubt_of_instants};
use crate::domain::{MetricQuery, RangeOptions};

/// A query whose groups are summed up.
#[derive(Debug, Clone)]
pub struct Summarize {
    asked: QueryRange,
    totals: Totals,
    quantiles: Quantiles,
    doubt: Option<String>,
}

/// A group over the whole range.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// The summary of its values.
    pub summary: Summary,
    /// Value times time; none: it has no meaning.
    pub total: Option<f64>,
}

/// The answer of `summarize`.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryResult {
    /// The query and its plan, without series.
    pub answer: MetricResult,
    /// The unit of the totals.
    pub total_unit: Option<String>,
    /// The quantiles that the summaries have.
    pub quantiles: Vec<f64>,
    /// In the order of their labels.
    pub groups: Vec<Group>,
    /// The chunks that failed.
    pub missing: Vec<Missing>,
}

impl Summarize {
    /// Checks and plans.
    ///
    /// # Errors
    /// Fails if the query or the quantiles are invalid.
    pub fn new(
        config: &Config,
        query: &MetricQuery,
        quantiles: Vec<f64>,
        options: &RangeOptions,
    ) -> Result<Self, Failure> {
        let quantiles = Quantiles::new(quantiles)?;
        let asked = QueryRange::new(config, query, options)?;
        Ok(Self {
            totals: Totals::new(config, query, &asked, options),
            doubt: doubt_of_instants(&config.settings, query, asked.plan.plan.grid.step()),
            asked,
            quantiles,
        })
    }
}

impl Insight for Summarize {
    type Result = SummaryResult;

    fn queries(&self) -> Vec<QueryRange> {
        let growth = self.totals.growth.iter().map(Counters::growth);
        std::iter::once(self.asked.clone()).chain(growth).collect()
    }

    fn more(&self, answers: &[RangeResult]) -> Vec<QueryRange> {
        self.totals.more(answers.get(1))
    }

    fn result(&self, answers: Vec<RangeResult>) -> Result<SummaryResult, Failure> {
        let mut answers = answers.into_iter();
        let mut range = groups_of(&mut answers)?;
        range.answer.warnings.extend(self.doubt.clone());
        let totals = self.totals.read(&mut range, answers);
        let quantiles = self.quantiles.parts();
        let groups = std::mem::take(&mut range.answer.series).into_iter();
        let group = |series: crate::prometheus::Series| Group {
            summary: Summary::of(&series.values, quantiles),
            total: totals.of(&series),
            labels: series.labels,
        };
        Ok(SummaryResult {
            groups: groups.map(group).collect(),
            total_unit: self.totals.unit(range.answer.plan.unit.as_deref()),
            quantiles: quantiles.to_vec(),
            answer: range.answer,
            missing: range.missing,
        })
    }
}

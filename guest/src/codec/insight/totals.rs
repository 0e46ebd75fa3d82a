//! The total of each group, from its points or from what its counters grew by.

use std::collections::BTreeMap;

use crate::codec::Config;
use crate::codec::complete::add_new;
use crate::codec::query_range::{QueryRange, RangeResult};
use crate::domain::insight::{
    Growth, Total, left_out_resets, plan_growth, plan_over_resets, total, total_unit,
};
use crate::domain::{MetricQuery, RangeOptions};
use crate::prometheus::Series;

/// The way in which a query's groups get their totals.
#[derive(Debug, Clone)]
pub(super) struct Totals {
    pub(super) kind: Total,
    /// The queries for the growth of counters, if totals come from there.
    pub(super) growth: Option<Counters>,
}

/// The queries for the growth of counters.
#[derive(Debug, Clone)]
pub(super) struct Counters {
    config: Config,
    query: MetricQuery,
    options: RangeOptions,
    plan: Growth,
}

impl Counters {
    /// The query for the growth in each step.
    pub(super) fn growth(&self) -> QueryRange {
        QueryRange::planned(&self.config, self.plan.range.clone(), &self.options)
    }

    /// The same of the steps in which some were reset, once that is known.
    fn over_resets(&self, growth: &RangeResult) -> Vec<QueryRange> {
        let at: Vec<i64> = resets(growth).map(|(at, _)| at / 1000).collect();
        let plans = plan_over_resets(&self.plan, &self.config.settings, &self.query, &at);
        let planned = |plan: Growth| QueryRange::planned(&self.config, plan.range, &self.options);
        plans.into_iter().map(planned).collect()
    }
}

/// The points in whose step counters were reset, Unix milliseconds, and how many.
fn resets(growth: &RangeResult) -> impl Iterator<Item = (i64, f64)> {
    let series = growth.answer.series.iter();
    let all = series.filter(|series| left_out_resets(&series.labels));
    all.flat_map(|series| {
        series
            .timestamps
            .iter()
            .copied()
            .zip(series.values.iter().copied())
    })
}

impl Totals {
    /// Of a query that is planned.
    pub(super) fn new(
        config: &Config,
        query: &MetricQuery,
        asked: &QueryRange,
        options: &RangeOptions,
    ) -> Self {
        let kind = Total::of(&config.settings, query);
        let growth = || Counters {
            plan: plan_growth(&asked.plan, &config.settings, query),
            config: config.clone(),
            query: query.clone(),
            options: options.clone(),
        };
        Self {
            kind,
            growth: (kind == Total::Growth).then(growth),
        }
    }

    /// Lists the queries that follow once the growth of the counters is known.
    pub(super) fn more(&self, growth: Option<&RangeResult>) -> Vec<QueryRange> {
        match (&self.growth, growth) {
            (Some(counters), Some(growth)) => counters.over_resets(growth),
            _ => Vec::new(),
        }
    }

    /// Reads them from the answers to [`growth`](Self::growth) and to [`more`](Self::more), if those were asked; tells what
    /// is doubtful in `answer`.
    pub(super) fn read(
        &self,
        answer: &mut RangeResult,
        mut answers: impl Iterator<Item = RangeResult>,
    ) -> Read {
        let step = answer.answer.plan.grid.step();
        let growth = answers.next();
        let exact: Vec<RangeResult> = answers.collect();
        let mut groups = BTreeMap::new();
        let mut left_out: f64 = 0.0;
        if let Some(growth) = growth {
            for (at, count) in resets(&growth) {
                if !exact.iter().any(|exact| is_of(exact, at)) {
                    left_out = left_out.max(count);
                }
            }
            for series in &growth.answer.series {
                let own: Vec<_> = exact
                    .iter()
                    .filter_map(|exact| same(exact, series))
                    .collect();
                let points = series.timestamps.iter().zip(&series.values);
                let values = points.map(|(at, value)| {
                    let known = own.iter().find_map(|own| value_at(own, *at));
                    known.unwrap_or(*value)
                });
                groups.insert(series.labels.clone(), total(values, 1));
            }
            take_doubts(answer, growth);
        }
        for exact in exact {
            take_doubts(answer, exact);
        }
        if left_out > 0.0 {
            answer.answer.warnings.push(format!(
                "counters were reset, up to {left_out} times in a step: what they had counted since their last sample in the step before is in no total"
            ));
        }
        Read {
            kind: self.kind,
            groups,
            step,
            first: answer.answer.plan.grid.start() * 1000,
        }
    }

    /// The unit of the totals.
    pub(super) fn unit(&self, unit: Option<&str>) -> Option<String> {
        total_unit(self.kind, unit)
    }
}

/// The totals of an answer.
pub(super) struct Read {
    kind: Total,
    groups: BTreeMap<Vec<(String, String)>, f64>,
    step: u32,
    first: i64,
}

impl Read {
    /// The total of a group; none: it has no meaning, or is not known.
    pub(super) fn of(&self, series: &Series) -> Option<f64> {
        match self.kind {
            Total::None(_) => None,
            Total::Growth => self.groups.get(&series.labels).copied(),
            Total::Points { with_first } => {
                let skipped = !with_first && series.timestamps.first() == Some(&self.first);
                let values = series.values.iter().copied().skip(usize::from(skipped));
                Some(total(values, self.step))
            }
        }
    }
}

/// Returns true if an answer is complete and has that point, Unix milliseconds.
fn is_of(answer: &RangeResult, at: i64) -> bool {
    let grid = answer.answer.plan.grid;
    answer.missing.is_empty() && (grid.start() * 1000..=grid.end() * 1000).contains(&at)
}

/// The series of the same group; those of an answer are in the order of their labels.
fn same<'a>(answer: &'a RangeResult, series: &Series) -> Option<&'a Series> {
    let all = &answer.answer.series;
    let place = all.binary_search_by(|other| other.labels.cmp(&series.labels));
    all.get(place.ok()?)
}

fn value_at(series: &Series, at: i64) -> Option<f64> {
    let place = series.timestamps.binary_search(&at).ok()?;
    series.values.get(place).copied()
}

/// Adds what makes one answer doubtful to another.
fn take_doubts(answer: &mut RangeResult, of: RangeResult) {
    let said = &mut answer.answer;
    said.partial |= of.answer.partial;
    add_new(&mut said.warnings, of.answer.warnings);
    add_new(&mut said.infos, of.answer.infos);
    let known: Vec<_> = answer.missing.iter().map(|missing| missing.span).collect();
    let new = of.missing.into_iter();
    answer
        .missing
        .extend(new.filter(|missing| !known.contains(&missing.span)));
}

//! The total of each group, from its points or from what its counters grew by.

use std::collections::BTreeMap;

use crate::codec::Config;
use crate::codec::complete::add_new;
use crate::codec::query_range::{QueryRange, RangeResult};
use crate::domain::insight::{
    Doubted, Growth, Total, doubted, plan_growth, plan_of_firsts, plan_over_resets, total,
    total_unit,
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
        let at = times(growth, Doubted::Reset);
        self.planned(plan_over_resets(
            &self.plan,
            &self.config.settings,
            &self.query,
            &at,
        ))
    }

    /// The same of those in which some have a first sample.
    fn of_firsts(&self, growth: &RangeResult) -> Vec<QueryRange> {
        let at = times(growth, Doubted::First);
        self.planned(plan_of_firsts(
            &self.plan,
            &self.config.settings,
            &self.query,
            &at,
        ))
    }

    fn planned(&self, plans: Vec<Growth>) -> Vec<QueryRange> {
        let planned = |plan: Growth| QueryRange::planned(&self.config, plan.range, &self.options);
        plans.into_iter().map(planned).collect()
    }
}

/// The points in whose step there were such counters, in seconds, ascending.
fn times(growth: &RangeResult, of: Doubted) -> Vec<i64> {
    counted(growth, of).map(|(at, _)| at / 1000).collect()
}

/// The points in whose step there were such counters, Unix milliseconds, and how many.
fn counted(growth: &RangeResult, of: Doubted) -> impl Iterator<Item = (i64, f64)> {
    let series = growth.answer.series.iter();
    let all = series.filter(move |series| doubted(&series.labels) == Some(of));
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
            (Some(counters), Some(growth)) => {
                let mut more = counters.over_resets(growth);
                more.extend(counters.of_firsts(growth));
                more
            }
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
            let over_resets = self.growth.iter().map(|own| own.over_resets(&growth).len());
            let over_resets: Vec<_> = exact.iter().take(over_resets.sum()).collect();
            for (at, count) in counted(&growth, Doubted::Reset) {
                if !over_resets.iter().any(|exact| is_of(exact, at)) {
                    left_out = left_out.max(count);
                }
            }
            let all = growth.answer.series.iter();
            for series in all.filter(|series| doubted(&series.labels).is_none()) {
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
        let unknown = exact
            .iter()
            .flat_map(|exact| counted(exact, Doubted::Unknown));
        let unknown = unknown.map(|(_, count)| count).fold(0.0, f64::max);
        for exact in exact {
            take_doubts(answer, exact);
        }
        if left_out > 0.0 {
            answer.answer.warnings.push(format!(
                "counters were reset, up to {left_out} times in a step: what they had counted since their last sample in the step before is in no total"
            ));
        }
        if unknown > 0.0 {
            answer.answer.warnings.push(format!(
                "no data are there before the first samples of up to {unknown} counters: what they had counted until then is in no total"
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

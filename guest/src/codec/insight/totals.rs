//! The total of each group, from its points or from what its counters grew by.

use std::collections::BTreeMap;

use crate::codec::Config;
use crate::codec::complete::add_new;
use crate::codec::query_range::{QueryRange, RangeResult};
use crate::domain::insight::{Total, left_out_resets, plan_growth, total, total_unit};
use crate::domain::{MetricQuery, RangeOptions};
use crate::prometheus::Series;

/// How a query's groups come to their totals.
#[derive(Debug, Clone)]
pub(super) struct Totals {
    pub(super) kind: Total,
    /// What the counters grew by, where totals come from there.
    pub(super) growth: Option<QueryRange>,
}

impl Totals {
    /// Of a query that is planned.
    pub(super) fn new(
        config: &Config,
        query: &MetricQuery,
        asked: &QueryRange,
        options: &RangeOptions,
    ) -> Self {
        let settings = &config.settings;
        let kind = Total::of(settings, query);
        let growth = || {
            let growth = plan_growth(&asked.plan, settings, query);
            QueryRange::planned(config, growth.range, options)
        };
        Self {
            kind,
            growth: (kind == Total::Growth).then(growth),
        }
    }

    /// Reads them from the answer to [`growth`](Self::growth), if that was asked; tells what is doubtful in `answer`.
    pub(super) fn read(&self, answer: &mut RangeResult, growth: Option<RangeResult>) -> Read {
        let step = answer.answer.plan.grid.step();
        let mut groups = BTreeMap::new();
        let mut resets = 0.0;
        for series in growth.iter().flat_map(|growth| &growth.answer.series) {
            let whole = || total(series.values.iter().copied(), 1);
            match left_out_resets(&series.labels) {
                true => resets = series.values.iter().copied().fold(resets, f64::max),
                false => {
                    groups.insert(series.labels.clone(), whole());
                }
            }
        }
        let doubt = (resets > 0.0).then(|| {
            format!(
                "counters were reset, up to {resets} times in a step: what they had counted since their last sample in the step before is in no total"
            )
        });
        let said = &mut answer.answer;
        said.warnings.extend(doubt);
        if let Some(growth) = growth {
            said.partial |= growth.answer.partial;
            for (all, more) in [
                (&mut said.warnings, growth.answer.warnings),
                (&mut said.infos, growth.answer.infos),
            ] {
                add_new(all, more);
            }
            let new = growth.missing.into_iter();
            let known: Vec<_> = answer.missing.iter().map(|missing| missing.span).collect();
            answer
                .missing
                .extend(new.filter(|missing| !known.contains(&missing.span)));
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

//! The exported interface `family`: what can be said of a description and of a query without sending anything.

use super::Plugin;
use super::bindings::exports::backendai::metric::family as outer;
use super::bindings::exports::backendai::metric::types::{Config, Error};
use super::convert::{config, statistic};
use super::preset::filters;
use crate::codec::{Failure, QueryMetric};
use crate::domain::Over;
use crate::domain::family::{
    Family, FamilyKind, FamilyQuery, FamilyStatistic, OverTime, check_families,
};

impl outer::Guest for Plugin {
    fn check(families: Vec<outer::Family>) -> Result<(), Error> {
        let families: Vec<_> = families.into_iter().map(family).collect();
        Ok(check_families(&families).map_err(Failure::from)?)
    }

    fn build_promql(config_: Config, query: outer::FamilyQuery) -> Result<String, Error> {
        Ok(QueryMetric::of_family(config(config_), &family_query(query))?.promql())
    }
}

fn family(family: outer::Family) -> Family {
    Family {
        name: family.name,
        former_names: family.former_names,
        kind: match family.kind {
            outer::FamilyKind::Gauge => FamilyKind::Gauge,
            outer::FamilyKind::Counter => FamilyKind::Counter,
            outer::FamilyKind::Histogram => FamilyKind::Histogram,
            outer::FamilyKind::NativeHistogram => FamilyKind::NativeHistogram,
        },
        unit: family.unit,
        description: family.description,
        labels: family.labels,
        intensive: family.intensive,
    }
}

#[inline(never)]
pub(super) fn family_query(query: outer::FamilyQuery) -> FamilyQuery {
    FamilyQuery {
        family: family(query.family),
        filters: filters(query.filters),
        group_by: query.group_by,
        statistic: query.statistic.map(|statistic| match statistic {
            outer::FamilyStatistic::Sum => FamilyStatistic::Sum,
            outer::FamilyStatistic::Avg => FamilyStatistic::Avg,
            outer::FamilyStatistic::Max => FamilyStatistic::Max,
            outer::FamilyStatistic::Min => FamilyStatistic::Min,
            outer::FamilyStatistic::Quantile(q) => FamilyStatistic::Quantile(q),
            outer::FamilyStatistic::Rate => FamilyStatistic::Rate,
        }),
        over_time: query.over_time.map(|over| OverTime {
            statistic: statistic(over.statistic),
            over: match over.over {
                outer::FamilyOver::Time => Over::Time,
                outer::FamilyOver::Members(label) => Over::Members(label),
                outer::FamilyOver::Both(label) => Over::Both(label),
            },
            window: over.window,
        }),
        start: query.start,
        end: query.end,
        step: query.step,
        utc_offset: query.utc_offset,
    }
}

//! The exported interface `family-service`: families that are asked of Prometheus, and what is derived of two queries.

use super::Plugin;
use super::bindings::exports::backendai::metric::family_service as outer;
use super::bindings::exports::backendai::metric::types::Config;
use super::convert::{config, metric_query};
use super::convert_range::{range_answer, range_options};
use super::family::family_query;
use super::insight::ask;
use super::ranges::{families, family};
use crate::codec::family::Derive;
use crate::domain::derived::{Derivation, DerivedQuery, Operation, Side};
use crate::domain::family::FamilyQuery;

type Answer<T> = Result<T, outer::RangeError>;

impl outer::Guest for Plugin {
    fn query_family(
        config_: Config,
        query: outer::FamilyQuery,
        options: outer::RangeOptions,
    ) -> Answer<outer::RangeAnswer> {
        let query = family_query(query);
        let answer = family(config(config_), &query, range_options(options))?;
        Ok(range_answer(answer))
    }

    fn query_families(
        config_: Config,
        queries: Vec<outer::FamilyQuery>,
        options: outer::RangeOptions,
    ) -> Vec<Answer<outer::RangeAnswer>> {
        let queries: Vec<FamilyQuery> = queries.into_iter().map(family_query).collect();
        families(config(config_), &queries, range_options(options))
            .into_iter()
            .map(|answer| Ok(range_answer(answer?)))
            .collect()
    }

    fn query_derived(
        config_: Config,
        query: outer::DerivedQuery,
        options: outer::RangeOptions,
    ) -> Answer<outer::DerivedAnswer> {
        let query = derived_query(query);
        let answer = ask(
            config(config_),
            range_options(options),
            |config, options| Derive::new(config, query, options),
        )?;
        Ok(outer::DerivedAnswer {
            answer: range_answer(answer.range),
            missing_sides: answer.gaps.missing_sides,
            zero_divisors: answer.gaps.zero_divisors,
        })
    }
}

fn derived_query(query: outer::DerivedQuery) -> DerivedQuery {
    DerivedQuery {
        sides: query.sides.into_iter().map(side).collect(),
        derivation: match query.derivation {
            outer::Derivation::Ratio => Derivation::Of(Operation::Ratio),
            outer::Derivation::Percent => Derivation::Of(Operation::Percent),
            outer::Derivation::Difference => Derivation::Of(Operation::Difference),
            outer::Derivation::Sum => Derivation::Of(Operation::Sum),
            outer::Derivation::Scale(factor) => Derivation::Scale(factor),
        },
        unit: query.unit,
    }
}

fn side(side: outer::Side) -> Side {
    match side {
        outer::Side::Metric(query) => Side::Metric(Box::new(metric_query(query))),
        outer::Side::Family(query) => Side::Family(Box::new(family_query(query))),
    }
}

//! Families and derived metrics without I/O: what is asked for, and what the answers come to.

use std::collections::BTreeMap;

use super::insight::Insight;
use super::query_metric::QueryMetric;
use super::query_range::{Missing, QueryRange, RangeResult};
use super::{Config, ConfigInput, Failure, MetricResult};
use crate::domain::derived::{Derivation, DerivedError, DerivedPlan, DerivedQuery, Gaps, Side};
use crate::domain::family::{FamilyError, FamilyQuery, plan_family, plan_family_range};
use crate::domain::{RangeOptions, Settings};
use crate::prometheus::Series;

impl From<FamilyError> for Failure {
    fn from(error: FamilyError) -> Self {
        match error {
            FamilyError::Query(error) => error.into(),
            error => Self::InvalidArgument {
                field: error.field().to_owned(),
                reason: error.to_string(),
            },
        }
    }
}

impl From<DerivedError> for Failure {
    fn from(error: DerivedError) -> Self {
        match error {
            DerivedError::Metric(error) => error.into(),
            DerivedError::Family(error) => error.into(),
            error => Self::InvalidArgument {
                field: error.field().to_owned(),
                reason: error.to_string(),
            },
        }
    }
}

impl QueryMetric {
    /// A family in one request, checked and planned.
    ///
    /// # Errors
    /// Fails if the configuration, the family or the query is invalid.
    pub fn of_family(config: ConfigInput, query: &FamilyQuery) -> Result<Self, Failure> {
        let config = Config::try_from(config)?;
        let plan = plan_family(&config.settings, query)?;
        Ok(Self::planned(config, plan))
    }
}

impl QueryRange {
    /// A family over a range, checked and planned.
    ///
    /// # Errors
    /// Fails if the family or the query is invalid.
    pub fn of_family(
        config: &Config,
        query: &FamilyQuery,
        options: &RangeOptions,
    ) -> Result<Self, Failure> {
        let plan = plan_family_range(&config.settings, query, options, false)?;
        Ok(Self::planned(config, plan, options))
    }
}

/// A derived metric over a range, planned.
#[derive(Debug, Clone)]
pub struct Derive {
    query: DerivedQuery,
    settings: Settings,
    first: QueryRange,
    second: Option<QueryRange>,
    promql: String,
    unit: Option<String>,
}

/// A derived metric over a range.
#[derive(Debug, Clone, PartialEq)]
pub struct DerivedResult {
    /// Its series.
    pub range: RangeResult,
    /// The points that have no value.
    pub gaps: Gaps,
}

impl Derive {
    /// Checks and plans both sides.
    ///
    /// # Errors
    /// Fails if one of them is invalid, or if they do not go together.
    pub fn new(
        config: &Config,
        query: DerivedQuery,
        options: &RangeOptions,
    ) -> Result<Self, Failure> {
        let DerivedPlan {
            first,
            second,
            promql,
            unit,
        } = query.plan(&config.settings, options)?;
        let planned = |plan| QueryRange::planned(config, plan, options);
        Ok(Self {
            first: planned(first),
            second: second.map(planned),
            settings: config.settings.clone(),
            query,
            promql,
            unit,
        })
    }

    /// The series of a side by the labels that tell its groups apart.
    fn groups(&self, side: &Side, series: Vec<Series>) -> Groups {
        let mut groups = Groups::new();
        for mut series in series {
            let mut labels = std::mem::take(&mut series.labels);
            labels.retain(|(name, _)| !side.is_pinned(&self.settings, name));
            groups.insert(labels, series);
        }
        groups
    }
}

/// Series without labels, by these.
type Groups = BTreeMap<Vec<(String, String)>, Series>;

impl Insight for Derive {
    type Result = DerivedResult;

    fn queries(&self) -> Vec<QueryRange> {
        let both = std::iter::once(&self.first).chain(&self.second);
        both.cloned().collect()
    }

    fn result(&self, answers: Vec<RangeResult>) -> Result<DerivedResult, Failure> {
        let mut answers = answers.into_iter();
        let mut range = answers.next().ok_or_else(Failure::no_answer)?;
        let mut gaps = Gaps::default();
        match (&self.query.sides[..], self.query.derivation) {
            (_, Derivation::Scale(factor)) => {
                for value in range
                    .answer
                    .series
                    .iter_mut()
                    .flat_map(|series| &mut series.values)
                {
                    *value *= factor;
                }
            }
            ([first, second], Derivation::Of(operation)) => {
                let mut other = answers.next().ok_or_else(Failure::no_answer)?;
                let series = std::mem::take(&mut range.answer.series);
                let mut others = self.groups(second, std::mem::take(&mut other.answer.series));
                for (labels, series) in self.groups(first, series) {
                    let other = others.remove(&labels).unwrap_or_default();
                    let (timestamps, values) = operation.join(
                        (&series.timestamps, &series.values),
                        (&other.timestamps, &other.values),
                        &mut gaps,
                    );
                    if !timestamps.is_empty() {
                        range.answer.series.push(Series {
                            labels,
                            timestamps,
                            values,
                        });
                    }
                }
                let alone = others.values().map(|series| series.timestamps.len() as u64);
                gaps.missing_sides += alone.sum::<u64>();
                both(&mut range, other);
            }
            // Refused when it was planned.
            (sides, Derivation::Of(_)) => return Err(DerivedError::Sides(sides.len()).into()),
        }
        range.answer.plan.promql.clone_from(&self.promql);
        range.answer.plan.unit = self.unit.clone().map(Into::into);
        range.answer.warnings.extend(remarks(gaps));
        Ok(DerivedResult { range, gaps })
    }
}

/// Merges the remarks on one side into those on both together.
fn both(range: &mut RangeResult, other: RangeResult) {
    let MetricResult {
        warnings,
        infos,
        partial,
        ..
    } = other.answer;
    super::complete::add_new(&mut range.answer.warnings, warnings);
    super::complete::add_new(&mut range.answer.infos, infos);
    range.answer.partial |= partial;
    let is_new = |missing: &Missing| range.missing.iter().all(|one| one.span != missing.span);
    let mut more: Vec<_> = other.missing.into_iter().filter(is_new).collect();
    range.missing.append(&mut more);
    range.missing.sort_by_key(|missing| missing.span);
}

fn remarks(gaps: Gaps) -> impl Iterator<Item = String> {
    let of = |count: u64, why: &str| {
        (count > 0).then(|| format!("{count} points of groups have no value: {why}"))
    };
    let missing = of(gaps.missing_sides, "one side has none there");
    missing
        .into_iter()
        .chain(of(gaps.zero_divisors, "the divisor is zero there"))
}

#[cfg(test)]
mod tests;

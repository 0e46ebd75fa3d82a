//! Metrics derived of two queries on the same points: what is asked on each side, and what becomes of both.

mod arithmetic;
mod error;
mod side;

pub use arithmetic::{Gaps, Operation, Points};
pub use error::DerivedError;
pub use side::Side;

use crate::domain::{RangeOptions, RangePlan, Settings};

/// The derivation of a result from the sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Derivation {
    /// A computation of two.
    Of(Operation),
    /// The only one times a number.
    Scale(f64),
}

/// A metric made of one or two queries.
#[derive(Debug, Clone, PartialEq)]
pub struct DerivedQuery {
    /// The query of each side.
    pub sides: Vec<Side>,
    /// The derivation of the result from them.
    pub derivation: Derivation,
    /// The unit; none: what follows of the sides'.
    pub unit: Option<String>,
}

/// The plan of the queries for a derived metric.
#[derive(Debug, Clone, PartialEq)]
pub struct DerivedPlan {
    /// On the first side.
    pub first: RangePlan,
    /// On the second, at the same points.
    pub second: Option<RangePlan>,
    /// Both queries in one expression.
    pub promql: String,
    /// The unit of what becomes of them.
    pub unit: Option<String>,
}

impl DerivedQuery {
    /// Checks both sides, and plans them on the same points.
    ///
    /// # Errors
    /// See [`DerivedError`]; nothing has been sent then.
    pub fn plan(
        &self,
        settings: &Settings,
        options: &RangeOptions,
    ) -> Result<DerivedPlan, DerivedError> {
        let (first, second, operation) = match (&self.sides[..], self.derivation) {
            ([only], Derivation::Scale(factor)) => {
                if !factor.is_finite() {
                    return Err(DerivedError::Factor(factor.to_string()));
                }
                let first = only.plan(settings, options, false)?;
                return Ok(DerivedPlan {
                    promql: format!("({}) * {factor}", first.plan.promql),
                    unit: self.unit.clone(),
                    second: None,
                    first,
                });
            }
            ([first, second], Derivation::Of(operation)) => (first, second, operation),
            (sides, _) => return Err(DerivedError::Sides(sides.len())),
        };
        if first.range() != second.range() {
            return Err(DerivedError::OtherRange);
        }
        let (own, others) = (first.labels(settings), second.labels(settings));
        if own != others {
            return Err(DerivedError::OtherLabels {
                first: shown(&own),
                second: shown(&others),
            });
        }
        if operation == Operation::Sum && (first.is_intensive() || second.is_intensive()) {
            return Err(DerivedError::SumOfIntensive);
        }
        let looks_back = first.looks_back(settings) || second.looks_back(settings);
        let first = first.plan(settings, options, looks_back)?;
        let second = second.plan(settings, options, looks_back)?;
        if first.plan.grid != second.plan.grid {
            return Err(DerivedError::OtherRange);
        }
        let units = (first.plan.unit.as_deref(), second.plan.unit.as_deref());
        let unit = match &self.unit {
            Some(unit) => Some(unit.clone()),
            None => operation.unit(units)?,
        };
        Ok(DerivedPlan {
            promql: operation.promql(&first.plan.promql, &second.plan.promql),
            unit,
            first,
            second: Some(second),
        })
    }
}

fn shown(labels: &std::collections::BTreeSet<String>) -> String {
    match labels.is_empty() {
        true => "nothing".to_owned(),
        false => labels.iter().cloned().collect::<Vec<_>>().join(", "),
    }
}

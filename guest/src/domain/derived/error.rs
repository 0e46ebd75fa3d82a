//! Errors of a derived metric.

use crate::domain::QueryError;
use crate::domain::family::FamilyError;

/// The reason why a derived metric is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DerivedError {
    /// A side.
    #[error(transparent)]
    Metric(#[from] QueryError),
    /// A side that is a family's.
    #[error(transparent)]
    Family(#[from] FamilyError),
    /// Another number of sides.
    #[error("{0} sides; accepted are two, or one for `scale`")]
    Sides(usize),
    /// Sides of different points.
    #[error(
        "the two sides have different ranges; accepted are equal `start`, `end`, `step` and `utc-offset`"
    )]
    OtherRange,
    /// Sides of different groups.
    #[error(
        "the first side tells {first} apart, the second {second}; accepted are equal labels on both"
    )]
    OtherLabels {
        /// The labels of the first.
        first: String,
        /// The labels of the second.
        second: String,
    },
    /// A sum of what does not add up.
    #[error("a side does not add up; accepted are `difference`, `ratio` and `percent`")]
    SumOfIntensive,
    /// A sum or difference of unlike units.
    #[error(
        "{first} and {second} are unlike; accepted are sides of one unit, `scale` one of them first, or say the `unit`"
    )]
    UnlikeUnits {
        /// The unit of the first.
        first: String,
        /// The unit of the second.
        second: String,
    },
    /// A factor that is no number.
    #[error("{0}; accepted is a finite number")]
    Factor(String),
}

impl DerivedError {
    /// The field in the contract.
    pub fn field(&self) -> &'static str {
        match self {
            Self::UnlikeUnits { .. } => "unit",
            Self::Sides(_) | Self::OtherRange | Self::OtherLabels { .. } => "sides",
            _ => "derivation",
        }
    }
}

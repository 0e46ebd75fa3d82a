//! Families: metrics beyond the container's, described as data. A description and a query are checked, then written as
//! PromQL of parsed parts, over a range that is cut as any other.

mod description;
mod error;
mod expression;
mod plan;
mod query;

pub use description::{Family, FamilyKind, check_families};
pub use error::FamilyError;
pub use plan::{plan_family, plan_family_range};
pub use query::{FamilyQuery, FamilyStatistic, OverTime};

#[cfg(test)]
mod tests;

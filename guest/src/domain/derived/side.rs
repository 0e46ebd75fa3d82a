//! A side of a derived metric: a query of the containers', or of a family.

use std::collections::BTreeSet;

use super::error::DerivedError;
use crate::domain::expression::Reading;
use crate::domain::family::{FamilyQuery, plan_family_range};
use crate::domain::{
    Dimension, MetricQuery, RangeOptions, RangePlan, Settings, ValueType, plan_range_beside,
};

/// The query of one side.
#[derive(Debug, Clone, PartialEq)]
pub enum Side {
    /// Of the containers.
    Metric(Box<MetricQuery>),
    /// Of a family.
    Family(Box<FamilyQuery>),
}

impl Side {
    /// The labels by which it tells groups apart.
    pub(super) fn labels(&self, settings: &Settings) -> BTreeSet<String> {
        match self {
            Self::Family(query) => query.group_by.iter().cloned().collect(),
            Self::Metric(query) => {
                let kept = Reading::new(settings, query).kept().collect::<Vec<_>>();
                kept.into_iter()
                    .chain([Dimension::ValueType])
                    .filter(|dimension| !is_pinned(query, *dimension))
                    .map(|dimension| settings.label_schema.label(dimension).to_owned())
                    .collect()
            }
        }
    }

    /// Returns true if the query fixes the value of this label, so that it tells no series apart.
    pub fn is_pinned(&self, settings: &Settings, label: &str) -> bool {
        match self {
            Self::Family(_) => false,
            Self::Metric(query) => [Dimension::MetricName, Dimension::ValueType]
                .into_iter()
                .any(|dimension| {
                    settings.label_schema.label(dimension) == label && is_pinned(query, dimension)
                }),
        }
    }

    /// The first and the last instant, the step, and where the day begins.
    pub(super) fn range(&self) -> (&str, &str, Option<u32>, i32) {
        match self {
            Self::Metric(query) => (
                &query.start,
                &query.end,
                query.step,
                query.utc_offset.unwrap_or(0),
            ),
            Self::Family(query) => (
                &query.start,
                &query.end,
                query.step,
                query.utc_offset.unwrap_or(0),
            ),
        }
    }

    /// Returns true if a point stands for time before it.
    pub(super) fn looks_back(&self, settings: &Settings) -> bool {
        match self {
            Self::Metric(query) => Reading::new(settings, query).looks_back(),
            Self::Family(query) => query.looks_back(),
        }
    }

    /// Returns true if its values do not add up.
    pub(super) fn is_intensive(&self) -> bool {
        match self {
            // Of `cpu_util` it is of cores, and they do.
            Self::Metric(query) => {
                query.labels.value_type == Some(ValueType::Pct) && query.metric_name != "cpu_util"
            }
            Self::Family(query) => query.is_intensive(),
        }
    }

    /// Checks and plans it.
    pub(super) fn plan(
        &self,
        settings: &Settings,
        options: &RangeOptions,
        looks_back: bool,
    ) -> Result<RangePlan, DerivedError> {
        Ok(match self {
            Self::Metric(query) => plan_range_beside(settings, query, options, looks_back)?,
            Self::Family(query) => plan_family_range(settings, query, options, looks_back)?,
        })
    }
}

/// The query is of one metric always, and of one value type where it says so.
fn is_pinned(query: &MetricQuery, dimension: Dimension) -> bool {
    match dimension {
        Dimension::MetricName => true,
        Dimension::ValueType => query.labels.value_type.is_some(),
        _ => false,
    }
}

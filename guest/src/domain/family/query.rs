//! The query of a family, checked against the family.

use std::num::NonZeroU32;

use super::description::{Family, FamilyKind};
use super::error::FamilyError;
use crate::domain::preset::{LabelValues, matchers};
use crate::domain::{Over, Pointwise, Settings, Statistic};

/// The statistic of a group's series at an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FamilyStatistic {
    /// Their sum.
    Sum,
    /// Their mean; of a histogram, that of the observations.
    Avg,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The value below which that part of them lies, of a histogram of the observations.
    Quantile(f64),
    /// Observations per second.
    Rate,
}

impl FamilyStatistic {
    /// The PromQL aggregation of it, which is its name as well, and its parameter. Of observations per second it is a sum.
    pub(super) fn aggregation(self) -> (&'static str, Option<f64>) {
        match self {
            Self::Sum | Self::Rate => ("sum", None),
            Self::Avg => ("avg", None),
            Self::Max => ("max", None),
            Self::Min => ("min", None),
            Self::Quantile(q) => ("quantile", Some(q)),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            other => other.aggregation().0,
        }
    }
}

/// A statistic of what a group is over time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OverTime {
    /// The statistic.
    pub statistic: Statistic,
    /// Seconds that a point looks back; none: the step.
    pub window: Option<u32>,
}

/// The query of a family, as it was given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FamilyQuery {
    /// The family.
    pub family: Family,
    /// The labels' values that select series.
    pub filters: Vec<LabelValues>,
    /// The labels to tell apart.
    pub group_by: Vec<String>,
    /// The statistic of a group's series; none: the one that suits the family.
    pub statistic: Option<FamilyStatistic>,
    /// None: the group's value at an instant.
    pub over_time: Option<OverTime>,
    /// The first instant, as text.
    pub start: String,
    /// The last instant, as text.
    pub end: String,
    /// Seconds between two points; none: chosen.
    pub step: Option<u32>,
    /// Seconds east of UTC where the points are at multiples of the step; none: 0.
    pub utc_offset: Option<i32>,
}

/// A checked query: of which series, and what they become.
pub(super) struct Checked<'a> {
    pub(super) query: &'a FamilyQuery,
    pub(super) statistic: FamilyStatistic,
    /// The matchers, separated by commas.
    pub(super) matchers: String,
}

impl FamilyQuery {
    /// Returns true if a point stands for time before it.
    pub(crate) fn looks_back(&self) -> bool {
        self.family.kind.is_per_second() || self.over_time.is_some()
    }

    /// Returns true if its values do not add up.
    pub(crate) fn is_intensive(&self) -> bool {
        self.family.intensive
            || self.family.kind.is_histogram() && self.statistic != Some(FamilyStatistic::Rate)
    }

    /// Checks the family, and all that is asked of it but the range.
    pub(super) fn checked(&self, settings: &Settings) -> Result<Checked<'_>, FamilyError> {
        self.family.check()?;
        for label in &self.group_by {
            self.family.check_own_label("group-by", label)?;
        }
        let matchers = matchers(&self.filters)?;
        for filter in &self.filters {
            self.family.check_own_label("filters", &filter.label)?;
        }
        if let Some(over_time) = &self.over_time {
            over_time.checked(settings.sample_interval)?;
        }
        Ok(Checked {
            query: self,
            statistic: self.checked_statistic()?,
            matchers,
        })
    }

    fn checked_statistic(&self) -> Result<FamilyStatistic, FamilyError> {
        let Family {
            kind, intensive, ..
        } = self.family;
        let statistic = self.statistic.unwrap_or(match kind {
            FamilyKind::Gauge | FamilyKind::Counter if !intensive => FamilyStatistic::Sum,
            _ => FamilyStatistic::Avg,
        });
        if let FamilyStatistic::Quantile(q) = statistic
            && !(0.0..=1.0).contains(&q)
        {
            return Err(FamilyError::Quantile(q.to_string()));
        }
        let accepted = match (kind.is_histogram(), statistic) {
            (false, FamilyStatistic::Rate) => "sum, avg, max, min and quantiles such as 0.95",
            (true, FamilyStatistic::Sum | FamilyStatistic::Max | FamilyStatistic::Min) => {
                "avg, which is the mean of its observations, rate, and quantiles such as 0.95"
            }
            (false, FamilyStatistic::Sum) if intensive => {
                return Err(FamilyError::SumOfIntensive(self.family.name.clone()));
            }
            _ => return Ok(statistic),
        };
        Err(FamilyError::StatisticOfKind {
            kind: kind.name(),
            statistic: statistic.name(),
            accepted,
        })
    }
}

impl OverTime {
    fn checked(&self, sample_interval: NonZeroU32) -> Result<(), FamilyError> {
        let pointwise = Pointwise {
            statistic: self.statistic,
            over: Over::Time,
            window: self.window,
        };
        pointwise
            .checked(sample_interval)
            .map_err(FamilyError::OverTime)
    }
}

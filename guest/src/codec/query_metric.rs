//! The verb `query-metric`.

use super::call::{Call, Config, Configured};
use super::failure::Failure;
use super::joined::histogram_warning;
use super::keep::Keep;
use crate::domain::{FRESHNESS, MetricQuery, Plan, plan};
use crate::prometheus::{Answer, HttpRequest, RangeAnswer, Series, range_request};

/// A planned query.
#[derive(Debug, Clone)]
pub struct QueryMetric {
    configured: Configured,
    plan: Plan,
}

/// What it answers.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricResult {
    /// What was asked.
    pub plan: Plan,
    /// The series, in Prometheus's order.
    pub series: Vec<Series>,
    /// The plan's warnings, Prometheus's, and what was left out.
    pub warnings: Vec<String>,
    /// Prometheus's remarks.
    pub infos: Vec<String>,
}

impl QueryMetric {
    /// Checks and plans.
    ///
    /// # Errors
    /// What is wrong with the configuration or the query.
    pub fn new(config: Config, query: &MetricQuery) -> Result<Self, Failure> {
        let configured = Configured::try_from(config)?;
        let plan = plan(&configured.settings, query)?;
        Ok(Self { configured, plan })
    }

    /// The query.
    pub fn promql(self) -> String {
        self.plan.promql
    }
}

impl Call for QueryMetric {
    type Answer = RangeAnswer;
    type Result = MetricResult;

    fn configured(&self) -> &Configured {
        &self.configured
    }

    fn request(&self) -> HttpRequest {
        range_request(&self.configured.address, &self.plan.promql, &self.plan.grid)
    }

    fn keep(&self) -> Keep {
        Keep::when_final(&self.plan.grid, FRESHNESS)
    }

    fn answer(&self, status: u16) -> RangeAnswer {
        RangeAnswer::new(status, self.configured.budget()).expecting(self.plan.grid.points())
    }

    fn result(&self, decoded: <RangeAnswer as Answer>::Output) -> MetricResult {
        let plan = self.plan.clone();
        let mut warnings = plan.warnings.clone();
        warnings.extend(histogram_warning(decoded.histograms));
        warnings.extend(decoded.warnings);
        MetricResult {
            plan,
            series: decoded.series,
            warnings,
            infos: decoded.infos,
        }
    }
}

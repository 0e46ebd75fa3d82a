//! The verb `query-metric`.

use super::cache_hint::CacheHint;
use super::call::{Call, check_partial};
use super::complete::{complete, histogram_warning};
use super::config::{Config, ConfigInput};
use super::failure::Failure;
use crate::domain::{FRESHNESS, MetricQuery, Plan, plan};
use crate::prometheus::{Decoded, HttpRequest, RangeDecoder, Series, range_request};

/// A planned query.
#[derive(Debug, Clone)]
pub struct QueryMetric {
    config: Config,
    plan: Plan,
}

/// The result of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricResult {
    /// The query as it was asked.
    pub plan: Plan,
    /// The series, in Prometheus's order.
    pub series: Vec<Series>,
    /// The plan's warnings, Prometheus's, and what was left out.
    pub warnings: Vec<String>,
    /// The plan's remarks, and Prometheus's.
    pub infos: Vec<String>,
    /// True if data may be missing.
    pub partial: bool,
}

impl QueryMetric {
    /// Checks and plans.
    ///
    /// # Errors
    /// A configuration or a query that is refused.
    pub fn new(config: ConfigInput, query: &MetricQuery) -> Result<Self, Failure> {
        let config = Config::try_from(config)?;
        let plan = plan(&config.settings, query)?;
        Ok(Self::planned(config, plan))
    }

    /// The one request of a plan.
    pub(super) fn planned(config: Config, plan: Plan) -> Self {
        Self { config, plan }
    }

    /// The query.
    pub fn promql(self) -> String {
        self.plan.promql
    }
}

impl Call for QueryMetric {
    type Decoder = RangeDecoder;
    type Result = MetricResult;

    fn config(&self) -> &Config {
        &self.config
    }

    fn request(&self) -> HttpRequest {
        range_request(&self.config.endpoint, &self.plan.promql, &self.plan.asked)
    }

    fn cache_hint(&self) -> CacheHint {
        CacheHint::when_final(&self.plan.asked, FRESHNESS)
    }

    fn decoder(&self, status: u16) -> RangeDecoder {
        RangeDecoder::new(status, self.config.budget())
            .reserving(self.plan.asked.points())
            .held_to(&self.plan.asked)
    }

    fn result(&self, decoded: Decoded) -> Result<MetricResult, Failure> {
        check_partial(&decoded, self.config.settings.partial)?;
        let plan = self.plan.clone();
        let (series, left_out) = complete(&plan, decoded.series);
        let mut warnings = plan.warnings.clone();
        warnings.extend(left_out);
        warnings.extend(histogram_warning(decoded.histograms));
        warnings.extend(decoded.warnings);
        let mut infos = plan.infos.clone();
        infos.extend(decoded.infos);
        Ok(MetricResult {
            plan,
            series,
            warnings,
            infos,
            partial: decoded.partial,
        })
    }
}
